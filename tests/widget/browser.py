"""The visitor's page as a person's hands and eyes, in Debian's Chromium."""

from __future__ import annotations

import io
import json
from typing import Any, Protocol

from PIL import Image, ImageDraw
from playwright.async_api import (
    Browser,
    BrowserContext,
    Frame,
    Locator,
    Page,
    WebSocketRoute,
    expect,
)

from tests.support.chromium import SHOTS, WAIT_MS, serious
from tests.support.server import Server

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}

#: What a browser writes by itself when a request fails: expected while a server is down, an error otherwise.
_NETWORK = ("net::ERR_", "Failed to load resource", "WebSocket connection to")


class Office(Protocol):
    """Something that answers for the server about who is there."""

    async def stand_before(self, context: BrowserContext) -> None:
        """From now on, in every page of the context."""


class Visitor:
    """One person's browser on a page that holds the chat. `where` is the chat's frame or the page."""

    def __init__(self, server: Server, context: BrowserContext, page: Page) -> None:
        self.server = server
        self.context = context
        self.page = page
        self.where: Page | Frame = page
        self.errors: list[str] = []
        self.network_errors: list[str] = []
        self.socket_blocked = False
        self._route: WebSocketRoute | None = None
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self._heard(message.type, message.text))

    def _gate(self, route: WebSocketRoute) -> object:
        self._route = route
        return route.close() if self.socket_blocked else route.connect_to_server()

    def inject(self, kind: str, payload: dict[str, Any]) -> None:
        """Give the page one more frame, as if the server had sent it. Needs `block_socket=False`."""
        assert self._route is not None
        self._route.send(json.dumps({"type": kind, "timestamp": 0, "payload": payload}))

    def _heard(self, kind: str, text: str) -> None:
        if kind == "error":
            found = self.network_errors if any(mark in text for mark in _NETWORK) else self.errors
            found.append(text)

    @classmethod
    async def arrive(
        cls,
        browser: Browser,
        server: Server,
        path: str = "/h/demo/",
        locale: str = "en-US",
        scheme: str = "light",
        before: str = "",
        block_socket: bool | None = None,
        wait: bool = True,
        desk: Office | None = None,
        **options: Any,
    ) -> Visitor:
        """Open the page. `before` is JavaScript run ahead of the page's own, `desk` answers for the office.

        `block_socket`: WebSockets go through a gate, shut or open at first; see `socket_blocked`.
        """
        context = await browser.new_context(
            locale=locale,
            color_scheme="dark" if scheme == "dark" else "light",
            timezone_id="Asia/Shanghai",
            **{**DESKTOP, **options},
        )
        context.set_default_timeout(WAIT_MS)
        if before:
            await context.add_init_script(before)
        if desk is not None:
            await desk.stand_before(context)
        visitor = cls(server, context, await context.new_page())
        if block_socket is not None:
            visitor.socket_blocked = block_socket
            await visitor.page.route_web_socket("**/ws/v1/", visitor._gate)
        await visitor.page.goto(path if "://" in path else f"{server.base_url}{path}")
        if wait:
            await visitor.connected()
        return visitor

    async def connected(self, transport: str | None = None, timeout: float = 30_000) -> None:
        """Wait until the line is up (over this transport)."""
        more = "" if transport is None else f'[data-transport="{transport}"]'
        await expect(self.where.locator(f'body[data-connection="open"]{more}')).to_be_attached(
            timeout=timeout
        )

    async def open_widget(self) -> None:
        """Press the round button and go on inside the panel."""
        await self.page.locator("#kefu-host .bubble").click()
        await self.enter_frame()
        await self.connected()

    async def enter_frame(self) -> None:
        """Go on inside the iframe."""
        handle = await self.page.locator("#kefu-host iframe").element_handle()
        assert handle is not None
        frame = await handle.content_frame()
        assert frame is not None
        self.where = frame

    async def write(self, text: str) -> None:
        """Write a message and press Enter."""
        await self.where.fill("#text", text)
        await self.where.press("#text", "Enter")

    async def attach(self, name: str, kind: str, content: bytes) -> None:
        """Choose a file."""
        file: Any = {"name": name, "mimeType": kind, "buffer": content}
        await self.where.set_input_files("#files", file)

    def message(self, text: str, own: bool = False) -> Locator:
        """The bubbles with exactly this text."""
        side = "own" if own else "theirs"
        exact = self.where.get_by_text(text, exact=True)
        return self.where.locator(f"#log .message.{side}", has=exact)

    async def state_of(self, text: str, state: str, timeout: float = WAIT_MS) -> None:
        """Wait until the own message's state is this one."""
        found = self.message(text, own=True)
        await expect(found).to_have_attribute("data-state", state, timeout=timeout)

    async def texts(self) -> list[str]:
        """What the thread says, top to bottom."""
        return await self.where.locator("#log .said").all_inner_texts()

    async def conversation(self) -> str:
        """The id of the conversation, as the page's own REST calls name it."""
        found: str = await self.page.evaluate(
            "performance.getEntriesByType('resource')"
            ".map((one) => /conversations\\/([0-9a-f-]{36})/.exec(one.name)).filter(Boolean).at(-1)[1]"
        )
        return found

    async def shot(self, name: str) -> None:
        """A picture for people to look at."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=SHOTS / f"widget-{name}.png", animations="disabled")

    async def serious(self) -> list[str]:
        """axe's findings that are serious or worse, as short lines."""
        return await serious(self.page)

    async def leave(self, network_may_fail: bool = False) -> None:
        """Close the browser's context; a page that complained fails the test."""
        await self.context.close()
        assert self.errors == [], self.errors
        assert network_may_fail or self.network_errors == []


def photo(width: int = 900, height: int = 640) -> bytes:
    """A cup of tea on a table, as PNG."""
    image = Image.new("RGB", (width, height), (84, 126, 98))
    draw = ImageDraw.Draw(image)
    for y in range(height):
        draw.line([(0, y), (width, y)], fill=(84 + y // 8, 126 + y // 10, 98 + y // 14))
    x, y = width // 2, height // 2
    for radius, colour in ((210, (236, 230, 214)), (150, (250, 247, 240)), (126, (164, 104, 48))):
        draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=colour)
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()
