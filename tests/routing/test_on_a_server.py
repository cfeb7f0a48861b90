"""Routing in running servers, both modes: sockets in, frames out, crowds, kills."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import Any

import pytest

from tests.routing.team import AUTO, Team, at_work, close, gave, listening, visits
from tests.support.client import Session, joined
from tests.support.server import Mode, ServerFactory
from tests.support.waiting import eventually_async

CROWD = 200


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
