"""Finding things and people: the palette, the search; desktop notifications; settings that follow."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.console.browser import Desk
from tests.console.people import Shops
from tests.support.client import Session
from tests.support.waiting import eventually, eventually_async

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


def told(shops: Shops, name: str, text: str, site: str = "qinghe", login: str = "wangfang") -> Session:
    """A conversation that the agent has, found by search."""
    visitor = shops.visit(site, name)
    shops.say(visitor, text)
    shops.act(login, visitor.conversation, "accept")
    eventually(lambda: shops.status(login, visitor.conversation)["last_text"] == text)
    return visitor


async def test_the_palette_finds_by_initials_and_acts(chrome: Browser, shops: Shops) -> None:
    visitor = told(shops, "诸葛亮", "借箭的事怎么样了")
    desk = await Desk.open(chrome, shops)
    page, keys = desk.page, desk.page.keyboard
    palette = page.locator("dialog.palette")
    await keys.press("Control+k")
    await expect(palette).to_be_visible()
    await keys.insert_text("诸葛")
    await expect(palette.locator("[aria-selected=true] .palette-name")).to_have_text("诸葛亮")
    await desk.settled()
    await desk.shot("palette-zh")
    assert await desk.serious() == []
    await keys.press("Enter")
    await expect(page).to_have_url(re.compile(visitor.conversation))
    await page.fill("#composer-text", "半句")
    await keys.press("Control+k")  # while writing, too
    await keys.insert_text("sswg")
    await expect(palette.locator("[aria-selected=true]")).to_have_text("深色外观")
    await keys.press("Enter")
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await keys.press("Control+k")
    await keys.insert_text("jshh")
    await keys.press("Enter")
    await expect(page.locator(".thread-facts .status")).to_have_text("已结束")
    composing = """(node) => node.dispatchEvent(new KeyboardEvent("keydown",
        { key: "k", code: "KeyK", ctrlKey: true, isComposing: true, bubbles: true, cancelable: true }))"""
    await page.locator("#composer-text").evaluate(composing)
    await expect(palette).to_be_hidden()
    await desk.close()


async def test_the_palette_speaks_english_and_goes_to_messages(chrome: Browser, shops: Shops) -> None:
    visitor = told(shops, "Ada King", "The analytical engine stopped", "northwind", "emma")
    desk = await Desk.open(chrome, shops, "emma", "en-GB", "dark")
    page, keys = desk.page, desk.page.keyboard
    await page.click("#open-palette")
    await keys.insert_text("engine")
    hit = page.locator(".palette-item", has=page.locator("mark", has_text="engine"))
    await expect(hit.first).to_contain_text("Ada King")
    await desk.settled()
    await desk.shot("palette-en")
    assert await desk.serious() == []
    await hit.first.click()
    await expect(page).to_have_url(re.compile(visitor.conversation))
    await keys.press("Control+k")
    await keys.insert_text("waiting")
    await keys.press("Enter")
    await expect(page.locator("#list-title")).to_have_text("Waiting")
    await desk.close()


async def test_search_shows_messages_visitors_and_replies(chrome: Browser, shops: Shops) -> None:
    visitor = told(shops, "司马光", "水缸破了能退款吗")
    shops.answer("wangfang", visitor.conversation, "可以的")
    made = {"shortcut": "tk", "title": "退款说明", "text": "{{visitor.name|您}}，退款三日内到账。"}
    desk = await Desk.open(chrome, shops)
    page = desk.page
    await page.evaluate(
        """async (body) => { const token = /kefu_csrf=([^;]+)/.exec(document.cookie)[1];
          await fetch("/api/v1/canned-replies/", { method: "POST", body: JSON.stringify(body),
            headers: { "Content-Type": "application/json", "X-CSRFToken": token } }); }""",
        made,
    )
    await desk.choose(visitor.conversation)

    async def found() -> None:
        await page.fill("#search", "")
        await page.fill("#search", "退款")
        await expect(page.locator("#found-messages .tab-count")).to_be_visible(timeout=3000)

    for _ in range(5):  # the index follows the messages by a second or two
        try:
            await found()
            break
        except AssertionError:
            continue
    await page.click("#found-messages")
    hit = page.locator("#results .hit", has_text="司马光").first
    await expect(hit.locator("mark")).to_have_text("退款")
    await desk.settled()
    await desk.shot("search-messages")
    assert await desk.serious() == []
    await page.click("#found-canned")
    await page.locator("#results .hit", has_text="退款说明").click()
    await expect(page.locator("#composer-text")).to_have_value("司马光，退款三日内到账。")
    await page.fill("#search", "司马")
    await page.click("#found-visitors")
    await expect(page.locator("#results .hit-name mark").first).to_have_text("司马")
    await page.focus("#search")
    await page.keyboard.press("Escape")
    await expect(page.locator("#results")).to_be_hidden()
    await expect(desk.row(visitor.conversation)).to_be_visible()
    await desk.close()


NOTED = """
window.noted = [];
window.Notification = class { constructor(title, more) { window.noted.push([title, more.body]); } close() {}
  static permission = "default";
  static async requestPermission() {
    window.asked = (window.asked ?? 0) + 1;
    return (this.permission = "granted"); } };
