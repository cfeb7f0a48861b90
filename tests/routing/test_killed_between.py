"""A server that dies between the reservation of a seat and the posting of the act, the one gap in between."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.talk import audit, log_of
from tests.routing.team import AUTO, Team, at_work, gave, visits
from tests.support.client import joined
from tests.support.server import ServerFactory
from tests.support.waiting import eventually, eventually_async

pytestmark = pytest.mark.fault


@contextmanager
def held(journal: Path) -> Iterator[None]:
    """Nobody else writes the journal: whoever wants to waits up to two seconds and is refused."""
    with contextlib.closing(sqlite3.connect(journal, isolation_level=None, timeout=10)) as file:
        file.execute("BEGIN IMMEDIATE")
        yield
        file.execute("ROLLBACK")


async def test_a_seat_without_its_act_is_given_back_and_taken_anew(server_factory: ServerFactory) -> None:
    server = await asyncio.to_thread(server_factory.start, "embedded", AUTO)
    team = Team(server, {"anna": 1})
    await asyncio.to_thread(team.found)
    first, second = await visits(server, 2)
    with contextlib.closing(
        sqlite3.connect(server.data_dir / "db.sqlite3", isolation_level=None, timeout=10)
    ) as database:

        def seats(confirmed: bool) -> int:
            where = "SELECT count(*) FROM agents_seat WHERE confirmed = ?"
            return int(database.execute(where, [confirmed]).fetchone()[0])

        async with at_work(team, "anna"), joined(first) as one, joined(second) as two:
            await one.say(first.conversation, "hello")
            await one.expect(gave(team.ids["anna"], first.conversation))
            await two.say(second.conversation, "me too")
            await two.expect("conversation", where=lambda frame: bool(frame["payload"]["queue"]))
            eventually(lambda: seats(True) == 1, 10, "what anna has is confirmed")
            with held(server.data_dir / "journal.sqlite3"):
                database.execute("UPDATE agents_agent SET capacity = 2 WHERE display_name = 'anna'")
                eventually(lambda: seats(False) == 1, 30, "the router has reserved a seat")
                server.kill()
        assert (seats(True), seats(False)) == (1, 1)
        waiting = database.execute("SELECT count(*) FROM agents_waiting").fetchone()[0]
        assert waiting == 0, "it is in nobody's queue: only the seat knows of it"
    await asyncio.to_thread(server.restart)
    entries = await asyncio.to_thread(log_of, server, second, second.conversation)
    assert not any(entry["kind"] == "event" and entry["event"]["name"] == "assigned" for entry in entries)
    async with at_work(team, "anna"):

        async def all_served() -> bool:
            now = await asyncio.to_thread(team.counted)
            return bool((now["pending"], now["waiting"], len(now["seats"])) == (0, 0, 2))

        await eventually_async(all_served, 45, "the seat was given back and taken anew")
    now = await asyncio.to_thread(team.counted)
    assert now["used"][team.ids["anna"]] == 2 and now["open"] == 2
    entries = await asyncio.to_thread(log_of, server, second, second.conversation)
    given = [each["event"] for each in entries if each["kind"] == "event"]
    assert [event["name"] for event in given].count("assigned") == 1, given
    audit(server)
