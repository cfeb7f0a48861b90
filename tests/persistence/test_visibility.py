"""Who sees an entry and who only sees its place."""

from __future__ import annotations

from typing import Any

import pytest

from chat.conversation import ParticipantKind
from chat.protocol.entry import Entry, Event, HiddenEntry, Sender
from chat.visibility import visible_to

KINDS: tuple[ParticipantKind, ...] = ("visitor", "agent", "bot", "system")


def _entry(**fields: Any) -> Entry:
    return Entry("c", "i", 3, None, Sender("agent", "a"), fields.pop("kind", "text"), "secret", **fields)


@pytest.mark.parametrize("kind", KINDS)
def test_messages_and_acts_are_for_everybody(kind: ParticipantKind) -> None:
    for entry in (_entry(), _entry(kind="event", event=Event("accepted", {}))):
        assert visible_to(entry, kind, ()) is entry


@pytest.mark.parametrize("name", ["note", "whisper"])
@pytest.mark.parametrize("kind", KINDS)
def test_notes_and_whispers_are_not_for_visitors(kind: ParticipantKind, name: str) -> None:
    entry = _entry(kind="event", event=Event(name, {}))
    seen = visible_to(entry, kind, ())
    assert seen == (HiddenEntry("c", "i", 3) if kind == "visitor" else entry)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("recalled", [(3,), {1, 3}, range(2, 5)])
def test_the_recalled_is_for_nobody(kind: ParticipantKind, recalled: Any) -> None:
    assert visible_to(_entry(), kind, recalled) == HiddenEntry("c", "i", 3)
    assert visible_to(_entry(), kind, ()) == _entry()
