"""What it looks like, for people: pictures of every state, and axe's opinion in both languages and themes."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, expect

from tests.console import story
from tests.console.browser import Desk
from tests.console.people import Shops, found
from tests.console.story import Morning
from tests.support.client import joined
from tests.support.server import ServerFactory

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
Told = tuple[Shops, dict[str, Morning]]
NOTES = {
    "zh": "已请财务核对尾号 7742 的退款，今天下班前给他回音。",
    "en": "Alder is waterproof to 10,000 mm; check the zips.",
}
LOGINS = {"zh": ("wangfang", "zh-CN"), "en": ("emma", "en-GB")}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """A server whose shops have had a morning."""
    factory = ServerFactory(tmp_path_factory.mktemp("looks"))
    try:
        shops = found(factory.start("embedded", env={"KEFU_RATE_LIMIT": "off", "KEFU_ROUTING": "manual"}))
        yield shops, {"zh": story.chinese(shops), "en": story.english(shops)}
    finally:
        factory.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_state_on_a_desk(chrome: Browser, told: Told, language: str, scheme: str) -> None:
    shops, mornings = told
    morning = mornings[language]
    login, locale = LOGINS[language]
    desk = await Desk.open(chrome, shops, login, locale, scheme)
    page = desk.page
    wrong: dict[str, list[str]] = {}

    async def seen(name: str) -> None:
        await page.mouse.move(720, 2)
        await desk.settled()
        await desk.shot(f"{language}-{scheme}-{name}")
        wrong[name] = await desk.serious()

    await expect(desk.row(morning.main.conversation)).to_be_visible()
    await seen("list")
    await desk.choose(morning.main.conversation)
    await expect(page.locator("#log .picture img")).to_be_attached()
    async with joined(morning.main) as visitor:
        payload = {"conversation": morning.main.conversation, "on": True}
        await visitor.send("typing", payload)
        await expect(page.locator("#typing .typing-text")).not_to_be_empty()
        await desk.shot(f"{language}-{scheme}-typing")
        await visitor.send("typing", {**payload, "on": False})
    await expect(page.locator("#typing")).to_be_empty()
    await expect(
        page.locator("#context .history, #context .context-section:last-child .quiet")
    ).to_be_visible()
    await seen("thread")
    await page.click("#me")
    await expect(page.locator("#menu")).to_be_visible()
    await seen("menu")
    await page.keyboard.press("Escape")
    await page.locator("#log").focus()
    await page.keyboard.press("?")
    await seen("help")
    await page.keyboard.press("Escape")
    await page.locator("#log .picture").click()
    await seen("picture")
    await page.keyboard.press("Escape")

    await desk.view("waiting")
    await desk.choose(morning.waiting.conversation)
    await seen("waiting")
    await page.click("#tab-note")
    await page.fill("#composer-text", NOTES[language])
    await seen("note")
    await page.fill("#composer-text", "")
    await desk.view("all")
    await desk.choose(morning.other.conversation)
    await seen("all")
    await desk.view("closed")
    await desk.choose(morning.closed.conversation)
    await seen("closed")
    await page.fill("#search", "zzzz")
    await expect(page.locator("#rows-empty .empty-title")).to_be_visible()
    await seen("search")
    assert {name: found for name, found in wrong.items() if found} == {}
    await desk.close()


@pytest.mark.parametrize(("language", "scheme"), [("zh", "light"), ("en", "dark")])
async def test_one_pane_at_a_time_on_a_phone(chrome: Browser, told: Told, language: str, scheme: str) -> None:
    shops, mornings = told
    login, locale = LOGINS[language]
    desk = await Desk.open(
        chrome, shops, login, locale, scheme, width=390, height=844, has_touch=True, is_mobile=True
    )
    page = desk.page
    main = mornings[language].main.conversation
    await expect(desk.row(main)).to_be_visible()
    await desk.shot(f"{language}-phone-list")
    assert await desk.serious() == []
    await desk.choose(main)
    await expect(page.locator("#list-pane")).to_be_hidden()
    await expect(page.locator("#log .picture img")).to_be_attached()
    await desk.shot(f"{language}-phone-thread")
    assert await desk.serious() == []
    for part in ("document.documentElement", "document.querySelector('#log')"):
        assert await page.evaluate(f"{part}.scrollWidth <= innerWidth"), f"{part} sticks out to the side"
    await page.click("#panel-button")
    await expect(page.locator("#context-pane")).to_be_visible()
    await desk.shot(f"{language}-phone-visitor")
    assert await desk.serious() == []
    await page.click("#context-close")
    await page.locator("#thread-head .back").click()
    await expect(desk.row(main)).to_be_visible()
    await desk.close()


@pytest.mark.parametrize("width", [1024, 1280, 1920])
async def test_nothing_sticks_out_at_any_desk_width(chrome: Browser, told: Told, width: int) -> None:
    shops, mornings = told
    desk = await Desk.open(chrome, shops, width=width, height=800)
    await desk.choose(mornings["zh"].main.conversation)
    await expect(desk.page.locator("#log .picture img")).to_be_attached()
    await desk.shot(f"zh-{width}")
    assert await desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    facts = desk.page.locator(".thread-facts")
    assert await facts.evaluate("(row) => row.scrollWidth <= row.clientWidth")
    assert await desk.serious() == []
    await desk.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
async def test_the_door(chrome: Browser, told: Told, locale: str, scheme: str) -> None:
    shops, _ = told
    context = await chrome.new_context(
        locale=locale,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": 1280, "height": 800},
    )
    desk = Desk(shops, context, await context.new_page())
    await desk.page.goto(f"{shops.server.base_url}/console/login/")
    await desk.page.fill("#id_username", "nobody")
    await desk.page.fill("#id_password", "nothing")
    await desk.page.click("button.primary")
    await expect(desk.page.locator(".alert")).to_be_visible()
    await desk.shot(f"{locale[:2]}-{scheme}-login")
    assert await desk.serious() == []
    await desk.close()


async def test_an_empty_desk_says_what_to_do(chrome: Browser, told: Told) -> None:
    shops, _ = told
    desk = await Desk.open(chrome, shops, "liwei")
    await desk.page.fill("#search", "没有这个人")
    await expect(desk.page.locator("#rows-empty button")).to_have_text("清除搜索")
    await desk.page.locator("#rows-empty button").click()
    await expect(desk.page.locator("#thread-none")).to_contain_text("请选择一个会话")
    await desk.shot("zh-light-nothing-chosen")
    assert await desk.serious() == []
    await desk.close()
