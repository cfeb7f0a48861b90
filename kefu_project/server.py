"""uvicorn as kefu runs it: our WebSocket door, no access log, and an orderly end within five seconds."""

import asyncio
import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import FrameType

import structlog
import uvicorn

from kefu_project.asgi import Application
from kefu_project.patience import PatientHttp

log = structlog.get_logger(__name__)

DOOR = "chat.door.protocol:LeanWebSocketProtocol"
DRAIN_SECONDS = 1.5
REQUEST_SECONDS = 1.5
"""Longest wait for sockets to say goodbye, then for HTTP requests under way."""
HARD_EXIT_SECONDS = 4.7
"""Whatever hangs, the process is gone then: what was acknowledged is on disk, so nothing is lost."""


class Server(uvicorn.Server):
    """uvicorn.Server with kefu's own order of starting and stopping and without re-raising the signal that
    stopped it."""

    def __init__(
        self,
        application: Application,
        config: uvicorn.Config,
        on_started: Callable[[], None],
        before_end: Callable[[], None],
    ) -> None:
        """`on_started` is called on the loop once requests are answered; `before_end` on a thread when
        requests have ended and before chat is stopped, and may block for a second."""
        super().__init__(config)
        self._application = application
        self._on_started = on_started
        self._before_end = before_end
        self.refusal: Exception | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Bring chat up, listen, then say so. What chat's start raises is kept in `refusal`."""
        try:
            await self._application.start()
        except Exception as error:
            self.refusal = error
            self.should_exit = True
            return
        await super().startup(sockets)
        if self.started:
            log.info("server_started", pid=os.getpid())
            self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, close sockets with 1012, finish requests, stop the workers, then chat itself."""
        for server in self.servers:
            server.close()
        try:
            await asyncio.wait_for(self._application.drain(), DRAIN_SECONDS)
        except TimeoutError:
            log.warning("drain_timed_out", seconds=DRAIN_SECONDS)
        await super().shutdown(sockets)
        await asyncio.to_thread(self._before_end)
        await self._application.stop()
        log.info("server_stopped", pid=os.getpid())

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handlers for SIGINT and SIGTERM while serving; the exit status stays ours."""
        before = {
            number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """First signal: orderly end, with a hard one behind it. A second Ctrl-C does not wait."""
        if not self.should_exit:
            killer = threading.Timer(HARD_EXIT_SECONDS, os._exit, args=(1,))
            killer.daemon = True
            killer.start()
        super().handle_exit(sig, frame)


def config_for(application: Application, trusted_proxies: list[str]) -> uvicorn.Config:
    """The configuration of uvicorn; forwarding headers count only when they come from `trusted_proxies`."""
    return uvicorn.Config(
        application,
        interface="asgi3",
        loop="uvloop",
        http=PatientHttp,
        ws=DOOR,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=trusted_proxies or None,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=int(REQUEST_SECONDS + 0.5),
        ws_max_size=64 * 1024,
    )
