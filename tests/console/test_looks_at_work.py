"""What work looks like, for people: filters, dialogs, offers, whispers, the overview; axe on each."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, expect

from tests.console import story
from tests.console.browser import Desk
from tests.console.furniture import furnish
from tests.console.people import Shops, found
from tests.console.story import Morning
from tests.support.client import Session
from tests.support.server import ServerFactory

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@dataclass(frozen=True)
class Words:
    """One language's people and what they say."""

    login: str
    lead: str
    locale: str
    site: str
    labels: tuple[str, str]
    noted: str
    whispered: str
    visitor: str
    asked: str
    handed: str
    query: str
    reason: str


WORDS = {
    "zh": Words(
        "wangfang", "chenjing", "zh-CN", "qinghe", ("换货", "大客户"), "已答应换新，快递今天上门。",
        "先道歉，再问尺码。", "何雨晴", "团购的 40 件还没有发货", "老客户，今天要答复。", "陈", "午餐",
    ),
    "en": Words(
        "emma", "grace", "en-GB", "northwind", ("Exchange", "Wholesale"), "Promised a new inner by Thursday.",
        "Apologise first, then offer the repair kit.", "Hannah Lind", "Our 40 tents have not shipped.",
        "Long-standing customer, promised an answer today.", "Dan", "Lunch",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Desks:
    """The shops with everything on their desks. `offered`: given to the agent, not accepted yet."""

    shops: Shops
    mornings: dict[str, Morning]
    offered: dict[str, Session]


def _at_work(shops: Shops, words: Words, morning: Morning) -> Session:
    main = morning.main.conversation
    labels = [shops.agents[f"label {name}"] for name in words.labels]
    shops.act(words.login, main, "labels", labels=labels)
    shops.act(words.login, main, "notes", text=words.noted, client_msg_id=str(uuid.uuid4()))
    shops.act(words.lead, main, "whisper", text=words.whispered, client_msg_id=str(uuid.uuid4()))
    offered = shops.visit(words.site, words.visitor, verified=True)
    shops.say(offered, words.asked)
    shops.act(words.lead, offered.conversation, "accept")
    to = shops.agents[words.login]
    shops.act(words.lead, offered.conversation, "transfer", agent=to, note=words.handed)
    return offered


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    """A server in the middle of a working day."""
    factory = ServerFactory(tmp_path_factory.mktemp("work"))
    try:
        shops = found(factory.start("embedded", env={"KEFU_RATE_LIMIT": "off", "KEFU_ROUTING": "manual"}))
        shops.agents.update(furnish(shops))
        mornings = {"zh": story.chinese(shops), "en": story.english(shops)}
        offered = {name: _at_work(shops, WORDS[name], mornings[name]) for name in WORDS}
        yield Desks(shops, mornings, offered)
    finally:
        factory.close()


class Gallery:
    """Takes the pictures and gathers what axe finds."""

    def __init__(self, desk: Desk, name: str) -> None:
        self.desk = desk
        self.name = name
        self.wrong: dict[str, list[str]] = {}

    async def seen(self, state: str, *, away: bool = True) -> None:
        """One picture; `away`: with the pointer out of the way."""
        if away:
            await self.desk.page.mouse.move(720, 2)
        await self.desk.settled()
        await self.desk.shot(f"{self.name}-{state}")
        found = await self.desk.serious()
        if found:
            self.wrong[state] = found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_an_agent_at_work(chrome: Browser, desks: Desks, language: str, scheme: str) -> None:
    words = WORDS[language]
    main = desks.mornings[language].main.conversation
    desk = await Desk.open(chrome, desks.shops, words.login, words.locale, scheme)
    page = desk.page
    gallery = Gallery(desk, f"{language}-{scheme}-work")

    await desk.choose(desks.offered[language].conversation)
    await expect(page.locator("#thread-banner .banner-note")).to_have_text(words.handed)
    await gallery.seen("offer")
    await desk.choose(main)
    await expect(page.locator('#log .msg[data-kind="whisper"]')).to_contain_text(words.whispered)
    await expect(page.locator("#context .label-held")).to_have_count(2)
    await gallery.seen("whisper")
    for act in ("transfer", "invite", "snooze"):
        await page.click(f'#thread-head [data-act="{act}"]')
        await expect(page.locator("dialog.ask[open]")).to_be_visible()
        await gallery.seen(act)
        await page.keyboard.press("Escape")
        await expect(page.locator("dialog.ask")).to_have_count(0)
    await page.keyboard.press("Alt+Shift+e")
    await expect(page.locator("dialog.ask select")).to_be_visible()
    await gallery.seen("close")
    await page.keyboard.press("Escape")

    await page.click('#context [data-key="add"]')
    await expect(page.locator(".label-choice").first).to_be_visible()
    await gallery.seen("labels")
    await page.keyboard.press("Escape")
    await page.locator("#context-pane details").evaluate_all(
        "(nodes) => nodes.forEach((node) => { node.open = true; })"
    )
    await page.locator("#context-pane details").last.scroll_into_view_if_needed()
    await gallery.seen("panel")

    await page.fill("#composer-text", "/")
    await expect(page.locator("[role=listbox] [role=option]").first).to_be_visible()
    await gallery.seen("canned")
    await page.fill("#composer-text", "")

    await desk.view("all")
    await page.click("#filter-toggle")
    await page.locator('[data-filter="label"]').select_option(label=words.labels[0])
    await expect(desk.row(main)).to_be_visible()
    await gallery.seen("filters")
    await page.locator('[data-filter="label"]').select_option(index=0)
    for row in (main, desks.mornings[language].other.conversation):
        await desk.row(row).hover()
        await desk.row(row).locator(".row-pick").check()
    await expect(page.locator("#bulk")).to_be_visible()
    await gallery.seen("bulk")
    await page.keyboard.press("Escape")

    await page.keyboard.press("Control+k")
    await expect(page.locator("dialog.palette")).to_be_visible()
    await gallery.seen("palette")
    await page.keyboard.insert_text(words.query)
    await expect(page.locator(".palette-item").first).to_be_visible()
    await gallery.seen("palette-found")
    await page.keyboard.press("Escape")

    await page.click("#me")
    await page.click('#status [data-status="away"]')
    await page.fill("#status-reason", words.reason)
    await page.press("#status-reason", "Tab")
    await expect(page.locator("#me-status")).to_contain_text(words.reason)
    await gallery.seen("status", away=False)
    await desk.online()
    await page.keyboard.press("Escape")
    assert gallery.wrong == {}
    await desk.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_supervisor_at_work(chrome: Browser, desks: Desks, language: str, scheme: str) -> None:
    words = WORDS[language]
    desk = await Desk.open(chrome, desks.shops, words.lead, words.locale, scheme)
    page = desk.page
    gallery = Gallery(desk, f"{language}-{scheme}-lead")
    await page.click("#live-button")
    await expect(page.locator("#live .live-row .live-bar").first).to_be_visible()
    await gallery.seen("overview")
    await page.keyboard.press("Escape")
    await desk.view("all")
    await desk.choose(desks.mornings[language].main.conversation)
    await page.click("#tab-whisper")
    await page.fill("#composer-text", words.whispered)
    await gallery.seen("whisper")
    await page.fill("#composer-text", "")
    assert gallery.wrong == {}
    await desk.close()
