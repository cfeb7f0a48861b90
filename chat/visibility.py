"""Who may see what of a log: pure rules used by live delivery, resume and history alike."""

from __future__ import annotations

from collections.abc import Container

from chat.conversation import ParticipantKind
from chat.protocol.entry import Entry, HiddenEntry, is_internal


def is_masked(entry: Entry, kind: ParticipantKind, recalled: Container[int]) -> bool:
    """Whether this kind of participant gets only the entry's place: the recalled everyone, notes visitors.

    `recalled` holds seqs (`State.recalled`, or a set of them).
    """
    return entry.seq in recalled or (kind == "visitor" and is_internal(entry))


def visible_to(entry: Entry, kind: ParticipantKind, recalled: Container[int]) -> Entry | HiddenEntry:
    """The entry itself, or the hidden form that keeps sequences and heads the same for every reader."""
    if is_masked(entry, kind, recalled):
        return HiddenEntry(conversation=entry.conversation, id=entry.id, seq=entry.seq)
    return entry
