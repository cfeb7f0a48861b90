"""Chromium for the console's tests, and the console as a person's hands and eyes."""

from __future__ import annotations

import re
from typing import Any

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    expect,
)

from tests.console.people import PASSWORD, Shops
from tests.support.chromium import SHOTS, WAIT_MS, serious
from tests.support.waiting import eventually_async


class Desk:
    """One agent's console in one browser context. `errors` gathers what the page complained about."""

    def __init__(self, shops: Shops, context: BrowserContext, page: Page) -> None:
        self.shops = shops
        self.context = context
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", self._page_error)
        page.on("console", self._console)

    def _page_error(self, error: Error) -> None:
        self.errors.append(str(error))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    @classmethod
    async def open(
        cls,
        browser: Browser,
        shops: Shops,
        login: str = "wangfang",
        locale: str = "zh-CN",
        scheme: str = "light",
        width: int = 1440,
        height: int = 900,
        password: str = PASSWORD,
        wait_ms: int = WAIT_MS,
        **options: Any,
    ) -> Desk:
        """Sign in by the form and wait until the console is connected."""
        context = await browser.new_context(
            locale=locale,
            color_scheme="dark" if scheme == "dark" else "light",
            viewport={"width": width, "height": height},
            timezone_id="Asia/Shanghai" if locale.startswith("zh") else "Europe/London",
            **options,
        )
        context.set_default_timeout(wait_ms)
        desk = cls(shops, context, await context.new_page())
        await desk.page.goto(f"{shops.server.base_url}/console/")
        await desk.page.fill("#id_username", login)
        await desk.page.fill("#id_password", password)
        await desk.page.click("button.primary")
        await desk.connected()
        return desk

    async def connected(self) -> None:
        """Wait for the green dot."""
        await expect(self.page.locator('#link-state[data-state="open"]')).to_be_attached(timeout=30_000)

    async def view(self, name: str) -> None:
        """Choose a view in the rail."""
        await self.page.click(f'.view[data-view="{name}"]')

    def row(self, conversation: str) -> Any:
        """A conversation's row in the list."""
        return self.page.locator(f'#rows li[data-id="{conversation}"]')

    async def choose(self, conversation: str) -> None:
        """Open a conversation from the list."""
        await self.row(conversation).locator("a").click()
        await expect(self.page).to_have_url(re.compile(conversation))
        await expect(self.page.locator("#log .log-ghosts")).to_have_count(0)

    async def accept(self) -> None:
        """Press accept in the head."""
        await self.page.locator("#thread-head .button.primary").click()

    async def write(self, text: str) -> None:
        """Write a reply and press Enter."""
        await self.page.fill("#composer-text", text)
        await self.page.press("#composer-text", "Enter")

    def message(self, text: str) -> Any:
        """A bubble with this text."""
        return self.page.locator("#log .msg", has=self.page.get_by_text(text, exact=True))

    async def online(self) -> None:
        """Choose online, and wait until the server has it: the page says so before, and a page that goes
        takes the request along.
        """
        async with self.page.expect_response(
            lambda answer: answer.request.method == "PUT" and answer.url.endswith("/agents/me/status/")
        ) as kept:
            await self.page.click('#status button[data-status="online"]')
        assert (await kept.value).status == 200

    async def theme(self, name: str) -> None:
        """Choose an appearance in the menu."""
        await self.page.click("#me")
        await self.page.click(f'[data-theme-choice="{name}"]')
        await self.page.keyboard.press("Escape")

    async def settled(self) -> None:
        """Wait until nothing on the page moves any more."""
        running = "document.getAnimations().filter((one) => one.playState === 'running').length"

        async def still() -> bool:
            return bool(await self.page.evaluate(running) == 0)

        await eventually_async(still, what="the page to come to rest")

    async def shot(self, name: str) -> None:
        """A picture for people to look at."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=SHOTS / f"console-{name}.png")

    async def serious(self) -> list[str]:
        """axe's findings that are serious or worse, as short lines."""
        return await serious(self.page)

    async def close(self) -> None:
        """Leave; a page that complained fails the test."""
        await self.context.close()
        assert self.errors == []
