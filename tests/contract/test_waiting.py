"""The two long waits of the contract at once: 10 s for hello (section 3), 25 s for a poll (section 6)."""

import asyncio
from collections.abc import Callable

from tests.contract.clients import open_socket
from tests.contract.conftest import Wire
from tests.contract.world import Kind, World


async def _unanswered_poll(world: World) -> float:
    """Seconds that a GET with nothing to say is held."""
    wire = Wire(world, "poll")
    try:
        session = await wire.visitor()
        hello = {"type": "hello", "payload": {"token": session.token}}
        begun = (await wire.http.post("/api/v1/poll/", json=hello)).json()
        where, cursor = f"/api/v1/poll/{begun['poll']}/", begun["cursor"]
        at = asyncio.get_running_loop().time()
        answer = await wire.http.get(where, params={"cursor": cursor}, headers=session.headers, timeout=40)
        assert answer.json() == {"cursor": cursor, "frames": []}
        return asyncio.get_running_loop().time() - at
    finally:
        await wire.close()


async def _silent_socket(world: World) -> tuple[int, float]:
    """The close code of a socket that says nothing, and the seconds until it came."""
    client = await open_socket(world.server.ws_url, "json")
    at = asyncio.get_running_loop().time()
    return await client.closed(30), asyncio.get_running_loop().time() - at


async def test_hello_is_awaited_for_10_seconds_and_a_poll_is_held_for_25(
    worlds: Callable[[Kind], World],
) -> None:
    kinds: tuple[Kind, ...] = ("embedded", "scaled", "daphne")
    started = [worlds(kind) for kind in kinds]
    sockets = asyncio.gather(*(_silent_socket(world) for world in started))
    polls = asyncio.gather(*(_unanswered_poll(world) for world in started[:2]))
    for code, took in await sockets:
        assert code == 4408 and 8 < took < 20, (code, took)
    assert all(20 < took < 30 for took in await polls)
