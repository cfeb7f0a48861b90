"""Every open connection of this process: for heartbeats, revocation and an orderly end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from chat import metrics
from chat.realtime.session import ClientSession


class Registry:
    """Sessions by role and transport. Lives on the event-loop thread."""

    def __init__(self) -> None:
        self._sessions: dict[ClientSession, None] = {}
        #: Called with a session that began (True) or ended (False).
        self.on_change: Callable[[ClientSession, bool], None] | None = None

    def add(self, session: ClientSession, transport: str) -> None:
        """A session began."""
        self._sessions[session] = None
        metrics.CONNECTIONS.labels(role=session.participant.kind, transport=transport).inc()
        if self.on_change is not None:
            self.on_change(session, True)

    def remove(self, session: ClientSession, transport: str) -> None:
        """It ended; ending twice is ending once."""
        if session in self._sessions:
            del self._sessions[session]
            metrics.CONNECTIONS.labels(role=session.participant.kind, transport=transport).dec()
            if self.on_change is not None:
                self.on_change(session, False)

    def __iter__(self) -> Iterator[ClientSession]:
        return iter(list(self._sessions))

    def __len__(self) -> int:
        return len(self._sessions)


registry: Final = Registry()
