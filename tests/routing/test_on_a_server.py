"""Routing in running servers, both modes: sockets in, frames out, crowds, kills."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.client import (
    Session,
    Socket,
    access_token,
    agent_session,
    joined,
    rest,
    visitor_session,
)
from tests.support.server import Mode, Server, ServerFactory
from tests.support.waiting import eventually_async

PASSWORD = "bamboo-lantern-88"
AUTO = {"KEFU_RATE_LIMIT": "off", "KEFU_ROUTING": "auto"}
CROWD = 200

#: Run by `manage.py shell` with the agents' capacities; prints who they are.
_FOUND = """
import json
from django.contrib.auth import get_user_model
from agents.models import Agent, SiteRouting
from chat.models import Site
site = Site.objects.get(public_key="demo")
SiteRouting.objects.create(site=site, answer_timeout_s=%d)
ids = {}
for name, capacity in json.loads('%s').items():
    user = get_user_model().objects.create_user(name, password="%s")
    agent = Agent.objects.create(user=user, display_name=name, capacity=capacity)
    agent.sites.add(site)
    ids[name] = str(agent.pk)
print("FOUND" + json.dumps(ids))
"""
_COUNTED = """
import json
from agents.models import Assignment, Decision, Seat, Standing, Waiting
print("COUNTED" + json.dumps({
    "used": {str(pk): used for pk, used in Standing.objects.values_list("pk", "used")},
    "seats": [str(pk) for pk in Seat.objects.filter(confirmed=True).values_list("agent_id", flat=True)],
    "pending": Seat.objects.filter(confirmed=False).count(),
    "waiting": Waiting.objects.count(),
    "decisions": Decision.objects.exclude(agent=None).count(),
    "open": Assignment.objects.filter(ended_ms=None).count(),
}))
"""


@dataclass
class Team:
    """A server with agents: name → id."""

    server: Server
    capacities: dict[str, int]
    ids: dict[str, str] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict)

    def found(self, answer_timeout_s: int = 600) -> Team:
        """Make them."""
        code = _FOUND % (answer_timeout_s, json.dumps(self.capacities), PASSWORD)
        self.ids = _printed(self.server, code, "FOUND")
        return self

    def session(self, name: str) -> Session:
        """An agent's session."""
        return agent_session(self.server, name, PASSWORD)

    def token(self, name: str) -> str:
        """An agent's JWT."""
        if name not in self._tokens:
            self._tokens[name] = access_token(self.server, name, PASSWORD)
        return self._tokens[name]

    def counted(self) -> dict[str, Any]:
        """What the database says now."""
        return _printed(self.server, _COUNTED, "COUNTED")


def _printed(server: Server, code: str, mark: str) -> dict[str, Any]:
    said = server.manage("shell", "-c", code).stdout
    answer: dict[str, Any] = json.loads(said.split(mark, 1)[1])
    return answer


@asynccontextmanager
async def at_work(team: Team, *names: str) -> AsyncIterator[dict[str, Socket]]:
    """Open sockets of these agents."""
    async with contextlib.AsyncExitStack() as stack:
        sockets = {}
        for name in names:
            session = await asyncio.to_thread(team.session, name)
            sockets[name] = await stack.enter_async_context(joined(session))
        yield sockets


@asynccontextmanager
async def listening(socket: Socket) -> AsyncIterator[None]:
    """Read what comes, as a browser does: who does not is disconnected after two heartbeats."""

    async def read() -> None:
        async for _ in socket.connection:
            pass

    task = asyncio.create_task(read())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def visits(server: Server, count: int) -> list[Session]:
    """Visitors' sessions."""
    gate = asyncio.Semaphore(8)

    async def one() -> Session:
        async with gate:
            return await asyncio.to_thread(visitor_session, server)

    return list(await asyncio.gather(*(one() for _ in range(count))))


def gave(agent: str, conversation: str) -> Any:
    """Whether a frame says that the agent got the conversation."""

    def fits(frame: dict[str, Any]) -> bool:
        payload = frame["payload"]
        return bool(
            frame["type"] == "conversation"
            and payload["id"] == conversation
            and payload["agent"]
            and payload["agent"]["id"] == agent
        )

    return fits


async def test_the_agent_who_is_there_hears_it_and_the_visitor_sees_who(
    server_factory: ServerFactory, mode: Mode
) -> None:
    team = Team(await asyncio.to_thread(server_factory.start, mode, AUTO), {"anna": 1, "bert": 1})
    await asyncio.to_thread(team.found)
    first, second, third = await visits(team.server, 3)
    async with at_work(team, "anna") as sockets, joined(first) as one, joined(second) as two:
        await one.say(first.conversation, "hello")
        await sockets["anna"].expect(gave(team.ids["anna"], first.conversation))
        await one.expect(gave(team.ids["anna"], first.conversation))
        await two.say(second.conversation, "me too")
        place = await two.expect("conversation", where=lambda frame: bool(frame["payload"]["queue"]))
        assert place["payload"]["queue"]["position"] == 1
        async with joined(third) as three:
            await three.say(third.conversation, "and me")
            place = await three.expect("conversation", where=lambda frame: bool(frame["payload"]["queue"]))
            assert place["payload"]["queue"]["position"] == 2
            await asyncio.to_thread(close, team, "anna", first.conversation)
            await two.expect(gave(team.ids["anna"], second.conversation))
            place = await three.expect(
                "conversation",
                where=lambda frame: bool(
                    frame["payload"]["queue"] and frame["payload"]["queue"]["position"] == 1
                ),
            )
            async with at_work(team, "bert"):
                await three.expect(gave(team.ids["bert"], third.conversation))


