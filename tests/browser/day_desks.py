"""Those who answer on a working day: colleagues at the real page, a browser that can die, and the routine.

What an agent presses Enter on is remembered, to be found in history.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import signal
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, ConsoleMessage, Locator, async_playwright, expect

from tests.browser.day import PATIENCE_S, Visitor
from tests.console.browser import Desk
from tests.support.client import visitor_session
from tests.support.server import Server
from tests.support.waiting import eventually_async

#: What a browser says of a server that is away; anything else on a page is a fault.
NETWORK = re.compile(r"net::ERR_|WebSocket connection to|status of 50[23]")
NOT_MINE = re.compile(r"status of 404 .*/conversations/[0-9a-f-]{36}/$")


class Colleague(Desk):
    """An agent at the console. `sent`: (conversation, words) they pressed Enter on, in order."""

    sent: list[tuple[str, str]]
    name: str

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} {message.location['url']}")

    @classmethod
    async def arrives(cls, browser: Browser, shops: Any, login: str, name: str, password: str) -> Colleague:
        """Signed in and connected."""
        desk = await cls.open(browser, shops, login, password=password, wait_ms=PATIENCE_S * 1000)
        assert isinstance(desk, cls)
        desk.sent, desk.name = [], name
        return desk

    async def listed(self) -> list[str]:
        """The conversations in the list, from the top."""
        ids = await self.page.locator("#rows li[data-id]").evaluate_all(
            "(all) => all.map((li) => li.dataset.id)"
        )
        return [str(each) for each in ids]

    async def has(self, count: int) -> list[str]:
        """Wait until the list shows so many; they."""

        async def reached() -> bool:
            return len(await self.listed()) == count

        await eventually_async(reached, PATIENCE_S, f"{self.name} sees {count}")
        return await self.listed()

    async def turn_to(self, conversation: str) -> None:
        """Open it and go to the place for writing, away from the list."""
        await self.choose(conversation)
        await self.text.click()

    @property
    def text(self) -> Locator:
        """Where they write."""
        return self.page.locator("#composer-text")

    async def reply(self, conversation: str, words: str) -> None:
        """Write and press Enter in an opened conversation."""
        await self.write(words)
        self.sent.append((conversation, words))

    async def greet(self, visitor: Visitor, words: str) -> None:
        """Open a visitor's conversation and answer; they hear it."""
        await self.turn_to(visitor.id)
        await expect(self.message(visitor.errand)).to_be_visible()
        await self.reply(visitor.id, words)
        await visitor.hears(words)

    async def tab(self, name: str) -> None:
        """Reply, note or whisper."""
        await self.page.click(f"#tab-{name}")

    async def act(self, name: str) -> None:
        """A button of the head or of the strip under it."""
        places = (f'#{place} [data-act="{name}"]:visible' for place in ("thread-head", "thread-banner"))
        await self.page.locator(", ".join(places)).first.click()

    @property
    def dialog(self) -> Locator:
        """What asks."""
        return self.page.locator("dialog.ask[open]")

    async def sure(self) -> None:
        """Press the dialog's button; it goes away."""
        await self.dialog.locator("button[type=submit]").click()
        await expect(self.page.locator("dialog.ask")).to_have_count(0)

    async def hand_over(self, to: str, note: str) -> None:
        """Transfer the opened conversation to a colleague with a word."""
        await self.act("transfer")
        await self.dialog.locator("input[type=search]").fill(to)
        await self.dialog.locator(".choice", has_text=to).first.click()
        await self.dialog.locator("textarea").fill(note)
        await self.sure()

    async def close_with(self, category: str, summary: str) -> None:
        """End the opened conversation with a category and a summary."""
        await self.page.locator('#thread-head [aria-haspopup="menu"]').click()
        await self.page.get_by_role("menuitem", name="填写小结并结束").click()
        choice = self.dialog.locator("select")
        if await choice.count():
            await choice.select_option(label=category)
        await self.dialog.locator("textarea").fill(summary)
        await self.sure()

    async def last_picture(self) -> None:
        """What the page shows and has complained about, for whoever looks into a failure."""
        await self.shot(f"day-{self.name}")
        print(f"{self.name}: {self.page.url} {await self.listed()} {self.errors}")

    def complaints(self) -> list[str]:
        """What the page complained about besides a server that was away.

        A new conversation is told to all before it finds its group; whoever asks for it in that moment is
        told once that it is not theirs.
        """
        elsewhere = [error for error in self.errors if NOT_MINE.search(error)]
        again = [error for error in set(elsewhere) if elsewhere.count(error) > 1]
        others = [error for error in self.errors if not NETWORK.search(error) and error not in elsewhere]
        return again + others


class Mortal:
    """A Chromium process of its own, to be killed."""

    def __init__(self, browser: Browser, pid: int) -> None:
        self.browser = browser
        self.pid = pid

    def kill(self) -> None:
        """SIGKILL to it and all it started."""
        assert os.getpgid(self.pid) != os.getpgid(0), "it runs in a group of its own"
        os.killpg(os.getpgid(self.pid), signal.SIGKILL)


