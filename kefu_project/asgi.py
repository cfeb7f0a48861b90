"""The ASGI application: who answers what.

    websocket /ws/v1/           chat.realtime.consumer
    http      /api/v1/poll/…    chat.realtime.poll (raw ASGI: a held request must not cost a thread)
    http      /static/…         kefu_project.static_files
    http      /health/… /metrics kefu_project.telemetry.endpoints
    http      anything else     Django

`manage.py serve` (uvicorn) drives it by lifespan events; under daphne, which has none, the first connection
starts it. Django's URL map is loaded after the server listens, by warm_up().
"""

import asyncio
import contextlib
import os
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kefu_project.settings")
django.setup()

from kefu_project.body_limit import BodyLimit  # noqa: E402
from kefu_project.static_files import PREFIX as STATIC_PREFIX  # noqa: E402
from kefu_project.static_files import StaticFiles  # noqa: E402
from kefu_project.telemetry import endpoints  # noqa: E402
from kefu_project.telemetry.metrics import sample_loop_lag  # noqa: E402

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Any, Any, Any], Awaitable[None]]

SOCKET_PATH = "/ws/v1/"
POLL_PREFIX = "/api/v1/poll/"
_RESTARTING: dict[str, object] = {
    "code": "restarting",
    "message": "The server is restarting.",
    "details": {},
}


class Application:
    """One per process. Started once, by lifespan or by the first connection; stopped by lifespan."""

    _asgi_single_callable = True
    """asgiref, and so daphne, would take __call__ for ASGI 2's first half, as it is no coroutine function."""

    def __init__(self) -> None:
        self._endpoints = endpoints.Endpoints()
        self._static = StaticFiles()
        self._consumer: Asgi | None = None
        self._poll: Asgi | None = None
        self._django: Asgi | None = None
        self._django_lock = threading.Lock()
        self._start_lock = asyncio.Lock()
        self._sampler: asyncio.Task[None] | None = None

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Dispatch one connection.

        Not a coroutine function: what it returns is awaited by the server itself, which saves every idle
        socket one coroutine frame.
        """
        kind = scope["type"]
        if kind == "websocket":
            if scope["path"] != SOCKET_PATH:
                return _refuse_socket(receive, send)
            if self._consumer is None:
                return self._late(scope, receive, send)
            return self._consumer(scope, receive, send)
        if kind == "lifespan":
            return self._lifespan(receive, send)
        path: str = scope["path"]
        if path.startswith(STATIC_PREFIX):
            return self._static(scope, receive, send)
        if self._consumer is None:
            return self._late(scope, receive, send)
        if path in endpoints.PATHS:
            return self._endpoints(scope, receive, send)
        if path.startswith(POLL_PREFIX) and self._poll is not None:
            return self._poll(scope, receive, send)
        return self._to_django(scope, receive, send)

    async def start(self) -> None:
        """Bring chat up in this process; idempotent. Raises what chat's start raises."""
        async with self._start_lock:
            if self._consumer is not None:
                return
            from chat import sites
            from chat.realtime import lifecycle
            from chat.realtime.consumer import ChatConsumer
            from chat.realtime.poll import poll_app

            await asyncio.to_thread(_open_journal)
            await lifecycle.startup()
            await sites.be_read()  # sockets ask what is at hand and never wait
            self._poll = poll_app
            self._consumer = ChatConsumer.as_asgi()
            self._sampler = asyncio.create_task(sample_loop_lag(), name="loop-lag")
            self._endpoints.state = "up"

    async def drain(self) -> None:
        """Say goodbye to every socket (1012) and held poll; requests under way go on. Ready turns 503."""
        self._endpoints.state = "stopping"
        if self._consumer is not None:
            from chat.realtime import lifecycle

            await lifecycle.drain()

    async def stop(self) -> None:
        """End what start() began; idempotent."""
        self._endpoints.state = "stopping"
        if self._sampler is not None:
            self._sampler.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sampler
            self._sampler = None
        if self._consumer is not None:
            from chat import journal
            from chat.realtime import lifecycle

            await lifecycle.shutdown()
            await asyncio.to_thread(journal.close_all)
            self._consumer = None

    def warm_up(self) -> None:
        """Load Django's middleware and URL map; blocks for some tenths of a second, on any thread."""
        with self._django_lock:
            if self._django is not None:
                return
            from django.core.asgi import get_asgi_application
            from django.urls import get_resolver

            handler = BodyLimit(get_asgi_application())
            get_resolver().url_patterns  # noqa: B018  (a cached property: reading it imports the URL map)
            self._django = handler

    async def _to_django(self, scope: Scope, receive: Receive, send: Send) -> None:
        from chat import sites

        if self._django is None:
            await asyncio.to_thread(self.warm_up)
        assert self._django is not None
        await sites.be_read()  # middleware asks for them on the loop, which must not wait
        begun = False

        async def noted(message: MutableMapping[str, Any]) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._django(scope, receive, noted)
        except asyncio.CancelledError:
            # The server ends and this took too long; uvicorn would call it a fault of ours.
            if begun or self._endpoints.state != "stopping":
                raise
            await endpoints.answer(send, 503, _RESTARTING, retry_after_s=1)

    async def _late(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A connection that came before start(): daphne's first one, or one that raced a stop."""
        if self._endpoints.state == "stopping":
            if scope["type"] == "websocket":
                return await _refuse_socket(receive, send)
            return await endpoints.answer(send, 503, _RESTARTING, retry_after_s=1)
        await self.start()
        await self(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    await self.start()
                except Exception as error:
                    await send(
                        {"type": "lifespan.startup.failed", "message": f"{type(error).__name__}: {error}"}
                    )
                    raise
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


async def _refuse_socket(receive: Receive, send: Send) -> None:
    """Refuse the handshake (HTTP 403 on the wire)."""
    await receive()
    await send({"type": "websocket.close", "code": 4403})


def _open_journal() -> None:
    """Open the journal and its writer; JournalEmptied when it is not the one this database knows. Blocks."""
    from django.db import connections

    from chat import journal
    from chat.journal.epoch import check_epoch

    try:
        check_epoch()
    finally:
        connections.close_all()
    journal.group_commit()


application = Application()
