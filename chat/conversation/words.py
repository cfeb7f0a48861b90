"""What may be said, and what must stand in the log before it; notes, whispers and taking back. Pure."""

from __future__ import annotations

from typing import Final

from chat.conversation.rights import owns, require_agent, require_open, require_read
from chat.conversation.state import Participant, State, person_of
from chat.errors import KefuError
from chat.protocol.entry import Entry, Event, Person

RECALL_WINDOW_MS: Final = 120_000


def is_plain(state: State, sender_kind: str) -> bool:
    """Whether a message needs no act before it. Only looks at attributes: every message asks."""
    if state.status == "closed":
        return False
    if sender_kind == "visitor":
        return state.snoozed_until is None
    if sender_kind == "bot":
        return state.status == "bot"
    return not state.offered


def decide_send(state: State, sender: Participant, now_ms: int, reopen_ms: int) -> tuple[Event, ...]:
    """The events that must come before a message: a visitor's word reopens a closed conversation for
    `reopen_ms` and wakes a snoozed one; an owner's first word accepts what was offered.

    Raises `not_found` for strangers, `conversation_closed` when it is closed for good or the sender cannot
    reopen it, `conflict` for a bot that has it no more.
    """
    require_read(state, sender)
    if sender.kind == "bot" and state.status not in ("bot", "closed"):
        raise KefuError("conflict", "people have it by now", details={"agent": person_of(state.agent)})
    if state.status == "closed":
        if sender.kind == "visitor" and state.closed_at is not None and now_ms - state.closed_at < reopen_ms:
            return (Event("reopened", {"by": "visitor"}),)
        raise KefuError("conversation_closed", "the conversation is closed")
    if sender.kind == "visitor" and state.snoozed_until is not None:
        return (Event("woken", {"reason": "visitor"}),)
    if sender.kind == "agent" and state.offered and owns(state, sender):
        return (Event("accepted", {"agent": person_of(sender)}),)
    return ()


def decide_note(state: State, agent: Participant, mentions: tuple[Person, ...] = ()) -> Event:
    """A note among the people who answer; also in closed conversations."""
    require_agent(state, agent)
    named = {"mentions": [person_of(each) for each in mentions]} if mentions else {}
    return Event("note", {"agent": person_of(agent), **named})


def decide_edit_note(state: State, agent: Participant, target: Entry) -> Event:
    """Another text for one's own note. Raises `not_found` when there is no note, `forbidden` for others'."""
    require_agent(state, agent)
    if target.event is None or target.event.name != "note":
        raise KefuError("not_found", "no such note")
    if target.sender.id != agent.id:
        raise KefuError("forbidden", "only one's own note can be changed")
    return Event("note_edited", {"seq": target.seq, "agent": person_of(agent)})


def decide_whisper(state: State, agent: Participant) -> Event:
    """A word to the agent that the visitor never sees. Raises `conversation_closed`."""
    require_agent(state, agent)
    require_open(state)
    return Event("whisper", {"agent": person_of(agent), "to": person_of(state.agent)})


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
