"""Marks move forward only, never beyond the log; unread is what lies above them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat import receipts
from chat.journal.base import Journal
from chat.persistence.reader import READER, drain
from chat.protocol.entry import new_id
from chat.receipts import flush_receipts, note, unread_counts
from tests.persistence.talk import Talk

pytestmark = pytest.mark.django_db


def _marks(talk: Talk) -> tuple[int, int, int, int]:
    row = talk.row()
    return row.visitor_delivered, row.visitor_read, row.agent_delivered, row.agent_read


def test_marks_of_both_sides(talk: Talk) -> None:
    for number in range(5):
        talk.say(key=f"{number}")
    drain(linger_s=0)
    note(talk.id, "visitor", 3, 2)
    note(talk.id, "agent", 5, 0)
    note(talk.id, "bot", 5, 5)
    note(talk.id, "system", 5, 5)
    assert flush_receipts() == 2
    assert _marks(talk) == (3, 2, 5, 0)
    assert flush_receipts() == 0


def test_marks_never_move_back(talk: Talk) -> None:
    for number in range(5):
        talk.say(key=f"{number}")
    note(talk.id, "visitor", 2, 2)
    note(talk.id, "visitor", 4, 1)
    flush_receipts()
    assert _marks(talk)[:2] == (4, 2)
    note(talk.id, "visitor", 1, 1)
    note(talk.id, "visitor", -5, -5)
    flush_receipts()
    assert _marks(talk)[:2] == (4, 2)


def test_the_read_was_delivered(talk: Talk) -> None:
    talk.say(key="a")
    note(talk.id, "agent", 0, 1)
    flush_receipts()
    assert _marks(talk) == (0, 0, 1, 1)


def test_no_mark_beyond_the_head_hot_or_cold(talk: Talk, log: Journal) -> None:
    talk.say(key="a")
    talk.say(key="b")
    note(talk.id, "agent", 10**6, 10**6)
    flush_receipts()
    assert _marks(talk) == (0, 0, 2, 2), "the journal's head counts: the row is not there yet"
    drain(linger_s=0)
    log.trim([READER], 1_900_000_000_000, 0, 0)
    note(talk.id, "visitor", 10**6, 10**6)
    flush_receipts()
    assert _marks(talk) == (2, 2, 2, 2)


def test_strange_ids_harm_nobody(talk: Talk) -> None:
    talk.say(key="a")
    note("no uuid", "agent", 1, 1)
    note(new_id(), "agent", 1, 1)
    note(talk.id, "agent", 1, 1)
    assert flush_receipts() == 3
    assert _marks(talk) == (0, 0, 1, 1)


def test_one_update_a_side_however_many(new_talk: Callable[..., Talk]) -> None:
    talks = [new_talk() for _ in range(8)]
    for talk in talks:
        talk.say(key="a")
        note(talk.id, "agent", 1, 1)
        note(talk.id, "visitor", 1, 1)
    with CaptureQueriesContext(connection) as queries:
        flush_receipts()
    updates = [query["sql"] for query in queries if query["sql"].lstrip().startswith("UPDATE")]
    assert len(updates) == 2
    assert all(_marks(talk) == (1, 1, 1, 1) for talk in talks)


def test_a_failed_flush_keeps_everything(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    talk.say(key="a")
    note(talk.id, "agent", 1, 1)

    def refuse(*args: object) -> None:
        note(talk.id, "visitor", 1, 0)
        raise RuntimeError("the database is away")

    with monkeypatch.context() as patch:
        patch.setattr(receipts, "_write", refuse)
        with pytest.raises(RuntimeError):
            flush_receipts()
    flush_receipts()
    assert _marks(talk) == (1, 0, 1, 1)


def test_memory_is_bounded(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "MAX_PENDING", 3)
    ids = [new_id() for _ in range(10)]
    for id_ in ids:
        note(id_, "agent", 1, 1)
    note(ids[0], "agent", 7, 7)
    assert len(receipts._pending) == 3
    assert receipts._pending[ids[0], "agent"] == (7, 7)


def test_unread(new_talk: Callable[..., Talk]) -> None:
    talk, quiet = new_talk(), new_talk()
    talk.say("one", key="1")
    talk.say("two", key="2")
    talk.act("note", {}, text="for us")
    talk.accept()
    talk.say("answer", "agent", key="3")
    talk.say("machine", "bot", key="4")
    talk.say("three", key="5")
    oops = talk.say("oops", key="6")
    talk.act("recalled", {"seq": oops.seq, "by": "visitor"}, "visitor")
    drain(linger_s=0)
    ids = [talk.id, quiet.id, "no uuid"]
    with CaptureQueriesContext(connection) as queries:
        assert unread_counts(ids, "agent") == {talk.id: 3, quiet.id: 0}
    assert len(queries) == 1
    assert unread_counts(ids, "visitor") == {talk.id: 2, quiet.id: 0}
    note(talk.id, "agent", 0, 2)
    note(talk.id, "visitor", 0, 6)
    flush_receipts()
    assert unread_counts(ids, "agent")[talk.id] == 1
    assert unread_counts(ids, "visitor")[talk.id] == 0
    assert unread_counts([], "agent") == {}
