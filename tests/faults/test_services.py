"""Redis and PostgreSQL go away and come back: acks stop or go on as promised, and nothing is lost."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import redis

from tests.faults.services import OwnPostgres, OwnRedis, Service
from tests.faults.talk import audit, check_promises, crowd, talking, until_quiet, write_on
from tests.support.client import Socket, agent_session, joined, visitor_session
from tests.support.server import Server, ServerFactory
from tests.support.services import new_database, new_redis

pytestmark = pytest.mark.fault
UNLIMITED = {"KEFU_RATE_LIMIT": "off"}
HEALED_S = 20  # two seconds on a machine that does nothing else


@contextlib.contextmanager
def running(service: Service) -> Iterator[Service]:
    """Gone at the end."""
    try:
        yield service
    finally:
        service.kill()


async def test_redis_killed_and_started_again(server_factory: ServerFactory) -> None:
    own = OwnRedis()
    with running(own):
        env = {**UNLIMITED, "KEFU_REDIS_URL": own.url, "DATABASE_URL": new_database()}
        server = server_factory.start("scaled", env=env)
        people = await crowd(server)
        async with talking(people):
            await write_on(people, 1.0)
            own.kill()
            await write_on(people, 1.5)
            errors = {code for person in people for code in person.errors}
            assert errors == {"journal_unavailable"}, errors
            await asyncio.to_thread(own.start)
            await write_on(people, 0.5)
            await until_quiet(people)
        assert check_promises(server, people) > 50
        audit(server)
        server_factory.close()


async def test_postgresql_away_for_a_while(server_factory: ServerFactory) -> None:
    own = OwnPostgres()
    with running(own):
        env = {**UNLIMITED, "DATABASE_URL": own.url, "KEFU_REDIS_URL": new_redis()}
        server = server_factory.start("scaled", env=env)
        people = await crowd(server)
        async with talking(people):
            await write_on(people, 0.7)
            await until_quiet(people)
            await asyncio.to_thread(own.kill)
            before = sum(len(person.acked) for person in people)
            await write_on(people, 1.5)
            await until_quiet(people, 20)
            assert sum(len(person.acked) for person in people) > before, "acks go on without the database"
            assert not {code for person in people for code in person.errors}
            await asyncio.to_thread(own.start)
            await write_on(people, 0.3)
            await until_quiet(people)
            fresh = await asyncio.to_thread(visitor_session, server)
            assert fresh.conversation
        assert check_promises(server, people) > 50
        audit(server)
        server_factory.close()


async def test_two_processes_deliver_to_each_other_and_heal_what_the_layer_lost(
    server_factory: ServerFactory,
) -> None:
    first = server_factory.start("scaled", env=UNLIMITED)
    second = server_factory.start(beside=first)
    session, agent = (
        await asyncio.to_thread(visitor_session, first),
        await asyncio.to_thread(agent_session, second),
    )
    async with joined(session) as here, joined(agent) as there:
        await there.call("subscribe", {"conversation": session.conversation, "after_seq": 0})
        for n in range(1, 11):
            await here.say(session.conversation, f"n{n}")
            assert (await there.expect("message"))["payload"]["seq"] == n
        await _types(there, here, session.conversation)
        stop = asyncio.Event()
        breaking = asyncio.create_task(_break_pubsub(first.env["KEFU_REDIS_URL"], stop))
        try:
            for n in range(11, 31):
                await here.say(session.conversation, f"n{n}")
            for n in range(11, 31):
                assert (await there.expect("message", timeout=HEALED_S))["payload"]["seq"] == n
        finally:
            stop.set()
            await breaking
    await _poll_over_both(first, second)
    people = await crowd(first, visitors=3, urls=[first.ws_url, second.ws_url])
    async with talking(people):
        await write_on(people, 0.7)
        await asyncio.to_thread(second.kill)
        await write_on(people, 0.5)
        await until_quiet(people)
    check_promises(first, people)
    audit(first)


async def _types(writer: Socket, reader: Socket, conversation: str) -> None:
    """Typing reaches the other process. The layer may lose a signal, so it is said again, as people do."""
    for _ in range(10):
        await writer.send("typing", {"conversation": conversation, "on": True})
        with contextlib.suppress(AssertionError):
            sender = (await reader.expect("typing", timeout=2))["payload"]["sender"]
            break
    else:
        raise AssertionError("nobody hears the typing")
    assert sender["kind"] == "agent"


async def _poll_over_both(first: Server, second: Server) -> None:
    """Any process serves a poll: begun and posted to on one, held on the other."""
    session = await asyncio.to_thread(visitor_session, first)
    agent = await asyncio.to_thread(agent_session, first)
    options: dict[str, Any] = {"headers": session.headers, "timeout": 40, "trust_env": False, "verify": False}
    async with (
        httpx.AsyncClient(base_url=first.base_url, **options) as here,
        httpx.AsyncClient(base_url=second.base_url, **options) as there,
        joined(agent) as answerer,
    ):
        await answerer.call("subscribe", {"conversation": session.conversation, "after_seq": 0})
        hello = {"type": "hello", "payload": {"token": session.token}}
        begun = (await here.post("/api/v1/poll/", json=hello)).json()
        where, cursor = f"/api/v1/poll/{begun['poll']}/", begun["cursor"]
        held = asyncio.create_task(there.get(where, params={"cursor": cursor}))
        text = {"conversation": session.conversation, "client_msg_id": "mine", "kind": "text", "text": "x"}
        sent = await here.post(where, json={"frames": [{"type": "message.send", "payload": text}]})
        assert sent.json()["frames"][0]["type"] == "message.ack"
        await answerer.expect("message")
        await answerer.say(session.conversation, "theirs", "theirs")
        seen: list[str] = []
        while "theirs" not in seen:
            body = (await asyncio.wait_for(held, 30)).json()
            seen += [f["payload"]["client_msg_id"] for f in body["frames"] if f["type"] == "message"]
            held = asyncio.create_task(there.get(where, params={"cursor": body["cursor"]}))
        assert seen == ["theirs"], "what was sent over the poll is not given back in another process"
        newer = asyncio.create_task(here.get(where, params={"cursor": body["cursor"]}))
        assert (await asyncio.wait_for(held, HEALED_S)).status_code == 200, (
            "a newer GET ends an older elsewhere"
        )
        newer.cancel()


async def _break_pubsub(url: str, stop: asyncio.Event) -> None:
    """Cut every subscription as soon as it stands: the layer loses nearly everything."""
    client = redis.Redis.from_url(url)
    while not stop.is_set():
        await asyncio.to_thread(client.execute_command, "CLIENT", "KILL", "TYPE", "pubsub")
        await asyncio.sleep(0.02)
