"""A conversation's status as a fold over its acts, and the rules of who may do what when. Pure.

The snapshot of this fold is stored in the journal beside the head, written in the same step as the act that
changed it, so a process that holds an old one is told so by the journal (`Refused`) and folds again.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from chat.errors import KefuError
from chat.protocol.entry import Entry, Event, Person

Status = Literal["bot", "queued", "active", "closed"]
Role = Literal["agent", "supervisor", "admin"]
ParticipantKind = Literal["visitor", "agent", "bot", "system"]

RECALL_WINDOW_MS: Final = 120_000
MAX_RECALLED: Final = 1000  # recalled entries a snapshot remembers; the database remembers all


class Participant(msgspec.Struct, frozen=True):
    """Who acts. `sites`: site ids an agent answers for, None for every site (superusers); a visitor has
    one. `groups`: ids of the agent's groups, None for every group (supervisors, administrators).
    """

    kind: ParticipantKind
    id: str | None
    name: str | None = None
    sites: frozenset[str] | None = frozenset()
    role: Role = "agent"
    groups: frozenset[str] | None = None

    def serves(self, site: str) -> bool:
        """Whether this participant belongs to the site."""
        return self.sites is None or site in self.sites


SYSTEM: Final = Participant("system", None, None, None)


class State(msgspec.Struct, frozen=True):
    """What the acts so far add up to. Times in ms since the epoch; `visitor_name` is display data."""

    conversation: str
    site: str
    visitor: str
    status: Status = "queued"
    visitor_name: str | None = None
    agent: Person | None = None
    closed_at: int | None = None
    rating: int | None = None
    recalled: tuple[int, ...] = ()
    group: Person | None = None
    #: Invited agents.
    guests: tuple[Person, ...] = ()
    #: The agent has it and has not yet accepted: who gave it ("agent" by transfer, "system" by routing).
    offered_by: Person | None = None
    offered: bool = False
    snoozed_until: int | None = None
    labels: tuple[Person, ...] = ()


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(State)


def encode_state(state: State) -> bytes:
    """The snapshot's bytes, as the journal keeps them."""
    return _ENCODER.encode(state)


def decode_state(snapshot: bytes) -> State:
    """The state in a snapshot. Raises `msgspec.DecodeError` on anything else."""
    return _DECODER.decode(snapshot)


def fold(state: State, event: Event, at_ms: int) -> State:
    """The state after one act. Unknown acts change nothing, so an older process survives a newer one's
    log.
    """
    data = event.data
    match event.name:
        case "accepted" | "assigned" | "transferred":
            agent = data.get("agent")
            if agent:
                return msgspec.structs.replace(
                    state, status="active", agent=Person(agent["id"], agent.get("name")), closed_at=None
                )
            return msgspec.structs.replace(state, status="queued", agent=None, closed_at=None)
        case "closed":
            return msgspec.structs.replace(state, status="closed", closed_at=at_ms)
        case "reopened":
            status: Status = "active" if state.agent and data.get("keep_agent") else "queued"
            agent_kept = state.agent if status == "active" else None
            return msgspec.structs.replace(
                state, status=status, agent=agent_kept, closed_at=None, rating=None
            )
        case "rated":
            return msgspec.structs.replace(state, rating=data["rating"])
        case "recalled":
            return msgspec.structs.replace(state, recalled=(*state.recalled, data["seq"])[-MAX_RECALLED:])
        case _:
            return state


def may_read(state: State, participant: Participant) -> bool:
    """Whether the participant may see the conversation at all."""
    if participant.kind == "visitor":
        return participant.id == state.visitor
    return participant.serves(state.site)


def require_read(state: State, participant: Participant) -> None:
    """Raise `not_found` for a stranger: another's conversation does not even exist for them."""
    if not may_read(state, participant):
        raise KefuError("not_found", "no such conversation")


def decide_send(state: State, sender: Participant, now_ms: int, reopen_ms: int) -> tuple[Event, ...]:
    """The events that must come before a message: a visitor's word reopens a closed conversation for
    `reopen_ms`.

    Raises `not_found` for strangers, `conversation_closed` when it is closed for good or the sender cannot
    reopen it.
    """
    require_read(state, sender)
    if state.status != "closed":
        return ()
    if sender.kind == "visitor" and state.closed_at is not None and now_ms - state.closed_at < reopen_ms:
        return (Event("reopened", {"by": "visitor"}),)
    raise KefuError("conversation_closed", "the conversation is closed")


def decide_accept(state: State, agent: Participant) -> Event | None:
    """The act of accepting; None when this agent already has it. Raises `already_accepted`,
    `conversation_closed`.
    """
    _require_agent(state, agent)
    if state.status == "closed":
        raise KefuError("conversation_closed", "the conversation is closed")
    if state.status == "active" and state.agent is not None:
        if state.agent.id == agent.id:
            return None
        raise KefuError(
            "already_accepted",
            "another agent has accepted it",
            details={"agent": {"id": state.agent.id, "name": state.agent.name}},
        )
    return Event("accepted", {"agent": {"id": agent.id, "name": agent.name}})


def decide_close(state: State, agent: Participant, reason: str | None) -> Event | None:
    """The act of closing; None when it is closed already."""
    if agent.kind != "system":
        _require_agent(state, agent)
    if state.status == "closed":
        return None
    return Event("closed", {"by": _by(agent), **({"reason": reason} if reason else {})})


def decide_reopen(state: State, agent: Participant) -> Event | None:
    """The act of reopening by an agent; None when it is open already."""
    _require_agent(state, agent)
    if state.status != "closed":
        return None
    return Event("reopened", {"by": "agent", "agent": {"id": agent.id, "name": agent.name}})


def decide_rate(state: State, visitor: Participant, rating: int, text: str | None) -> Event:
    """A visitor's rating, 1–5, once per closing. Raises `already_rated`, `conflict` while it is open."""
    require_read(state, visitor)
    if visitor.kind != "visitor":
        raise KefuError("forbidden", "only the visitor rates")
    if not 1 <= rating <= 5:
        raise KefuError("invalid", "rating must be 1 to 5")
    if state.status != "closed":
        raise KefuError("conflict", "a conversation is rated after it was closed")
    if state.rating is not None:
        raise KefuError("already_rated", "it was rated already")
    return Event("rated", {"rating": rating, **({"text": text} if text else {})})


def decide_note(state: State, agent: Participant) -> Event:
    """A note among the people who answer; also in closed conversations."""
    _require_agent(state, agent)
    return Event("note", {"agent": {"id": agent.id, "name": agent.name}})


def decide_recall(state: State, participant: Participant, target: Entry, now_ms: int) -> Event | None:
    """Take back one's own message within two minutes; None when it was taken back already.

    Raises `not_found`, `forbidden` (not one's own, or an act), `recall_too_late`.
    """
    require_read(state, participant)
    if target.seq in state.recalled:
        return None
    if target.kind == "event" or target.sender.kind != participant.kind or target.sender.id != participant.id:
        raise KefuError("forbidden", "only one's own message can be recalled")
    if now_ms - target.created_at > RECALL_WINDOW_MS:
        raise KefuError("recall_too_late", "a message can be recalled within two minutes")
    return Event("recalled", {"seq": target.seq, "by": participant.kind})


def _require_agent(state: State, agent: Participant) -> None:
    require_read(state, agent)
    if agent.kind != "agent":
        raise KefuError("forbidden", "only an agent may do this")


def _by(participant: Participant) -> dict[str, Any]:
    return {"kind": participant.kind, "id": participant.id, "name": participant.name}
