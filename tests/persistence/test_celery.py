"""The whole way of a nudge: group commit, listener, broker, worker thread, database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chat import journal as journals
from chat.journal.base import Append, Draft, Journal
from chat.models import Message
from chat.persistence.reader import READER
from chat.protocol.entry import Entry, Sender, encode_unnumbered, new_id
from kefu_project.embedded import EmbeddedCelery
from tests.persistence.talk import AGENT, Talk
from tests.support.waiting import eventually


@pytest.fixture
def worker() -> Iterator[EmbeddedCelery]:
    """Celery's worker and beat as threads of this process over the memory broker."""
    celery = EmbeddedCelery()
    celery.start()
    yield celery
    assert celery.failure is None
    assert celery.stop(10)


def _post(talk: Talk, text: str) -> None:
    entry = Entry(talk.id, new_id(), 0, text, Sender("visitor", AGENT), "text", text)
    append = Append(talk.id, (Draft(entry.id, text, encode_unnumbered(entry)),))
    journals.group_commit().append_blocking(append)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("log", ["sqlite"], indirect=True)
def test_what_is_acknowledged_is_soon_in_the_database(
    talk: Talk, log: Journal, worker: EmbeddedCelery
) -> None:
    for number in range(50):
        _post(talk, f"{number}")
    eventually(lambda: Message.objects.filter(conversation_id=talk.id).count() == 50, 20)
    eventually(lambda: log.depth(READER).entries == 0)
    assert talk.seqs() == list(range(1, 51))
    eventually(lambda: talk.row().head == 50)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("log", ["sqlite"], indirect=True)
def test_a_worker_finds_what_was_left_before_it_started(talk: Talk, log: Journal) -> None:
    talk.say("left behind", key="a")
    assert log.depth(READER).entries == 1
    celery = EmbeddedCelery()
    celery.start()
    try:
        eventually(lambda: talk.seqs() == [1], 20)
    finally:
        assert celery.stop(10)
