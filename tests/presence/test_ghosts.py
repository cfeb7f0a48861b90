"""No ghosts: a killed browser, a cut network, a killed server and a database that was away, on running
servers with a short heartbeat.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.faults.services import OwnPostgres
from tests.support.client import Session, Socket, access_token, agent_session, joined, rest, socket
from tests.support.server import Mode, Server, ServerFactory
from tests.support.services import new_redis
from tests.support.waiting import eventually_async

pytestmark = pytest.mark.fault
HEARTBEAT_S = 4
SOON_S = 2.0  # what is told at once
WORKER_S = 30.0  # until a Celery worker that was just started sweeps
TWO_HEARTBEATS_S = 2 * HEARTBEAT_S
ENV = {"KEFU_RATE_LIMIT": "off", "KEFU_HEARTBEAT_S": str(HEARTBEAT_S)}
PASSWORD = "another-horse-staple-77"
HIRE = f"""
from django.contrib.auth.models import User
from agents.models import Agent
from chat.models import Site
user = User.objects.create_user("berta", password="{PASSWORD}")
Agent.objects.create(user=user, display_name="Berta").sites.set(Site.objects.all())
"""


@pytest.fixture
def busy_server(server_factory: ServerFactory, mode: Mode) -> Server:
    """A server with a short heartbeat and a second agent, Berta."""
    return opened(server_factory, mode)


def opened(factory: ServerFactory, mode: Mode, **env: str) -> Server:
    """The same, with more environment."""
    server = factory.start(mode, env={**ENV, **env})
    server.manage("shell", "-c", HIRE)
    return server


def berta(server: Server) -> Session:
    """Berta's session at a server."""
    return agent_session(server, "berta", PASSWORD)


async def told(watcher: Socket, status: str, within: float) -> dict[str, Any]:
    """The next presence frame about Berta, which says this status."""
    frame = await watcher.expect(
        "presence", within, where=lambda each: each["payload"]["agent"]["name"] == "Berta"
    )
    assert frame["payload"]["status"] == status, frame
    return dict(frame["payload"])


class Watch:
    """Asks the REST API how Berta stands."""

    def __init__(self, server: Server) -> None:
        self._http = rest(server, access_token(server))

    async def status(self) -> str:
        """What colleagues see now."""
        answer = await asyncio.to_thread(self._http.get, "/api/v1/agents/", params={"q": "Berta"})
        assert answer.status_code == 200, answer.text
        (row,) = answer.json()["data"]
        return str(row["status"])

    async def until(self, status: str, within: float) -> float:
        """Seconds until it is so."""
        begun = time.monotonic()

        async def reached() -> bool:
            return await self.status() == status

        await eventually_async(reached, within, f"Berta is {status}")
        return time.monotonic() - begun


class Line:
    """A network between one client and the server, which can be cut: nothing passes, nothing closes."""

    def __init__(self, server: Server) -> None:
        self._port = server.port
        self._passing = asyncio.Event()
        self._passing.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.url = ""

    def cut(self) -> None:
        """From now on."""
        self._passing.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        for task in (self._pass(reader, back), self._pass(there, writer)):
            self._tasks.add(asyncio.ensure_future(task))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                await self._passing.wait()
                writer.write(data)
                await writer.drain()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Line]:
        """Listens on a port of its own while the block runs."""
        listening = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"ws://127.0.0.1:{listening.sockets[0].getsockname()[1]}/ws/v1/"
        try:
            yield self
        finally:
            listening.close()
            for task in self._tasks:
                task.cancel()


async def test_a_killed_browser_and_a_cut_network_show(busy_server: Server) -> None:
    server = busy_server
    watch = Watch(server)
    async with joined(agent_session(server)) as watcher, Line(server).open() as line:
        assert await watch.status() == "offline"
        session = berta(server)
        async with socket(server) as first:
            await first.hello(session)
            payload = await told(watcher, "online", SOON_S)
            assert (payload["load"], payload["until"]) == (0, None)
            assert await watch.status() == "online"
            first.connection.transport.abort()  # what is left of a browser that was killed
            await told(watcher, "offline", SOON_S)
            assert await watch.status() == "offline"
        async with connect(line.url, compression=None, proxy=None, ping_interval=None) as connection:
            await Socket(connection).hello(session)
            await told(watcher, "online", SOON_S)
            line.cut()
            begun = time.monotonic()
            await told(watcher, "offline", TWO_HEARTBEATS_S + SOON_S)
            assert time.monotonic() - begun > HEARTBEAT_S
            connection.transport.abort()


