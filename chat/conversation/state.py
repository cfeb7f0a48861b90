"""Who acts, and what the acts of a conversation so far add up to. Pure.

The snapshot of this fold is stored in the journal beside the head, written in the same step as the act that
changed it, so a process that holds an old one is told so by the journal (`Refused`) and folds again.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from chat.protocol.entry import Event, Person

Status = Literal["bot", "queued", "active", "closed"]
Role = Literal["agent", "supervisor", "admin"]
ParticipantKind = Literal["visitor", "agent", "bot", "system"]

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
    #: The agent who gave it by a transfer that is not yet accepted; None when routing gave it.
    offered_by: Person | None = None
    #: The agent has it and has neither accepted nor answered yet.
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

    Raises `KeyError`, `TypeError`, `AttributeError` for an act without its data.
    """
    data = event.data
    match event.name:
        case "accepted":
            return _owned(state, person_in(data["agent"]))
        case "assigned" | "transferred":
            return _handed(state, event.name, data)
        case "queued" | "handoff":
            group = person_in(data["group"]) if data.get("group") else None
            if event.name == "handoff":
                group = group or state.group
            return _waiting(state, group)
        case "refused":
            back = data.get("back")
            return _owned(state, person_in(back)) if back else _waiting(state, state.group)
        case "invited":
            guest = person_in(data["agent"])
            return _replace(state, guests=(*(g for g in state.guests if g.id != guest.id), guest))
        case "left":
            gone = data["agent"]["id"]
            return _replace(state, guests=tuple(guest for guest in state.guests if guest.id != gone))
        case "labels":
            return _replace(state, labels=tuple(person_in(label) for label in data["labels"]))
        case "snoozed":
            return _replace(state, snoozed_until=int(data["until"]))
        case "woken":
            return _replace(state, snoozed_until=None)
        case "closed":
            return _replace(
                state, status="closed", closed_at=at_ms, offered=False, offered_by=None, snoozed_until=None
            )
        case "reopened":
            kept = state.agent if data.get("keep_agent") else None
            after = _owned(state, kept) if kept else _waiting(state, state.group)
            return _replace(after, rating=None)
        case "rated":
            return _replace(state, rating=data["rating"])
        case "recalled":
            return _replace(state, recalled=(*state.recalled, data["seq"])[-MAX_RECALLED:])
        case _:
            return state


def person_of(who: Participant | Person | None) -> dict[str, Any] | None:
    """Somebody as an act's data names them."""
    return None if who is None else {"id": who.id, "name": who.name}


def person_in(data: dict[str, Any]) -> Person:
    """Whom an act's data names. Raises `KeyError`, `TypeError`."""
    name = data.get("name")
    return Person(str(data["id"]), None if name is None else str(name))


def _replace(state: State, **changes: Any) -> State:
    return msgspec.structs.replace(state, **changes)


def _owned(state: State, agent: Person) -> State:
    """Somebody answers, for good; a guest who becomes the owner is a guest no more."""
    return _replace(
        state,
        status="active",
        agent=agent,
        guests=tuple(guest for guest in state.guests if guest.id != agent.id),
        closed_at=None,
        offered=False,
        offered_by=None,
        snoozed_until=None,
    )


def _waiting(state: State, group: Person | None) -> State:
    """Nobody answers; who is free next does."""
    return _replace(
        state,
        status="queued",
        agent=None,
        group=group,
        closed_at=None,
        offered=False,
        offered_by=None,
        snoozed_until=None,
    )


def _handed(state: State, name: str, data: dict[str, Any]) -> State:
    """Given to an agent (who may refuse), to a group's queue or to the bot."""
    group = person_in(data["group"]) if data.get("group") else state.group
    if data.get("agent"):
        owned = _replace(_owned(state, person_in(data["agent"])), group=group)
        if data.get("take_over"):
            return owned
        giver = data.get("from") if name == "transferred" else None
        return _replace(owned, offered=True, offered_by=person_in(giver) if giver else None)
    waiting = _waiting(state, group)
    return _replace(waiting, status="bot") if data.get("bot") else waiting
