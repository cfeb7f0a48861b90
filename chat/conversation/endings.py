"""How a conversation ends, rests and is filed: closing, reopening, rating, snoozing, labels. Pure.

Each decision gives the act or acts to write, none when it is so already, or raises `KefuError`.
"""

from __future__ import annotations

from typing import Any, Final

from chat.conversation.rights import (
    require_agent,
    require_hand,
    require_open,
    require_read,
    require_system,
)
from chat.conversation.state import Participant, State, person_of
from chat.errors import KefuError
from chat.protocol.entry import Event, Person

MAX_LABELS: Final = 50
MAX_SNOOZE_MS: Final = 366 * 86_400_000


def decide_close(
    state: State, agent: Participant, reason: str | None, summary: str | None, category: str | None
) -> tuple[Event, ...]:
    """Close it; what people who answer keep to themselves (why, summary, category) stands in an act of its
    own before. Nothing when it is closed already. Raises `not_owner`.
    """
    if agent.kind != "system":
        require_agent(state, agent)
    if state.status == "closed":
        return ()
    if agent.kind != "system":
        require_hand(state, agent)
    closed = Event("closed", {"by": {"kind": agent.kind, "id": agent.id, "name": agent.name}})
    kept = {"reason": reason, "summary": summary, "category": category}
    filed: dict[str, Any] = {name: value for name, value in kept.items() if value}
    return (Event("summarized", filed), closed) if filed else (closed,)


def decide_reopen(state: State, agent: Participant) -> Event | None:
    """The act of reopening by an agent; None when it is open already."""
    require_agent(state, agent)
    if state.status != "closed":
        return None
    return Event("reopened", {"by": "agent", "agent": person_of(agent)})


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


def decide_labels(state: State, actor: Participant, labels: tuple[Person, ...]) -> Event | None:
    """The labels as they shall be; None when they are so. Raises `invalid` for too many."""
    if actor.kind != "system":
        require_agent(state, actor)
    wanted = {label.id: label for label in labels}
    if len(wanted) > MAX_LABELS:
        raise KefuError("invalid", f"at most {MAX_LABELS} labels")
    if wanted.keys() == {label.id for label in state.labels}:
        return None
    listed = [person_of(label) for label in wanted.values()]
    return Event("labels", {"labels": listed, "by": person_of(actor)})


def decide_snooze(state: State, agent: Participant, until_ms: int, now_ms: int) -> Event | None:
    """Put it aside. Raises `conflict` when nobody answers it, `not_owner`, `invalid` for a time past."""
    require_agent(state, agent)
    require_open(state)
    if state.status != "active":
        raise KefuError("conflict", "accept it first")
    require_hand(state, agent)
    if not now_ms < until_ms <= now_ms + MAX_SNOOZE_MS:
        raise KefuError("invalid", "snooze until a moment within a year")
    if state.snoozed_until == until_ms:
        return None
    return Event("snoozed", {"until": until_ms, "by": person_of(agent)})


def decide_wake(state: State, actor: Participant, reason: str) -> Event | None:
    """End a snooze; None when there is none. Raises `not_owner`."""
    if actor.kind != "system":
        require_agent(state, actor)
        require_hand(state, actor)
    if state.snoozed_until is None:
        return None
    return Event("woken", {"reason": reason, "by": person_of(actor) if actor.id else None})


def decide_merged(actor: Participant, visitor: Person, by: Person | None) -> Event:
    """Note that its visitor is the same person as another."""
    require_system(actor)
    return Event("merged", {"visitor": person_of(visitor), "by": person_of(by)})


def decide_left_message(actor: Participant, contact: dict[str, str]) -> Event:
    """Note that a message was left while nobody was there, and how its writer can be reached."""
    require_system(actor)
    return Event("left_message", {"contact": contact})
