"""What becomes of a conversation that somebody has: kept, lost, passed on, put aside, reopened."""

from __future__ import annotations

import pytest

from agents.models import (
    Assignment,
    Waiting,
)
from agents.routing import drain, timeouts
from chat import posting
from chat.protocol.commands import Accept, Close, Rate, Refuse, Reopen, Snooze, Transfer
from chat.protocol.entry import Person, now_ms
from tests.routing.conftest import Floor

pytestmark = pytest.mark.django_db(transaction=True)


def test_accepting_by_hand_takes_a_seat_even_beyond_capacity(floor: Floor) -> None:
    anna = floor.agent("Anna")
    first, second = floor.arrives(), floor.arrives()
    floor.route()
    floor.act(Accept(second.id), anna)
    assert floor.used(anna) == 2
    assert second.waiting() is None
    assert second.history() == [(str(anna.pk), "accepted", "")]
    assert first.owner() == str(anna.pk)


def test_manual_routing_keeps_the_rows_and_assigns_nothing(
    floor: Floor, settings: pytest.FixtureRequest
) -> None:
    settings.KEFU_ROUTING = "manual"  # type: ignore[attr-defined]
    anna = floor.agent("Anna")
    talk = floor.arrives()
    assert floor.route() == 0
    row = talk.waiting()
    assert row is not None and row.wants
    floor.act(Accept(talk.id), anna)
    assert (talk.waiting(), floor.used(anna)) == (None, 1)


def test_no_answer_passes_it_to_the_next(floor: Floor) -> None:
    anna = floor.agent("Anna")
    talk = floor.arrives()
    floor.route()
    bert = floor.agent("Bert")
    assert timeouts.overdue(now_ms() + 119_000) == 0
    assert timeouts.overdue(now_ms() + 121_000) == 1
    floor.persist()
    row = talk.waiting()
    assert row is not None and row.refused == [str(anna.pk)]
    assert floor.used(anna) == 0
    assert floor.route() == 1
    assert talk.owner() == str(bert.pk)
    assert talk.history() == [(str(anna.pk), "routed", "no_answer"), (str(bert.pk), "routed", "")]


def test_a_reaction_stops_the_clock_and_silence_starts_it_again(floor: Floor) -> None:
    anna = floor.agent("Anna")
    talk = floor.arrives()
    floor.route()
    floor.says(anna, talk)
    seat = talk.seat()
    assert seat is not None and seat.due_ms is None
    first_reply = Assignment.objects.get(conversation=talk.id).first_reply_ms
    assert first_reply is not None
    floor.says(anna, talk, "still there?")
    assert Assignment.objects.get(conversation=talk.id).first_reply_ms == first_reply
    talk.say("yes")
    floor.persist()
    due = talk.seat().due_ms  # type: ignore[union-attr]
    assert due is not None
    talk.say("hello?")
    floor.persist()
    assert talk.seat().due_ms == due  # type: ignore[union-attr]
    assert timeouts.overdue(due - 1) == 0
    assert timeouts.overdue(due) == 1
    floor.persist()
    assert talk.history() == [(str(anna.pk), "routed", "silent")]


def test_an_agent_who_went_loses_theirs_to_the_head_of_the_queue(floor: Floor) -> None:
    anna = floor.agent("Anna")
    first = floor.arrives()
    floor.route()
    second = floor.arrives(priority=10)
    floor.route()
    floor.leaves(anna, ago_ms=29_000)
    assert timeouts.gone(now_ms()) == 0, "a reload is no leaving"
    floor.leaves(anna, ago_ms=31_000)
    assert timeouts.gone(now_ms()) == 1
    floor.persist()
    floor.route()
    bert = floor.agent("Bert")
    assert floor.route() == 1
    assert (first.owner(), second.owner()) == (str(bert.pk), None)


def test_a_refusal_goes_to_the_next_agent(floor: Floor) -> None:
    anna, bert = floor.agent("Anna"), floor.agent("Bert")
    talk = floor.arrives()
    floor.route()
    first = {str(anna.pk): anna, str(bert.pk): bert}[talk.owner() or ""]
    floor.act(Refuse(talk.id), first)
    assert floor.used(first) == 0
    floor.route()
    assert talk.owner() == str((bert if first is anna else anna).pk)


def test_who_refused_is_asked_again_when_there_is_nobody_else(floor: Floor) -> None:
    anna = floor.agent("Anna")
    talk = floor.arrives()
    floor.route()
    floor.act(Refuse(talk.id), anna)
    assert floor.route() == 0
    Waiting.objects.update(entered_ms=now_ms() - drain.REFUSED_ANEW_MS - 1)
    assert floor.route() == 1
    assert talk.owner() == str(anna.pk)


def test_what_a_colleague_did_not_take_comes_back(floor: Floor) -> None:
    anna, bert = floor.agent("Anna"), floor.agent("Bert", here=False)
    talk = floor.arrives()
    floor.route()
    floor.act(Accept(talk.id), anna)
    floor.act(Transfer(talk.id, agent=Person(str(bert.pk), "Bert")), anna)
    assert (floor.used(anna), floor.used(bert)) == (0, 1)
    assert timeouts.overdue(now_ms() + 121_000) == 1
    floor.persist()
    assert talk.owner() == str(anna.pk)
    assert [how for _, how, _ in talk.history()] == ["routed", "transferred", "returned"]
    assert (floor.used(anna), floor.used(bert)) == (1, 0)


def test_a_snooze_frees_the_seat_and_its_end_takes_it_again(floor: Floor) -> None:
    anna = floor.agent("Anna")
    talk = floor.arrives()
    floor.route()
    floor.says(anna, talk)
    floor.act(Snooze(talk.id, now_ms() + 60_000), anna)
    assert (floor.used(anna), talk.owner()) == (0, str(anna.pk))
    other = floor.arrives()
    assert floor.route() == 1
    assert timeouts.wake(now_ms()) == 0
    assert timeouts.wake(now_ms() + 61_000) == 1
    floor.persist()
    assert floor.used(anna) == 2
    assert other.owner() == str(anna.pk)


def test_a_rating_belongs_to_who_had_it_last(floor: Floor) -> None:
    anna = floor.agent("Anna")
    talk = floor.arrives()
    floor.route()
    floor.act(Close(talk.id), anna)
    posting.post_blocking(Rate(talk.id, 4), talk.who)
    floor.persist()
    row = Assignment.objects.get(conversation=talk.id)
    assert (row.rating, row.ended_by) == (4, "closed")


def test_reopened_it_waits_again(floor: Floor) -> None:
    anna = floor.agent("Anna")
    talk = floor.arrives()
    floor.route()
    floor.act(Close(talk.id), anna)
    floor.act(Reopen(talk.id), anna)
    assert talk.waiting() is not None
    assert floor.route() == 1
    assert talk.history() == [(str(anna.pk), "routed", "closed"), (str(anna.pk), "routed", "")]
