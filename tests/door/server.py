"""A real uvicorn server in a thread; the path chooses its application, so that a test brings its own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

from chat.door.protocol import LeanWebSocketProtocol

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def eventually(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until `condition` holds; fail when it has not within `seconds`."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        pause.wait(0.005)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Accept, and send every message back in its own kind."""
    assert (await receive())["type"] == "websocket.connect"
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({**message, "type": "websocket.send"})


class DoorServer:
    """uvicorn with the class under test. `apps` maps a path to its application."""

    def __init__(self, loop: str = "uvloop", protocol: type = LeanWebSocketProtocol, **config: Any) -> None:
        self.apps: dict[str, App] = {"/echo": echo}
        settings: dict[str, Any] = {
            "interface": "asgi3",
            "lifespan": "off",
            "log_level": "error",
            "access_log": False,
            "http": "httptools",
        } | config
        self.server = uvicorn.Server(
            uvicorn.Config(self._app, host="127.0.0.1", port=0, loop=loop, ws=protocol, **settings)
        )
        self.thread = threading.Thread(target=self.server.run, name="door", daemon=True)

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.apps[scope["path"]](scope, receive, send)

    def start(self) -> DoorServer:
        self.thread.start()
        eventually(lambda: self.server.started)
        return self

    def ask_to_stop(self) -> None:
        """As a SIGTERM does."""
        self.server.should_exit = True

    def stop(self) -> None:
        self.ask_to_stop()
        self.thread.join(30)
        assert not self.thread.is_alive(), "the server did not stop"

    @property
    def port(self) -> int:
        return int(self.server.servers[0].sockets[0].getsockname()[1])

    @property
    def connections(self) -> list[Any]:
        """The protocol objects that the server knows."""
        return list(self.server.server_state.connections)

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """The applications' tasks that the server knows."""
        return list(self.server.server_state.tasks)
