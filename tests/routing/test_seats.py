"""Seats under a crowd: real threads with connections of their own, on whichever database is in use."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import connection, transaction

from agents.models import Agent, Seat, Standing, Waiting
from agents.routing import policies, queue, seats
from agents.routing.crew import Crew
from agents.routing.drain import Drain
from chat.models import new_uuid
from chat.protocol.entry import now_ms
from tests.routing.conftest import Floor

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 200
THREADS = 16  # connections the pool has to give are fewer than the crowd


def _at_once(calls: int, call: object) -> list[object]:
    """Call it that often from threads that begin together; what each returned."""
    gate = threading.Barrier(THREADS)

    def run(number: int) -> object:
        if number < THREADS:
            gate.wait(10)
        try:
            return call(number)  # type: ignore[operator]
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(calls)))


def _reservation(floor: Floor, agent: Agent, channel_limit: int | None = None) -> seats.Reservation:
    return seats.Reservation(
        str(new_uuid()), str(agent.pk), str(floor.site.pk), None, "web", str(new_uuid()), agent.capacity,
        channel_limit,
    )  # fmt: skip


def test_two_hundred_at_once_never_overbook(floor: Floor) -> None:
    crew = [floor.agent(f"A{number}", capacity=3) for number in range(4)]
    highest: Counter[str] = Counter()

    def take(number: int) -> bool:
        wanted = [_reservation(floor, crew[(number + turn) % len(crew)]) for turn in range(2)]
        with transaction.atomic():
            got, taken = seats.reserve(wanted, now_ms())
        for agent, used in taken.items():
            highest[agent] = max(highest[agent], used)
        return bool(got)

    assert len(_at_once(CROWD, take)) == CROWD
    assert Seat.objects.count() == 12
    assert all(floor.used(agent) == 3 for agent in crew)
    assert max(highest.values()) == 3


def test_taking_and_freeing_at_once_leaves_a_true_count(floor: Floor) -> None:
    crew = [floor.agent(f"A{number}", capacity=2) for number in range(3)]

    def take_and_free(number: int) -> None:
        wanted = _reservation(floor, crew[number % 3])
        with transaction.atomic():
            got, _ = seats.reserve([wanted], now_ms())
        if got and number % 2:
            assert seats.release([(wanted.conversation, wanted.decision)])

    _at_once(CROWD, take_and_free)
    for agent in crew:
        assert floor.used(agent) <= 2
    assert seats.audit() == 0


def test_a_channel_has_its_own_limit(floor: Floor) -> None:
    anna = floor.agent("Anna", capacity=5, channel_capacity={"web": 2})

    def take(number: int) -> bool:
        with transaction.atomic():
            got, _ = seats.reserve([_reservation(floor, anna, 2)], now_ms())
        return bool(got)

    assert sum(bool(each) for each in _at_once(20, take)) == 2
    assert floor.used(anna) == 2


def test_a_reservation_is_released_once_and_only_by_its_decision(floor: Floor) -> None:
    anna = floor.agent("Anna", capacity=2)
    wanted = _reservation(floor, anna)
    with transaction.atomic():
        seats.reserve([wanted], now_ms())
    assert seats.release([(wanted.conversation, str(new_uuid()))]) == []
    assert seats.release([(wanted.conversation, wanted.decision)]) == [(wanted.conversation, wanted.decision)]
    assert seats.release([(wanted.conversation, wanted.decision)]) == []
    with transaction.atomic():
        seats.reserve([wanted], now_ms())
    Seat.objects.update(confirmed=True)
    assert seats.release([(wanted.conversation, wanted.decision)]) == [], "it is theirs by now"
    assert floor.used(anna) == 1


def test_two_routers_at_once_give_everybody_to_one_agent(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    crew = [floor.agent(f"A{number}", capacity=5) for number in range(6)]
    talks = [floor.arrives() for _ in range(40)]
    policies.forget()
    given: list[str] = []

    def post(commands: list[object]) -> int:
        given.extend(command.conversation for command in commands)  # type: ignore[attr-defined]
        return len(commands)

    monkeypatch.setattr("agents.routing.acts.assign", post)
    done = _at_once(THREADS, lambda number: Drain(Crew(), True).run().assigned)
    assert sum(done) == 30  # type: ignore[arg-type]
    assert len(given) == len(set(given)) == 30
    assert all(floor.used(agent) == 5 for agent in crew)
    assert {str(pk) for pk in Waiting.objects.values_list("pk", flat=True)} == {
        talk.id for talk in talks
    } - set(given)


def test_the_longest_waiters_are_taken_first_whatever_they_want(floor: Floor) -> None:
    rows = []
    for number in range(300):
        wants = f"{number % 7:040x}"
        rows.append(
            Waiting(
                conversation=new_uuid(), site=floor.site, visitor=new_uuid(), wants=wants,
                since_ms=number, entered_ms=number, rank_ms=number,
            )
        )  # fmt: skip
    Waiting.objects.bulk_create(rows)
    heads = queue.distinct_wants()
    assert heads == [(number, f"{number:040x}") for number in range(7)]
    with transaction.atomic():
        taken = queue.take_next([wants for _, wants in heads], {str(rows[1].conversation)}, 10)
    assert [row.rank_ms for row in taken] == [0, *range(2, 11)]


def test_positions_are_the_order_of_service(floor: Floor) -> None:
    group = floor.group("Sales")
    talks = [floor.arrives() for _ in range(12)]
    floor.route()
    ids = [talk.id for talk in talks]
    few, many = queue.positions(ids[:3]), queue.positions(ids)
    assert [few[each][1] for each in ids[:3]] == [1, 2, 3]
    assert [many[each][1] for each in ids] == list(range(1, 13))
    Waiting.objects.filter(pk=ids[0]).update(group=group)
    assert queue.positions(ids[:2]) == {
        ids[0]: (("", str(group.pk)), 1),
        ids[1]: ((str(floor.site.pk), None), 1),
    }
    Waiting.objects.filter(pk=UUID(ids[1])).update(left=True)
    assert ids[1] not in queue.positions(ids)


def test_a_standing_is_made_on_first_need(floor: Floor) -> None:
    anna = floor.agent("Anna", here=False)
    assert not Standing.objects.filter(agent=anna).exists()
    with transaction.atomic():
        assert seats.lock([str(anna.pk), str(new_uuid()), "no id"]) == {str(anna.pk): 0}
