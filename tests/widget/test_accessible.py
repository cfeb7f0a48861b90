"""axe finds nothing serious, in both languages and both themes; touch targets and the keyboard."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.support.client import agent_session, joined
from tests.support.server import Server
from tests.widget.browser import PHONE, Visitor, photo
from tests.widget.test_chat import act, meet

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
async def test_axe(browser: Browser, shop: Server, locale: str, scheme: str) -> None:
    visitor = await Visitor.arrive(browser, shop, locale=locale, scheme=scheme)
    assert await visitor.serious() == []
    who = agent_session(shop)
    async with joined(who) as agent:
        conversation = await meet(visitor, agent, "https://shop.example/tea")
        act(who, conversation, "accept")
        await agent.say(conversation, "see https://shop.example/tea")
        await visitor.attach("cup.png", "image/png", photo())
        await visitor.attach("guide.txt", "text/plain", b"Pour at 80 degrees.")
        await expect(visitor.where.locator("#log .attached .filename")).to_be_visible()
        await visitor.where.locator("#emoji").click()
        await expect(visitor.where.locator(".emojis .emoji").first).to_be_focused()
        assert await visitor.serious() == []
        await visitor.page.keyboard.press("Escape")
        await visitor.where.locator("#log .picture").click()
        await expect(visitor.where.locator(".lightbox")).to_be_visible()
        assert await visitor.serious() == []
        await visitor.page.keyboard.press("Escape")
        act(who, conversation, "close")
        await visitor.where.locator('.star[data-value="3"]').click()
        assert await visitor.serious() == []
    await visitor.page.goto(f"{shop.base_url}/demo/")
    await visitor.page.locator("#kefu-host .bubble").click()
    assert await visitor.serious() == []
    await visitor.leave()


async def test_the_log_is_announced_and_named(browser: Browser, shop: Server) -> None:
    visitor = await Visitor.arrive(browser, shop)
    log = visitor.where.get_by_role("log", name="Messages")
    await expect(log).to_have_attribute("aria-live", "polite")
    for name in ("Send", "Emoji", "Attach a picture or a file", "Turn sound off"):
        await expect(visitor.where.get_by_role("button", name=name, exact=True)).to_be_attached()
    await expect(visitor.where.get_by_role("textbox", name="Write a message…")).to_be_focused()
    await visitor.leave()


async def test_targets_are_big_enough_for_thumbs(browser: Browser, shop: Server) -> None:
    visitor = await Visitor.arrive(browser, shop, **PHONE)
    for selector in ("#send", "#sound"):
        box = await visitor.where.locator(selector).bounding_box()
        assert box is not None and min(box["width"], box["height"]) >= 44, selector
    for selector in ("#emoji", "#attach"):
        box = await visitor.where.locator(selector).bounding_box()
        assert box is not None and box["height"] >= 44 and box["width"] >= 40, selector
    await visitor.leave()


async def test_less_motion_is_respected(browser: Browser, shop: Server) -> None:
    visitor = await Visitor.arrive(browser, shop, reduced_motion="reduce")
    still = await visitor.page.evaluate(
        "getComputedStyle(document.documentElement).getPropertyValue('--calm')"
    )
    assert still.strip() == "0.01ms"
    await visitor.leave()
