"""Batches from both journals into the database: complete, repeatable, patient when the database is away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError, connection

from chat.journal.base import Journal, LogItem
from chat.models import Conversation, DeadLetter, Message
from chat.persistence import reader
from chat.persistence.reader import READER, Gate, drain, reconcile, write
from tests.persistence.talk import AGENT, Talk
from tests.support.waiting import eventually

pytestmark = pytest.mark.django_db


def test_an_entry_arrives_whole(talk: Talk) -> None:
    said = talk.say('tabs\t, "quotes", \\u0000 spelt out, 中文 and \U0001f642', key="k1", reply_to=None)
    picture = talk.picture()
    card = talk.say(
        as_kind="card", card={"title": "Lamp", "price": 12.5, "tags": ["a", {"b": None}]}, reply_to=1
    )
    note = talk.act("note", {"agent": {"id": AGENT, "name": "Anna"}}, text="careful")

    assert drain(linger_s=0) == 4

    rows = {row.seq: row for row in Message.objects.filter(conversation_id=talk.id)}
    assert [rows[1].text, rows[1].client_msg_id, rows[1].sender_kind] == [said.text, "k1", "visitor"]
    assert (str(rows[1].pk), str(rows[1].sender_id), rows[1].sender_name) == (said.id, AGENT, "the visitor")
    assert rows[1].created_at == said.created_at
    assert picture.attachment is not None
    stored = rows[2].attachment or {}
    assert (stored["id"], stored["url"]) == (picture.attachment.id, None)
    assert (rows[3].card, rows[3].reply_to) == (card.card, 1)
    assert rows[4].event == {"name": "note", "data": note.event.data if note.event else None}
    assert (rows[4].text, rows[1].event, rows[1].card, rows[1].attachment) == ("careful", None, None, None)


def test_many_conversations_in_several_batches(
    new_talk: Callable[..., Talk], log: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "BATCH", 7)
    talks = [new_talk() for _ in range(5)]
    for number in range(40):
        talks[number % 5].say(f"line {number}", key=f"k{number}")

    assert drain(linger_s=0) == 40
    assert log.depth(READER).entries == 0
    for talk in talks:
        assert talk.seqs() == list(range(1, 9))
        assert talk.row().head == 8
    assert drain(linger_s=0) == 0


def test_a_batch_read_again_changes_nothing(talk: Talk, log: Journal) -> None:
    talk.say(key="a")
    talk.accept()
    talk.say("hi", "agent", key="b")
    batches = [log.read_batch(READER, shard, 100) for shard in range(log.shards)]
    items = [item for batch in batches for item in batch]
    assert write(items) == 0
    before = (list(Message.objects.values()), list(Conversation.objects.values()))

    assert write(items) == 0
    assert write(items[:1]) == 0
    assert (list(Message.objects.values()), list(Conversation.objects.values())) == before
    assert not DeadLetter.objects.exists()


def test_a_crash_between_commit_and_advance(
    talk: Talk, log: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk.say(key="a")
    talk.say(key="b")

    class Killed(BaseException):
        """As if the process ended here."""

    def die(*args: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(type(log), "advance", die)
        with pytest.raises(Killed):
            drain(linger_s=0)
    assert talk.seqs() == [1, 2]
    assert log.depth(READER).entries == 2

    talk.say(key="c")
    assert drain(linger_s=0) == 3
    assert talk.seqs() == [1, 2, 3]
    assert talk.row().head == 3


def test_a_row_never_moves_back(talk: Talk, log: Journal) -> None:
    first = talk.say("first", key="a")
    items = [item for shard in range(log.shards) for item in log.read_batch(READER, shard, 10)]
    talk.say("second", "agent")
    drain(linger_s=0)
    row = talk.row()
    assert (row.head, row.last_text, row.waiting_since) == (2, "second", None)

    write(items)
    row = talk.row()
    assert (row.head, row.last_text, row.waiting_since, row.visitor_seq) == (2, "second", None, first.seq)


def test_a_late_reader_fills_in_without_moving_the_row(talk: Talk, log: Journal) -> None:
    for number in range(4):
        talk.say(f"{number}", key=f"{number}")
    items = [item for shard in range(log.shards) for item in log.read_batch(READER, shard, 10)]
    write(items[2:])
    assert (talk.row().head, talk.row().last_text) == (4, "3")
    write(items[:3])
    assert talk.seqs() == [1, 2, 3, 4]
    assert (talk.row().head, talk.row().last_text) == (4, "3")


def test_nothing_advances_while_the_database_is_down(
    talk: Talk, log: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk.say(key="a")

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise OperationalError("connection refused")

    with monkeypatch.context() as patch:
        patch.setattr(reader, "store", refuse)
        assert drain(linger_s=0) == 0
        assert log.depth(READER).entries == 1
        patch.undo()
        assert drain(linger_s=0) == 0, "left alone for a moment after a failure"
    reader._backoff.worked()
    assert drain(linger_s=0) == 1
    assert not DeadLetter.objects.exists()


def test_trouble_doubles_the_wait_and_success_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("chat.persistence.reader.time.monotonic", lambda: now)
    backoff = reader.Backoff()
    waits = []
    for _ in range(8):
        backoff.failed()
        waits.append(backoff._until - now)
    assert waits == [0.25, 0.5, 1, 2, 4, 8, 10, 10]
    assert backoff.is_waiting()
    now += 10.5
    assert not backoff.is_waiting()
    backoff.failed()
    backoff.worked()
    assert not backoff.is_waiting()


def test_another_owner_of_the_shard_is_left_to_its_work(talk: Talk, log: Journal) -> None:
    talk.say(key="a")
    for shard in range(log.shards):
        assert log.claim(READER, shard, "somebody else", 60)
    assert drain(linger_s=0) == 0
    for shard in range(log.shards):
        log.release(READER, shard, "somebody else")
    assert drain(linger_s=0) == 1
    for shard in range(log.shards):
        assert log.claim(READER, shard, "the next one", 60), "drain gives its leases back"


def test_reconcile_persists_what_a_start_finds(talk: Talk) -> None:
    assert reconcile() == 0
    talk.say(key="a")
    talk.say(key="b")
    assert reconcile() == 2
    assert talk.seqs() == [1, 2]


def test_the_gate_lets_one_in_and_forgets_no_knock() -> None:
    gate = Gate()
    assert not gate.knock()
    assert gate.enter()
    assert not gate.enter()
    assert not gate.leave(), "somebody came meanwhile: look again"
    assert gate.knock()
    assert not gate.leave()
    assert gate.leave()
    assert gate.enter()
    gate.abandon()
    assert gate.enter()


@pytest.mark.django_db(transaction=True)
def test_two_writers_of_the_same_batches(new_talk: Callable[..., Talk]) -> None:
    """As when a lease ended before its owner's work did."""
    talks = [new_talk() for _ in range(4)]
    for number in range(200):
        talks[number % 4].say(f"{number}", key=f"{number}")
    items = [
        item for shard in range(talks[0].log.shards) for item in talks[0].log.read_batch(READER, shard, 1000)
    ]
    failures: list[BaseException] = []

    def written(batch: Sequence[LogItem]) -> bool:
        try:
            write(batch)
        except OperationalError:  # locked by the other one: persistence comes again, too
            return False
        return True

    def work() -> None:
        try:
            for first in range(0, len(items), 20):
                eventually(partial(written, items[first : first + 20]))
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    for talk in talks:
        assert talk.seqs() == list(range(1, 51))
        assert talk.row().head == 50
    assert not DeadLetter.objects.exists()
