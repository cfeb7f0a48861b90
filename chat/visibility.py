"""Who may see what of a log: pure rules used by live delivery, resume and history alike."""

from __future__ import annotations

from collections.abc import Container
from typing import Final

import msgspec

from chat.conversation import ParticipantKind
from chat.protocol.entry import Entry, Event, HiddenEntry, is_internal

#: What acts that visitors see hold for those who answer: how the team is arranged, and routing's reasons.
WITHHELD: Final = ("group", "decision")
#: Acts whose reason tells a visitor something: that they wait again.
REASON_IS_SHOWN: Final = ("queued",)


def is_masked(entry: Entry, kind: ParticipantKind, recalled: Container[int]) -> bool:
    """Whether this kind of participant gets only the entry's place: the recalled everyone, notes visitors.

    `recalled` holds seqs (`State.recalled`, or a set of them).
    """
    return entry.seq in recalled or (kind == "visitor" and is_internal(entry))


def public(entry: Entry) -> Entry:
    """The entry as visitors get it: an act without the team's own affairs, everything else as it is."""
    event = entry.event
    if event is None:
        return entry
    withheld = WITHHELD if event.name in REASON_IS_SHOWN else (*WITHHELD, "reason")
    if not any(name in event.data for name in withheld):
        return entry
    data = {name: value for name, value in event.data.items() if name not in withheld}
    return msgspec.structs.replace(entry, event=Event(event.name, data))


def visible_to(entry: Entry, kind: ParticipantKind, recalled: Container[int]) -> Entry | HiddenEntry:
    """The entry itself, or the hidden form that keeps sequences and heads the same for every reader."""
    if is_masked(entry, kind, recalled):
        return HiddenEntry(conversation=entry.conversation, id=entry.id, seq=entry.seq)
    return public(entry) if kind == "visitor" else entry