async def test_an_agent_with_two_connections_stays_while_one_lives(busy_server: Server) -> None:
    watch = Watch(busy_server)
    session = berta(busy_server)
    async with joined(session):
        async with joined(session):
            await watch.until("online", SOON_S)
        for _ in range(3):
            assert await watch.status() == "online"
            await asyncio.sleep(HEARTBEAT_S / 2)
        assert await watch.status() == "online", "renewed for longer than a lease lasts"
    await watch.until("offline", SOON_S)


async def test_a_killed_server_leaves_no_ghosts(server_factory: ServerFactory) -> None:
    first = opened(server_factory, "scaled")
    second = server_factory.start(beside=first)
    watch = Watch(first)
    async with joined(agent_session(first)) as watcher:
        with contextlib.suppress(ConnectionClosed):
            async with joined(berta(second)):
                await told(watcher, "online", SOON_S)
                second.kill()
                begun = time.monotonic()
                await told(watcher, "offline", TWO_HEARTBEATS_S)
                assert time.monotonic() - begun <= TWO_HEARTBEATS_S
                assert await watch.status() == "offline"


async def test_after_a_kill_and_a_restart_who_does_not_come_back_is_gone(
    server_factory: ServerFactory,
) -> None:
    server = opened(server_factory, "embedded")
    watch = Watch(server)
    with contextlib.suppress(ConnectionClosed):
        async with joined(berta(server)):
            await watch.until("online", SOON_S)
            server.kill()
    await asyncio.to_thread(server.restart)
    assert await watch.until("offline", TWO_HEARTBEATS_S) < TWO_HEARTBEATS_S


async def test_a_status_survives_a_restart_and_ends_by_itself(busy_server: Server) -> None:
    server = busy_server
    watch = Watch(server)
    until = round(time.time() * 1000) + 600_000
    with rest(server, access_token(server, "berta", PASSWORD)) as http:
        body = {"availability": "away", "reason": "dentist", "until": until}
        assert http.put("/api/v1/agents/me/status/", json=body).status_code == 200
    await asyncio.to_thread(server.stop)
    await asyncio.to_thread(server.restart)
    async with joined(berta(server)):
        await watch.until("away", WORKER_S)
        with rest(server, access_token(server, "berta", PASSWORD)) as http:
            kept = http.get("/api/v1/agents/me/status/").json()
            assert (kept["reason"], kept["until"]) == ("dentist", until)
            ends = round(time.time() * 1000) + 1500
            body = {"availability": "busy", "until": ends}
            assert http.put("/api/v1/agents/me/status/", json=body).json()["status"] == "busy"
        await watch.until("online", 1.5 + WORKER_S)


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """A PostgreSQL of this test's own."""
    own = OwnPostgres()
    try:
        yield own
    finally:
        own.kill()


async def test_a_database_that_was_away_makes_nobody_look_gone(server_factory: ServerFactory) -> None:
    with own_postgres() as own:
        server = opened(server_factory, "scaled", DATABASE_URL=own.url, KEFU_REDIS_URL=new_redis())
        watch = Watch(server)
        async with joined(agent_session(server)) as watcher, joined(berta(server)):
            await told(watcher, "online", SOON_S)
            await asyncio.to_thread(own.kill)
            await asyncio.sleep(TWO_HEARTBEATS_S + 1)  # longer than any lease
            await asyncio.to_thread(own.start)
            seen: list[str] = []

            async def asked() -> bool:
                with contextlib.suppress(AssertionError, OSError):
                    seen.append(await watch.status())
                return len(seen) >= 40

            await eventually_async(asked, 60, "forty answers")
            assert set(seen) == {"online"}, seen
            frames = [frame["payload"] for frame in watcher.frames if frame["type"] == "presence"]
            assert [each for each in frames if each["status"] == "offline"] == []
        server_factory.close()
