"""Waits of many seconds, which go on beside the other tests of the suite from the start of each server."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import httpx

from tests.contract.clients import open_socket
from tests.contract.world import Kind, World
from tests.support.client import visitor_session

Waited = TypeVar("Waited")


class LongWaits:
    """What a client waits for longest, asked once of each world and answered by whoever wants to know."""

    def __init__(self, world: Callable[[Kind], World]) -> None:
        """`world` starts one if need be, and lets `begin` know."""
        self._world = world
        self._threads = ThreadPoolExecutor(6, "long-waits")
        self._sockets: dict[Kind, Future[tuple[int, float]]] = {}
        self._polls: dict[Kind, Future[float]] = {}

    def begin(self, world: World) -> None:
        """Begin to wait at a world that was just started."""
        self._sockets[world.kind] = self._threads.submit(_run, _silent_socket(world))
        self._polls[world.kind] = self._threads.submit(_run, _unanswered_poll(world))

    def silent_socket(self, kind: Kind) -> tuple[int, float]:
        """The close code of a socket that says nothing, and the seconds until it came."""
        self._world(kind)
        return self._sockets[kind].result(30)

    def unanswered_poll(self, kind: Kind) -> float:
        """Seconds that a GET with nothing to say is held."""
        self._world(kind)
        return self._polls[kind].result(45)

    def close(self) -> None:
        """Wait no longer: the servers go next."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _run(waiting: Coroutine[Any, Any, Waited]) -> Waited:
    return asyncio.run(waiting)


async def _silent_socket(world: World) -> tuple[int, float]:
    client = await open_socket(world.server.ws_url, "json")
    at = asyncio.get_running_loop().time()
    return await client.closed(30), asyncio.get_running_loop().time() - at


async def _unanswered_poll(world: World) -> float:
    session = await asyncio.to_thread(visitor_session, world.server)
    hello = {"type": "hello", "payload": {"token": session.token}}
    async with httpx.AsyncClient(base_url=world.url, timeout=40, trust_env=False, verify=False) as http:
        begun = (await http.post("/api/v1/poll/", json=hello)).json()
        where, cursor = f"/api/v1/poll/{begun['poll']}/", begun["cursor"]
        at = asyncio.get_running_loop().time()
        answer = await http.get(where, params={"cursor": cursor}, headers=session.headers)
        assert answer.json() == {"cursor": cursor, "frames": []}
        return asyncio.get_running_loop().time() - at