def close(team: Team, name: str, conversation: str) -> None:
    """An agent closes by REST."""
    with rest(team.server, team.token(name)) as http:
        answer = http.post(f"/api/v1/conversations/{conversation}/close/", json={})
    assert answer.status_code in (200, 201), answer.text


async def test_two_hundred_visitors_at_once_overbook_nobody(
    server_factory: ServerFactory, mode: Mode
) -> None:
    capacities = {"anna": 11, "bert": 7, "carl": 5, "dora": 1}
    team = Team(await asyncio.to_thread(server_factory.start, mode, AUTO), capacities)
    await asyncio.to_thread(team.found)
    seats = sum(capacities.values())
    by_id = {team.ids[name]: capacity for name, capacity in capacities.items()}
    people = await visits(team.server, CROWD)
    owner: dict[str, str] = {}
    highest: Counter[str] = Counter()
    async with at_work(team, *capacities) as sockets, contextlib.AsyncExitStack() as stack:
        for name in ("bert", "carl", "dora"):
            await stack.enter_async_context(listening(sockets[name]))

        async def speak(session: Session) -> None:
            async with joined(session) as socket:
                await socket.say(session.conversation, "hello")

        await asyncio.gather(*(speak(each) for each in people))
        served = 0
        watching = sockets["anna"]
        while served < seats + 20:
            frame = await watching.expect(
                "conversation", where=lambda frame: bool(frame["payload"]["agent"]), timeout=30
            )
            payload = frame["payload"]
            if payload["status"] == "closed":
                owner.pop(payload["id"], None)
                continue
            if payload["id"] in owner:
                continue
            agent = payload["agent"]["id"]
            owner[payload["id"]] = agent
            served += 1
            load = Counter(owner.values())
            highest |= load
            assert all(load[each] <= by_id[each] for each in load), load
            if served >= seats:  # all seats are taken: one closes, one comes
                name = next(name for name, id_ in team.ids.items() if id_ == agent)
                owner.pop(payload["id"])
                await asyncio.to_thread(close, team, name, payload["id"])

        async def settled() -> dict[str, Any] | None:
            now = await asyncio.to_thread(team.counted)
            return now if now["pending"] == 0 and len(now["seats"]) == seats else None

        await stack.enter_async_context(listening(watching))
        now = await eventually_async(settled, 60)
    assert now is not None
    assert Counter(now["seats"]) == by_id, "every seat is taken, none twice"
    assert {id_: now["used"][id_] for id_ in by_id} == by_id
    assert now["open"] == seats and now["waiting"] == CROWD - now["decisions"]


@pytest.mark.fault
async def test_a_killed_server_gives_nobody_up(server_factory: ServerFactory, mode: Mode) -> None:
    team = Team(await asyncio.to_thread(server_factory.start, mode, AUTO), {"anna": 20})
    await asyncio.to_thread(team.found)
    people = await visits(team.server, 20)
    async with contextlib.AsyncExitStack() as stack:
        talking = [await stack.enter_async_context(joined(each)) for each in people]
        async with at_work(team, "anna") as sockets:
            words = [
                asyncio.create_task(socket.say(each.conversation, "hello"))
                for socket, each in zip(talking, people, strict=True)
            ]
            await sockets["anna"].expect("conversation", where=lambda frame: bool(frame["payload"]["agent"]))
            await asyncio.to_thread(team.server.kill)
            said = await asyncio.gather(*words, return_exceptions=True)
    acked = {
        each.conversation
        for each, answer in zip(people, said, strict=True)
        if not isinstance(answer, BaseException)
    }
    assert acked, "nothing was said before the kill"
    await asyncio.to_thread(team.server.restart)
    async with at_work(team, "anna"):

        async def all_served() -> bool:
            now = await asyncio.to_thread(team.counted)
            return bool(now["pending"] == 0 and now["waiting"] == 0 and len(now["seats"]) >= len(acked))

        await eventually_async(all_served, 45)
    now = await asyncio.to_thread(team.counted)
    assert now["used"][team.ids["anna"]] == len(now["seats"]) <= 20


async def test_manual_routing_leaves_it_to_accepting(server_factory: ServerFactory, mode: Mode) -> None:
    env = {**AUTO, "KEFU_ROUTING": "manual"}
    team = Team(await asyncio.to_thread(server_factory.start, mode, env), {"anna": 5})
    await asyncio.to_thread(team.found)
    (visitor,) = await visits(team.server, 1)
    async with at_work(team, "anna"), joined(visitor) as socket:
        await socket.say(visitor.conversation, "hello")
        place = await socket.expect("conversation", where=lambda frame: bool(frame["payload"]["queue"]))
        assert place["payload"]["agent"] is None
        now = await asyncio.to_thread(team.counted)
        assert (now["waiting"], now["seats"]) == (1, [])