Document.prototype.hasFocus = () => false;
"""


async def test_nobody_is_asked_for_notifications_before_the_switch(chrome: Browser, shops: Shops) -> None:
    visitor = told(shops, "曹操", "在吗")
    desk = await Desk.open(chrome, shops)
    page = desk.page
    await page.add_init_script(NOTED)
    await page.reload()
    await desk.connected()
    await expect(desk.row(visitor.conversation)).to_be_visible()
    shops.say(visitor, "第一句")
    await expect(desk.row(visitor.conversation)).to_contain_text("第一句")
    assert await page.evaluate("[window.asked ?? 0, window.noted.length]") == [0, 0]
    await expect(page).to_have_title(re.compile(r"^\(\d+\) "))
    await page.click("#me")
    await page.locator("#notify").check()
    await desk.settled()
    await desk.shot("menu-status")
    assert await desk.serious() == []
    assert await page.evaluate("window.asked") == 1
    await page.keyboard.press("Escape")
    shops.say(visitor, "第二句")
    await expect(desk.row(visitor.conversation)).to_contain_text("第二句")

    async def noted() -> bool:
        return ["曹操", "第二句"] in await page.evaluate("window.noted")

    await eventually_async(noted, what="a desktop notification")
    await desk.close()


async def test_settings_follow_the_agent_to_another_machine(chrome: Browser, shops: Shops) -> None:
    desk = await Desk.open(chrome, shops, "liwei")
    page = desk.page
    await page.click("#me")
    await page.click('[data-density-choice="compact"]')
    async with page.expect_response(lambda answer: "theme" in (answer.request.post_data or "")):
        await page.click('[data-theme-choice="dark"]')
    await desk.close()
    other = await Desk.open(chrome, shops, "liwei")
    await expect(other.page.locator("body")).to_have_attribute("data-density", "compact")
    await expect(other.page.locator("html")).to_have_attribute("data-theme", "dark")
    await other.settled()
    await other.shot("compact-dark")
    assert await other.serious() == []
    await other.page.click("#me")
    await other.page.click('[data-density-choice="comfortable"]')
    await other.page.click('[data-theme-choice="system"]')
    await other.close()


async def test_an_older_server_without_the_new_endpoints_is_enough(chrome: Browser, shops: Shops) -> None:
    visitor = told(shops, "关羽", "过五关")
    desk = await Desk.open(chrome, shops)
    page = desk.page
    for path in ("views/**", "agents/**", "groups/**", "labels/**", "search/**", "canned-replies/**"):
        await page.route(
            f"**/api/v1/{path}", lambda route: route.fulfill(status=404, json={"code": "not_found"})
        )
    await page.reload()
    await desk.connected()
    await desk.choose(visitor.conversation)
    await expect(page.locator('.view[data-view="mine"] .view-count')).to_be_visible()
    await expect(page.locator("#me-status")).to_have_text("在线")
    await page.fill("#search", "关羽")
    await expect(page.locator("#found-conversations .tab-count")).to_have_text("1")
    await expect(desk.row(visitor.conversation)).to_be_visible()
    assert all("404" in error for error in desk.errors), desk.errors
    desk.errors.clear()
    await desk.close()
