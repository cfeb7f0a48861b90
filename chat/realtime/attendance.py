"""Tells `ports.attendance()` which agents' connections this process serves: at every change and, again and
again, before their leases end.

Several changes within 50 ms are told together, and never two tellings at once. A database that is away is
asked again at the next turn; nobody's connection waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

import structlog
from django.conf import settings

from chat import ports
from chat.blocking import in_thread
from chat.protocol.entry import new_id
from chat.realtime.registry import registry
from chat.realtime.session import ClientSession

log = structlog.get_logger(__name__)

GATHER_S: Final = 0.05
#: A held poll that was answered comes again at once; a client that does not has gone.
POLL_GRACE: Final = 0.5  # of a heartbeat
DRAIN_WAIT_S: Final = 2.0


class Attendance:
    """What this process holds. Lives on the event-loop thread."""

    def __init__(self) -> None:
        self.process = ""
        self._told: dict[str, str] | None = None
        self._soon: asyncio.TimerHandle | None = None
        self._telling = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        #: Polls between two answers: (agent, until when they count as here).
        self._polls: dict[str, tuple[str, float]] = {}
        self._ended = False

    def start(self) -> None:
        """A loop begins to serve: under a new name, for whatever an earlier life held ends by itself."""
        self.process = new_id()
        self._told, self._soon, self._task = None, None, None
        self._telling = asyncio.Lock()
        self._polls.clear()
        self._ended = False
        self.changed()

    def note(self, session: ClientSession, here: bool) -> None:
        """A session began or ended."""
        agent = session.participant.id
        if session.participant.kind != "agent" or agent is None:
            return
        if isinstance(session.origin, str) and not here:
            until = asyncio.get_running_loop().time() + settings.KEFU_HEARTBEAT_S * POLL_GRACE
            self._polls[session.origin] = (agent, until)
        self.changed()

    def changed(self) -> None:
        """Tell soon."""
        if self._soon is None and not self._ended:
            self._soon = asyncio.get_running_loop().call_later(GATHER_S, self._begin)

    def _begin(self) -> None:
        self._soon = None
        self._task = asyncio.ensure_future(self.tell(again=False))

    def present(self) -> dict[str, str]:
        """{connection: agent id} as of now."""
        now = asyncio.get_running_loop().time()
        self._polls = {link: poll for link, poll in self._polls.items() if poll[1] > now}
        # A poll may be served by another process in between, so each process has its own name for it.
        held = {f"{link}@{self.process}"[:64]: agent for link, (agent, _) in self._polls.items()}
        for session in registry:
            if session.participant.kind == "agent" and session.participant.id and not session.closed:
                poll = session.origin
                key = f"{poll}@{self.process}"[:64] if isinstance(poll, str) else session.key
                held[key] = session.participant.id
        return held

    async def tell(self, *, again: bool = True) -> None:
        """Say who is here; `again`: also when that was the last word."""
        port = ports.attendance()
        if port is None:
            return
        async with self._telling:
            held = {} if self._ended else self.present()
            if held == self._told and not again:
                return
            await self._hold(port, held)

    async def _hold(self, port: ports.Attendance, held: Mapping[str, str]) -> None:
        try:
            await in_thread(port.hold, self.process, held)
            self._told = dict(held)
        except Exception as error:
            self._told = None  # the next turn says it again
            log.warning("attendance.not_told", error=type(error).__name__)

    async def renew(self) -> None:
        """The turn of every third of a heartbeat."""
        if not self._ended:
            await self.tell()

    async def end(self) -> None:
        """Nobody is here any more; waits for it, but not for a database that hangs."""
        self._ended = True
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        try:
            async with asyncio.timeout(DRAIN_WAIT_S):
                await self.tell()
        except TimeoutError:
            log.warning("attendance.not_told", error="TimeoutError")


attendance: Final = Attendance()
registry.on_change = attendance.note
