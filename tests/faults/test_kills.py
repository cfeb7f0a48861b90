"""SIGKILL and SIGTERM under load: no acked message lost, doubled or renumbered; no gap; one order."""

import asyncio
import random

import httpx
import pytest

from tests.faults.talk import audit, check_promises, crowd, talking, until_quiet, write_on
from tests.support.client import rest, visitor_session
from tests.support.server import Mode, ServerFactory
from tests.support.waiting import eventually_async

pytestmark = pytest.mark.fault
UNLIMITED = {"KEFU_RATE_LIMIT": "off"}


async def test_sigkill_of_everything_under_load_loses_nothing(
    server_factory: ServerFactory, mode: Mode
) -> None:
    server = server_factory.start(mode, env=UNLIMITED)
    people = await crowd(server)
    async with talking(people):
        for _ in range(3):
            before = sum(len(person.acked) for person in people)
            await write_on(people, random.uniform(0.8, 1.6))
            assert sum(len(person.acked) for person in people) > before, "nothing was acked before the kill"
            await asyncio.to_thread(server.kill)
            await write_on(people, 0.2)
            await asyncio.to_thread(server.restart)
        await until_quiet(people)
    assert check_promises(server, people) > 100
    audit(server)


async def test_sigterm_under_load_says_1012_and_loses_nothing(
    server_factory: ServerFactory, mode: Mode
) -> None:
    server = server_factory.start(mode, env=UNLIMITED)
    people = await crowd(server)
    async with talking(people):
        await write_on(people, 1.0)
        took = await asyncio.to_thread(server.stop)
        assert took < 5
        await asyncio.to_thread(server.restart)
        await write_on(people, 0.3)
        await until_quiet(people)
    assert all(1012 in person.closes for person in people), [person.closes for person in people]
    assert check_promises(server, people) > 50
    audit(server)


async def test_a_killed_worker_costs_no_ack_and_no_row(server_factory: ServerFactory) -> None:
    server = server_factory.start("scaled", env=UNLIMITED)
    people = await crowd(server)
    async with talking(people):
        await write_on(people, 0.7)
        await asyncio.to_thread(server.kill_worker)
        before = sum(len(person.acked) for person in people)
        await write_on(people, 0.7)
        await until_quiet(people)
        assert sum(len(person.acked) for person in people) > before
        await asyncio.to_thread(server.start_worker)
        await write_on(people, 0.3)
        await until_quiet(people)
    check_promises(server, people)
    audit(server)


async def test_the_time_zone_of_a_process_changes_nothing(server_factory: ServerFactory) -> None:
    server = server_factory.start("embedded", env={**UNLIMITED, "TZ": "Pacific/Kiritimati"})
    people = await crowd(server, visitors=1)
    async with talking(people):
        await write_on(people, 0.3)
        await asyncio.to_thread(server.stop)
        server.env["TZ"] = "America/Adak"
        await asyncio.to_thread(server.restart)
        await write_on(people, 0.3)
        await until_quiet(people)
    assert check_promises(server, people) > 5
    times = [entry["created_at"] for entry in people[-1].seen[people[0].conversations[0]].values()]
    assert times and max(times) - min(times) < 60_000, "a zone is 24 hours away, the messages are not"
    audit(server)


async def test_a_held_poll_is_told_to_come_back(server_factory: ServerFactory) -> None:
    server = server_factory.start("embedded", env=UNLIMITED)
    session = await asyncio.to_thread(visitor_session, server)
    async with httpx.AsyncClient(base_url=server.base_url, timeout=30, trust_env=False, verify=False) as http:
        hello = {"type": "hello", "payload": {"token": session.token}}
        begun = (await http.post("/api/v1/poll/", json=hello)).json()
        where = f"/api/v1/poll/{begun['poll']}/"
        held = asyncio.create_task(
            http.get(where, params={"cursor": begun["cursor"]}, headers=session.headers)
        )
        with rest(server) as probe:

            async def counted() -> bool:
                metrics = (await asyncio.to_thread(probe.get, "/metrics")).text
                return 'kefu_connections{role="visitor",transport="poll"} 1.0' in metrics

            await eventually_async(counted, 10, "the poll is held")
        assert await asyncio.to_thread(server.stop) < 5
        answer = await asyncio.wait_for(held, 10)
    assert (answer.status_code, answer.json()["code"]) == (503, "restarting")
    assert int(answer.headers["retry-after"]) >= 1
