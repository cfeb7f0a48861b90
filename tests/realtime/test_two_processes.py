"""Who has a conversation open, over two web processes of one installation."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.support.client import Session, Socket, agent_session, joined, visitor_session
from tests.support.server import Server, ServerFactory

PASSWORD = "another-horse-staple-77"
HIRE = f"""
from django.contrib.auth.models import User
from agents.models import Agent
from chat.models import Site
for name in ("berta", "carla"):
    user = User.objects.create_user(name, password="{PASSWORD}")
    Agent.objects.create(user=user, display_name=name.title()).sites.set(Site.objects.all())
"""


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """Two processes on the same storage, and two more agents."""
    factory = ServerFactory(tmp_path_factory.mktemp("pair"))
    try:
        first = factory.start("scaled", env={"KEFU_RATE_LIMIT": "off"})
        first.manage("shell", "-c", HIRE)
        yield first, factory.start("scaled", beside=first)
    finally:
        factory.close()


async def follows(socket: Socket, conversation: str) -> None:
    """Subscribe to it."""
    await socket.call("subscribe", {"conversation": conversation, "after_seq": 0})


async def sees(socket: Socket, conversation: str, *names: str) -> None:
    """Wait until exactly these have it open, as this client is told."""

    def fits(frame: dict[str, object]) -> bool:
        payload = frame["payload"]
        assert isinstance(payload, dict)
        found = sorted(agent["name"] for agent in payload.get("agents", ()))
        return frame["type"] == "viewing" and payload["conversation"] == conversation and found == [*names]

    await socket.expect(fits)


def session(server: Server, name: str) -> Session:
    """An agent's session at one of the processes."""
    return agent_session(server, name, PASSWORD)


async def test_viewers_are_seen_from_the_other_process(pair: tuple[Server, Server]) -> None:
    first, second = pair
    talk = (await asyncio.to_thread(visitor_session, first)).conversation
    berta, carla = await asyncio.gather(
        asyncio.to_thread(session, first, "berta"), asyncio.to_thread(session, second, "carla")
    )
    async with joined(carla) as there:
        await follows(there, talk)
        async with joined(berta) as here:
            await follows(here, talk)
            await here.send("viewing", {"conversation": talk, "on": True})
            await sees(there, talk, "Berta")
            await there.send("viewing", {"conversation": talk, "on": True})
            await sees(here, talk, "Berta", "Carla")
            await sees(there, talk, "Berta", "Carla")
            await there.send("viewing", {"conversation": talk, "on": False})
            await sees(here, talk, "Berta")
        await sees(there, talk)  # a connection that ends has nothing open any more


async def test_a_process_that_learns_of_a_conversation_late_asks_the_others(
    pair: tuple[Server, Server],
) -> None:
    first, second = pair
    talk = (await asyncio.to_thread(visitor_session, second)).conversation
    berta, carla = await asyncio.gather(
        asyncio.to_thread(session, first, "berta"), asyncio.to_thread(session, second, "carla")
    )
    async with joined(berta) as here:
        await follows(here, talk)
        await here.send("viewing", {"conversation": talk, "on": True})
        await sees(here, talk, "Berta")
        async with joined(carla) as there:
            await follows(there, talk)
            await there.send("viewing", {"conversation": talk, "on": True})
            await sees(there, talk, "Berta", "Carla")
