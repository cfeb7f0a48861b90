"""Which agents have a conversation open, so that two do not answer it at once. Best effort, like typing.

Each process knows its own viewers and tells the others by signals on the conversation's topic; what another
process said is forgotten when it does not say it again. Lives on the event-loop thread.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, Final, Protocol

import msgspec

from chat.conversation import Participant, person_of
from chat.delivery.hub import Signal
from chat.delivery.outbound import outbound
from chat.errors import KefuError
from chat.protocol.entry import new_id

RENEW_S: Final = 15.0
#: What another process said, and a poll's word (which no closing socket takes back), hold so long.
TRUST_S: Final = 40.0
MAX_VIEWED: Final = 20  # conversations one connection may have open


class Viewer(Protocol):
    """A session, as far as it matters here."""

    key: str
    origin: object
    participant: Participant
    viewing: set[str] | None


class _Here(msgspec.Struct):
    agent: dict[str, Any]
    until: float | None  # None: as long as the connection


class Viewers:
    """Who has what open."""

    def __init__(self) -> None:
        self.process = new_id()
        self._here: dict[str, dict[str, _Here]] = {}
        self._elsewhere: dict[str, dict[str, tuple[list[dict[str, Any]], float]]] = {}

    def say(self, session: Viewer, conversation: str, on: bool) -> None:
        """An agent opened a conversation or left it. Raises `conflict` for too many at once."""
        viewing = session.viewing if session.viewing is not None else set()
        session.viewing = viewing
        poll = session.origin if isinstance(session.origin, str) else None
        if on:
            if len(viewing) >= MAX_VIEWED and conversation not in viewing:
                raise KefuError("conflict", f"one connection views at most {MAX_VIEWED} conversations")
            viewing.add(conversation)
            until = time.monotonic() + TRUST_S if poll else None
            here = _Here(person_of(session.participant) or {}, until)
            self._here.setdefault(conversation, {})[poll or session.key] = here
        else:
            viewing.discard(conversation)
            present = self._here.get(conversation)
            if present is None or present.pop(poll or session.key, None) is None:
                return
        self._tell(conversation, ask=on)

    def leave(self, session: Viewer) -> None:
        """The connection ended; a poll's request did not end the poll."""
        viewing, session.viewing = session.viewing, None
        if isinstance(session.origin, str):
            return
        for conversation in viewing or ():
            if self._here.get(conversation, {}).pop(session.key, None) is not None:
                self._tell(conversation)

    def merged(self, part: dict[str, Any]) -> dict[str, Any]:
        """The `viewing` frame's payload, after what a process said about a conversation.

        Every follower here is told of the same part, so taking it in again changes nothing.
        """
        conversation, process = part["conversation"], part["process"]
        if process != self.process:
            told = self._elsewhere.setdefault(conversation, {})
            if part["agents"]:
                known = process in told
                told[process] = (part["agents"], time.monotonic() + TRUST_S)
                if part.get("ask") and not known and self._here.get(conversation):
                    self._tell(conversation)
            else:
                told.pop(process, None)
        return {"conversation": conversation, "agents": self.of(conversation)}

    def of(self, conversation: str) -> list[dict[str, Any]]:
        """Everybody who has it open, each once."""
        now = time.monotonic()
        parts = self._elsewhere.get(conversation, {})
        everybody = [here.agent for here in self._here.get(conversation, {}).values()]
        everybody += [agent for agents, until in parts.values() if until > now for agent in agents]
        return _once(everybody)

    async def renew(self) -> None:
        """Say again what the others would forget, and forget what nobody says again."""
        now = time.monotonic()
        for conversation, present in list(self._here.items()):
            gone = [key for key, here in present.items() if here.until is not None and here.until <= now]
            for key in gone:
                del present[key]
            if present or gone:
                self._tell(conversation)
            if not present:
                del self._here[conversation]
        for conversation, parts in list(self._elsewhere.items()):
            kept = {process: part for process, part in parts.items() if part[1] > now}
            if kept:
                self._elsewhere[conversation] = kept
            else:
                del self._elsewhere[conversation]

    def _tell(self, conversation: str, ask: bool = False) -> None:
        agents = _once(here.agent for here in self._here.get(conversation, {}).values())
        part = {"conversation": conversation, "process": self.process, "agents": agents, "ask": ask}
        outbound.signal(Signal(conversation, "viewing", part))


def _once(agents: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({agent["id"]: agent for agent in agents}.values())


viewers: Final = Viewers()
