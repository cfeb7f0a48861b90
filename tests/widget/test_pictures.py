"""The visitor's pages in every dress, for people to look at: nothing sticks out, nothing is cut."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.support.client import agent_session, joined
from tests.support.server import Server
from tests.widget.browser import DESKTOP, PHONE, Visitor, photo
from tests.widget.test_chat import act, meet

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

_TALK = {
    "zh-CN": (
        "你好，请问雨前绿茶还有货吗？",
        "您好！有货的，今天四点前下单，当天就能发出。",
        "冲泡水温 80 度左右最好，我把说明发给您。",
        "这种杯子可以配吗？",
        "可以，这款正合适。",
    ),
    "en-US": (
        "Hi! Is the Before the Rain green tea in stock?",
        "Hello! It is. Order before four and it leaves today.",
        "It likes water at about 80 degrees. I am sending you the guide.",
        "Would a cup like this go with it?",
        "It would, that one is just right.",
    ),
}
_SIZES: dict[str, dict[str, Any]] = {"desktop": {**DESKTOP, "device_scale_factor": 2}, "phone": PHONE}

#: Elements of the page whose content is wider than they are, or that leave the window.
_STICKING_OUT = """
() => [...document.querySelectorAll(".chat *")].filter((node) => {
  const box = node.getBoundingClientRect();
  const hidden = box.width <= 1 || node.closest(".sr-only, [hidden], .icon");
  const cut = ["hidden", "auto"].includes(getComputedStyle(node).overflowX);
  const whole = cut || node.tagName === "IMG" || getComputedStyle(node).display === "inline";
  const outside = box.left < -1 || box.right > innerWidth + 1;
  return !hidden && (outside || (!whole && node.scrollWidth > node.clientWidth + 1));
}).map((node) => `${node.tagName}.${node.className}`)
"""


async def looked_at(visitor: Visitor, name: str) -> None:
    """Take the picture and see that nothing sticks out."""
    await visitor.shot(name)
    assert await visitor.where.evaluate(_STICKING_OUT) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
async def test_full_page(browser: Browser, shop: Server, size: str, locale: str, scheme: str) -> None:
    dress = f"h5-{size}-{locale[:2]}-{scheme}"
    ask, hello, guide, cup, right = _TALK[locale]
    visitor = await Visitor.arrive(browser, shop, locale=locale, scheme=scheme, **_SIZES[size])
    await expect(visitor.where.locator(".hello-text")).to_be_visible()
    await looked_at(visitor, f"{dress}-1-empty")
    who = agent_session(shop)
    async with joined(who) as agent:
        conversation = await meet(visitor, agent, ask)
        act(who, conversation, "accept")
        for text in (hello, guide):
            await agent.say(conversation, text)
        await expect(visitor.message(guide)).to_be_visible()
        await visitor.attach("茶杯.png", "image/png", photo())
        await expect(visitor.where.locator('#log .own[data-state="sent"] .picture')).to_be_visible()
        await visitor.write(cup)
        await visitor.state_of(cup, "sent")
        await agent.send("receipt", {"conversation": conversation, "delivered": 20, "read": 20})
        await visitor.state_of(cup, "read")
        await agent.send("typing", {"conversation": conversation, "on": True})
        await expect(visitor.where.locator(".typing")).to_be_visible()
        await looked_at(visitor, f"{dress}-2-talk")
        await agent.say(conversation, right)
        await expect(visitor.message(right)).to_be_visible()
        await visitor.where.locator("#emoji").click()
        await expect(visitor.where.locator(".emojis .emoji").first).to_be_focused()
        await looked_at(visitor, f"{dress}-3-emoji")
        await visitor.page.keyboard.press("Escape")
        await visitor.attach("冲泡说明 brewing-guide-spring.txt", "text/plain", b"80 degrees, two minutes.")
        await expect(visitor.where.locator('#log .own[data-state="sent"] .filename')).to_be_visible()
        act(who, conversation, "close")
        await visitor.where.locator('.star[data-value="5"]').click()
        await expect(visitor.where.locator(".rating .primary")).to_be_visible()
        await looked_at(visitor, f"{dress}-4-rating")
        await visitor.context.set_offline(True)
        await expect(visitor.where.locator("#banner")).to_be_visible()
        await visitor.write(ask)
        await looked_at(visitor, f"{dress}-5-offline")
        await visitor.context.set_offline(False)
        await visitor.connected()
    await visitor.leave(network_may_fail=True)


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
async def test_on_the_demo_shop(browser: Browser, shop: Server, size: str, locale: str) -> None:
    dress = f"demo-{size}-{locale[:2]}"
    ask, hello, *_ = _TALK[locale]
    visitor = await Visitor.arrive(browser, shop, path="/demo/", locale=locale, wait=False, **_SIZES[size])
    await expect(visitor.page.locator("#kefu-host .bubble")).to_be_visible()
    assert await visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await visitor.shot(f"{dress}-1-closed")
    await visitor.open_widget()
    who = agent_session(shop)
    async with joined(who) as agent:
        await visitor.write(ask)
        await visitor.state_of(ask, "sent")
        found = await visitor.where.evaluate("performance.getEntriesByType('resource').map((r) => r.name)")
        conversation = next(name.split("/conversations/")[1][:36] for name in found if "/messages/" in name)
        await agent.send("subscribe", {"conversation": conversation, "after_seq": 0})
        act(who, conversation, "accept")
        await agent.say(conversation, hello)
        await expect(visitor.message(hello)).to_be_visible()
        await looked_at(visitor, f"{dress}-2-open")
    await visitor.leave()