@asynccontextmanager
async def mortal() -> AsyncIterator[Mortal]:
    """Such a browser; what is left of it goes with the block."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        session = await browser.new_browser_cdp_session()
        known = (await session.send("SystemInfo.getProcessInfo"))["processInfo"]
        pid = next(each["id"] for each in known if each["type"] == "browser")
        try:
            yield Mortal(browser, int(pid))
        finally:
            await browser.close()


@dataclass
class Day:
    """Everybody, and the steps of the day."""

    server: Server
    visitors: dict[str, Visitor] = field(default_factory=dict)
    lives: set[asyncio.Task[None]] = field(default_factory=set)
    team: list[Colleague] = field(default_factory=list)
    closed: int = 0
    _names: Any = field(default_factory=lambda: itertools.count(1))
    _overtaken: bool = False

    async def arrive(self, errands: Iterable[str]) -> list[Visitor]:
        """A wave: everybody opens a session, connects and says what they want."""
        gate = asyncio.Semaphore(6)

        async def one(errand: str) -> Visitor:
            number = next(self._names)
            name = f"访客{number:02}"
            async with gate:
                session = await asyncio.to_thread(visitor_session, self.server, user={"name": name})
            visitor = Visitor(name, session, f"{errand}？{number:02}")
            visitor.may_step_back = True  # who came at the same moment may have come first
            self.visitors[visitor.id] = visitor
            self.lives.add(asyncio.create_task(visitor.live()))
            await visitor.say(visitor.errand)
            return visitor

        came = await asyncio.gather(*(one(errand) for errand in errands))
        await asyncio.gather(*(each.until(lambda it: it.told, "to be told") for each in came))
        await eventually_async(self.in_order, PATIENCE_S, "all know their places")
        for each in came:
            each.may_step_back = self._overtaken
        return list(came)

    async def in_order(self) -> bool:
        """Whether the places told are those of two queues, without a gap."""
        waiting = self.waiting()
        queues = [[each.place for each in waiting if each.after_sale is side] for side in (True, False)]
        return all(places == list(range(1, len(places) + 1)) for places in queues)

    def waiting(self) -> list[Visitor]:
        """Those in a queue, the first first."""
        queued = [each for each in self.visitors.values() if each.status == "queued"]
        return sorted(queued, key=lambda each: each.place or 0)

    def of(self, ids: Iterable[str]) -> list[Visitor]:
        """The visitors of these conversations."""
        return [self.visitors[each] for each in ids]

    async def greet_all(self, desk: Colleague) -> None:
        """Everybody in the list who has no answer yet gets one."""
        for visitor in self.of(await desk.listed()):
            if not visitor.said_by("agent"):
                await self.turn_to(desk, visitor)

    async def turn_to(self, desk: Colleague, visitor: Visitor) -> None:
        """Open it, with a first answer if nobody gave one."""
        if visitor.said_by("agent"):
            await desk.turn_to(visitor.id)
        else:
            await desk.greet(visitor, f"{visitor.name}您好，我是{desk.name}")

    async def finish(self, desk: Colleague, visitor: Visitor) -> None:
        """The last words, the end with or without the dialog, and what the visitor thinks of it."""
        await self.turn_to(desk, visitor)
        thanks = f"好的，谢谢 {len(visitor.acked)}"
        await visitor.say(thanks)
        await expect(desk.message(thanks)).to_be_visible()
        await desk.reply(visitor.id, f"不客气，{visitor.name}，再见")
        self.closed += 1
        if self.closed % 3 == 0:
            await desk.close_with("其他", f"{visitor.name}的事办好了")
        else:
            await desk.act("close")
        await visitor.until(lambda it: it.status == "closed", "the end")
        await expect(desk.row(visitor.id)).to_have_count(0)
        await asyncio.to_thread(visitor.rate, 5)

    async def finish_some(self, desk: Colleague, count: int) -> None:
        """The first of the list."""
        for visitor in self.of((await desk.listed())[:count]):
            await self.finish(desk, visitor)

    async def work_off(self, desk: Colleague) -> None:
        """Go on until nobody is left anywhere."""
        while True:
            ids: list[str] = []

            async def something() -> bool:
                nonlocal ids
                ids = await desk.listed()
                return bool(ids) or all(each.status == "closed" for each in self.visitors.values())

            await eventually_async(something, PATIENCE_S, f"{desk.name} has something to do")
            if not ids:
                return
            await self.finish(desk, self.visitors[ids[0]])

    @contextmanager
    def overtaking(self) -> Iterator[None]:
        """From here on somebody may be put ahead of those who wait now, and their places may grow: an agent
        who goes, refuses or falls silent gives conversations back to the head, now or a little later.
        """
        self._overtaken = True
        for visitor in self.visitors.values():
            visitor.may_step_back = True
        yield
