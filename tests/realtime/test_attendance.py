"""Which agents are connected is told at every change, again and again, and whatever the database does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from django.db import OperationalError

from chat import ports
from chat.conversation import Participant
from chat.protocol.entry import new_id
from chat.protocol.json_form import JsonForm
from chat.realtime import lifecycle
from chat.realtime.attendance import attendance
from chat.realtime.outlet import ListOutlet
from chat.realtime.registry import registry
from chat.realtime.session import ClientSession


class Book:
    """A port that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, str]]] = []
        self.away = False

    def hold(self, process: str, connections: Mapping[str, str]) -> None:
        """See `Attendance`."""
        if self.away:
            raise OperationalError("away")
        self.told.append((process, dict(connections)))


async def _until(done: Any) -> None:
    async with asyncio.timeout(5):
        while not done():
            await asyncio.sleep(0.01)


@pytest.fixture
async def book(monkeypatch: pytest.MonkeyPatch, settings: Any) -> AsyncIterator[Book]:
    settings.KEFU_HEARTBEAT_S = 0.9
    made = Book()
    monkeypatch.setattr(ports, "_attendance", made)
    await lifecycle.startup()
    try:
        yield made
    finally:
        await lifecycle.shutdown()


def _session(kind: Any = "agent") -> ClientSession:
    who = Participant(kind, new_id(), "Anna", frozenset({new_id()}))
    return ClientSession(ListOutlet(), JsonForm(), who, limited=False)


async def test_sockets_come_and_go(book: Book) -> None:
    await _until(lambda: book.told)
    assert book.told[0][1] == {}, "whatever this name held before ends at the start"
    anna, visitor = _session(), _session("visitor")
    registry.add(anna, "websocket")
    registry.add(visitor, "websocket")
    await _until(lambda: book.told[-1][1] == {anna.key: anna.participant.id})
    registry.remove(anna, "websocket")
    registry.remove(visitor, "websocket")
    await _until(lambda: book.told[-1][1] == {})
    assert len({process for process, _ in book.told}) == 1


async def test_changes_that_come_together_are_told_once(book: Book) -> None:
    await _until(lambda: book.told)
    before = len(book.told)
    sessions = [_session() for _ in range(20)]
    for session in sessions:
        registry.add(session, "websocket")
    await _until(lambda: len(book.told[-1][1]) == 20)
    assert len(book.told) <= before + 2, "one telling, and perhaps the turn of the heartbeat"
    for session in sessions:
        registry.remove(session, "websocket")
    await _until(lambda: book.told[-1][1] == {})


async def test_leases_are_renewed_and_a_database_that_was_away_hears_it_all(book: Book) -> None:
    anna = _session()
    registry.add(anna, "websocket")
    await _until(lambda: book.told and book.told[-1][1])
    book.away = True
    ben = _session()
    registry.add(ben, "websocket")
    await asyncio.sleep(0.4)
    book.away = False
    count = len(book.told)
    await _until(lambda: len(book.told) > count + 1)
    assert book.told[-1][1] == {each.key: each.participant.id for each in (anna, ben)}
    for each in (anna, ben):
        registry.remove(each, "websocket")


async def test_a_poll_between_two_answers_is_still_here(book: Book) -> None:
    anna = _session()
    anna.origin = "poll-1"
    registry.add(anna, "poll")
    await _until(lambda: book.told and book.told[-1][1])
    ((key, agent),) = book.told[-1][1].items()
    assert agent == anna.participant.id
    registry.remove(anna, "poll")
    again = ClientSession(ListOutlet(), JsonForm(), anna.participant, limited=False)
    again.origin = "poll-1"
    await asyncio.sleep(0.1)
    registry.add(again, "poll")
    await asyncio.sleep(0.1)
    assert all(held == {key: agent} for _, held in book.told[-2:])
    registry.remove(again, "poll")
    await _until(lambda: book.told[-1][1] == {})


async def test_a_process_that_ends_holds_nobody(book: Book) -> None:
    anna = _session()
    registry.add(anna, "websocket")
    await _until(lambda: book.told and book.told[-1][1])
    await lifecycle.drain()
    assert book.told[-1][1] == {}
    late = _session()
    registry.add(late, "websocket")
    await asyncio.sleep(0.5)
    assert book.told[-1][1] == {}
    for each in (anna, late):
        registry.remove(each, "websocket")
    assert attendance.process


async def test_nobody_needs_to_ask(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_attendance", None)
    anna = _session()
    registry.add(anna, "websocket")
    await asyncio.sleep(0.1)
    registry.remove(anna, "websocket")
    await lifecycle.drain()
