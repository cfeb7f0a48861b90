"""Acts that never come or are refused, and rows that are wrong: nobody loses a place, nothing stays wrong."""

from __future__ import annotations

import pytest

from agents.models import (
    Decision,
    Seat,
    Standing,
    Waiting,
)
from agents.routing import acts, repair, seats, timeouts
from chat import posting
from chat.conversation import SYSTEM
from chat.errors import KefuError
from chat.protocol.commands import Accept, Close, Queue
from chat.protocol.entry import Person, now_ms
from tests.routing.conftest import Floor

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_lost_act_gives_the_seat_and_the_place_back(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = floor.agent("Anna")
    talk = floor.arrives()
    monkeypatch.setattr(acts, "assign", lambda commands: len(commands))  # died before it posted
    floor.route()
    monkeypatch.undo()
    seat = talk.seat()
    assert seat is not None and not seat.confirmed and talk.waiting() is None
    since = Decision.objects.get(agent=anna).waiter["since_ms"]
    assert timeouts.lost(now_ms()) == 0
    assert timeouts.lost(now_ms() + timeouts.LOST_MS) == 1
    row = talk.waiting()
    assert row is not None and row.since_ms == since and row.wants
    assert floor.used(anna) == 0


def test_an_act_the_log_refuses_frees_the_seat(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    anna, bert = floor.agent("Anna"), floor.agent("Bert", here=False)
    talk = floor.arrives()
    assign = acts.assign

    def too_late(commands: list[object]) -> int:
        posting.post_blocking(Accept(talk.id), floor.participant(bert))
        return assign(commands)  # type: ignore[arg-type]

    monkeypatch.setattr(acts, "assign", too_late)
    floor.route()
    assert talk.owner() == str(bert.pk)
    assert (floor.used(anna), floor.used(bert)) == (0, 1)


def test_a_journal_out_of_reach_leaves_the_queue_as_it_was(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = floor.agent("Anna")
    talk = floor.arrives()
    away = KefuError("journal_unavailable", "away", retry_after_s=1)
    monkeypatch.setattr(posting, "post_many", lambda commands, who: [away for _ in commands])
    assert floor.route() == 0
    monkeypatch.undo()
    assert talk.waiting() is not None and floor.used(anna) == 0
    assert floor.route() == 1


def test_an_agent_the_database_does_not_know_breaks_nothing(floor: Floor) -> None:
    talk = floor.arrives()
    stranger = "0190a000-0000-7000-8000-000000000001"
    posting.post_blocking(Queue(talk.id, Person(stranger, "no group"), "new"), SYSTEM)
    floor.persist()
    assert talk.waiting() is not None
    anna = floor.agent("Anna")
    gone = floor.participant(anna)
    anna.delete()
    posting.post_blocking(Accept(talk.id), gone)
    floor.persist()
    assert (talk.waiting(), talk.seat()) == (None, None)


def test_the_audit_repairs_a_wrong_count(floor: Floor) -> None:
    anna = floor.agent("Anna")
    floor.arrives()
    floor.route()
    assert seats.audit() == 0
    Standing.objects.filter(agent=anna).update(used=7)
    assert seats.audit() == 1
    assert floor.used(anna) == 1
    Seat.objects.all().delete()
    assert seats.audit() == 1
    assert floor.used(anna) == 0


def test_what_no_batch_brought_is_put_right(floor: Floor) -> None:
    anna = floor.agent("Anna")
    waiting, held, closed = floor.arrives(), floor.arrives(), floor.arrives()
    floor.act(Accept(held.id), anna)
    floor.act(Accept(closed.id), anna)
    floor.act(Close(closed.id), anna)
    Waiting.objects.all().delete()
    Seat.objects.all().delete()
    Seat.objects.create(conversation=closed.id, agent=anna, site=floor.site, taken_ms=1)
    assert repair.repair(now_ms() + timeouts.SETTLED_MS) > 0
    assert waiting.waiting() is not None
    assert held.seat() is not None and closed.seat() is None
    assert floor.used(anna) == 1
    assert repair.repair(now_ms() + timeouts.SETTLED_MS) == 0


def test_a_deleted_agents_conversations_wait_again(floor: Floor) -> None:
    anna = floor.agent("Anna")
    talk = floor.arrives()
    floor.route()
    anna.delete()
    assert timeouts.orphaned() == 1
    floor.persist()
    assert talk.waiting() is not None
    bert = floor.agent("Bert")
    assert floor.route() == 1
    assert talk.owner() == str(bert.pk)
