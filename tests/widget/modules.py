"""The shared modules alone in Chromium: files from disk, a scripted peer where there would be a server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, Page, Route, WebSocketRoute

from tests.widget.sources import STATIC

ORIGIN = "http://modules.localhost"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
Frame = dict[str, Any]


async def _from_disk(route: Route) -> None:
    name = route.request.url.removeprefix(f"{ORIGIN}/").split("?")[0]
    if name == "":
        await route.fulfill(body="<!doctype html><title>modules</title><body>", content_type="text/html")
        return
    path = STATIC / name
    await route.fulfill(body=path.read_bytes(), content_type=_TYPES[path.suffix])


@asynccontextmanager
async def bench(browser: Browser, before: str = "") -> AsyncIterator[Page]:
    """An empty page that can import `/shared/….js`. `before` is JavaScript run ahead of everything."""
    context = await browser.new_context(locale="en-US", timezone_id="Asia/Shanghai")
    if before:
        await context.add_init_script(before)
    page = await context.new_page()
    await page.route(f"{ORIGIN}/**", _from_disk)
    await page.goto(f"{ORIGIN}/")
    yield page
    await context.close()


async def run(page: Page, body: str, *imports: str, argument: object = None) -> Any:
    """Run the body of an async function after `imports` ("{ t } from i18n"); its return value."""
    lines = []
    for one in imports:
        names, module = one.split(" from ")
        lines.append(f"const {names} = await import('{ORIGIN}/shared/{module}.js');")
    return await page.evaluate(f"async (argument) => {{ {' '.join(lines)} {body} }}", argument)


class Peer:
    """The server's end of every WebSocket the page opens, played by a test."""

    def __init__(self, answer: Callable[[Peer, Frame], None] | None = None) -> None:
        self.hellos: list[Frame] = []
        self.frames: list[Frame] = []
        self.route: WebSocketRoute | None = None
        self.opened = 0
        self._answer = answer or Peer.welcome

    def accept(self, route: WebSocketRoute) -> None:
        """Take one connection."""
        self.opened += 1
        self.route = route
        route.on_message(self._heard)

    def _heard(self, message: str | bytes) -> None:
        frame: Frame = json.loads(message)
        (self.hellos if frame["type"] == "hello" else self.frames).append(frame)
        self._answer(self, frame)

    def say(self, kind: str, payload: Frame, ref: str | None = None) -> None:
        """Send one frame."""
        assert self.route is not None
        self.route.send(json.dumps({"type": kind, "ref": ref, "timestamp": 0, "payload": payload}))

    async def close(self, code: int) -> None:
        """Close the connection."""
        assert self.route is not None
        await self.route.close(code=code)

    def welcome(self, frame: Frame) -> None:
        """The plainest server: greets, and answers pings with no heads."""
        if frame["type"] == "hello":
            self.say("welcome", {"conversations": []}, frame.get("ref"))
        elif frame["type"] == "ping":
            self.say("pong", {"heads": {}}, frame.get("ref"))
