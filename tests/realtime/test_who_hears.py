"""Agents hear only of what they may read, and what leaves their groups falls silent on them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from chat import posting
from chat.conversation import SYSTEM, Participant
from chat.delivery.hub import hub, site_topic
from chat.errors import KefuError
from chat.protocol.commands import Queue, Transfer, Whisper
from chat.protocol.entry import Person, new_id
from chat.protocol.json_form import JsonForm
from chat.realtime.dispatch import dispatch
from chat.realtime.outlet import ListOutlet
from chat.realtime.session import ClientSession
from tests.realtime.conftest import Room

SALES, SUPPORT = Person(new_id(), "Sales"), Person(new_id(), "Support")


class Ears:
    """An agent's session and what it was sent."""

    def __init__(self, room: Room, name: str, *groups: Person, role: Any = "agent") -> None:
        ids = None if role != "agent" else frozenset(group.id for group in groups)
        self.who = Participant("agent", new_id(), name, frozenset((room.site,)), role, ids)
        self.outlet = ListOutlet()
        self.session = ClientSession(self.outlet, JsonForm(), self.who, limited=False)
        self.session.follow_sites((room.site,))

    def heard(self, kind: str) -> list[dict[str, Any]]:
        """Payloads of the frames of a type so far."""
        frames = [json.loads(frame) for frame in self.outlet.frames]
        return [frame["payload"] for frame in frames if frame["type"] == kind]

    async def hears(self, kind: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait for so many."""
        async with asyncio.timeout(5):
            while len(self.heard(kind)) < count:
                await asyncio.sleep(0.01)
        return self.heard(kind)


async def test_only_its_groups_hear_of_a_conversation(room: Room) -> None:
    seller, helper = Ears(room, "Sam", SALES), Ears(room, "Hal", SUPPORT)
    boss = Ears(room, "Boss", role="supervisor")
    await posting.post(Queue(room.conversation, SALES, "new"), SYSTEM)
    (told,) = await seller.hears("conversation")
    assert (told["status"], told["group"]) == ("queued", {"id": SALES.id, "name": "Sales"})
    await boss.hears("conversation")
    assert helper.heard("conversation") == []
    assert await helper.hears("conversation.gone") == [{"conversation": room.conversation}]
    for ears in (seller, helper, boss):
        ears.session.end()


async def test_what_moves_to_another_group_falls_silent(room: Room) -> None:
    seller, helper = Ears(room, "Sam", SALES), Ears(room, "Hal", SUPPORT)
    await posting.post(Queue(room.conversation, SALES, "new"), SYSTEM)
    await seller.hears("conversation")
    seller.session.follow(room.conversation, 1)
    await posting.post(Transfer(room.conversation, group=SUPPORT), seller.who)
    await seller.hears("conversation.gone")
    assert hub.subscribers(room.conversation) == ()
    with pytest.raises(KefuError, match="no such conversation"):
        await posting.post(Whisper(room.conversation, "still here?"), seller.who)
    typing = {"type": "typing", "payload": {"conversation": room.conversation, "on": True}}
    await dispatch(seller.session, json.dumps(typing))
    assert (await seller.hears("error"))[-1]["code"] == "not_found"
    assert len(await helper.hears("conversation")) == 1
    for ears in (seller, helper):
        ears.session.end()


async def test_the_owner_and_guests_hear_whatever_their_groups(room: Room) -> None:
    seller, helper, third = Ears(room, "Sam", SALES), Ears(room, "Hal", SUPPORT), Ears(room, "Tim")
    await posting.post(Queue(room.conversation, SALES, "new"), SYSTEM)
    helper_person = Person(helper.who.id or "", "Hal")
    await posting.post(Transfer(room.conversation, agent=helper_person), seller.who)
    (told,) = await helper.hears("conversation")
    assert (told["agent"]["id"], told["offered"]) == (helper.who.id, True)
    assert third.heard("conversation") == []
    for ears in (seller, helper, third):
        ears.session.end()


async def test_a_visitor_gets_none_of_it(room: Room) -> None:
    outlet = ListOutlet()
    session = ClientSession(outlet, JsonForm(), room.visitor, limited=False)
    session.follow(room.conversation, 0)
    await posting.post(Queue(room.conversation, SALES, "new"), SYSTEM)
    async with asyncio.timeout(5):
        while len(outlet.frames) < 2:
            await asyncio.sleep(0.01)
    frames = [json.loads(frame) for frame in outlet.frames]
    payload = next(frame["payload"] for frame in frames if frame["type"] == "conversation")
    assert payload == {"id": room.conversation, "status": "queued", "agent": None, "queue": None}
    assert {frame["type"] for frame in frames} == {"message", "conversation"}
    session.end()


async def test_who_has_it_open(room: Room) -> None:
    anna, ben = Ears(room, "Anna"), Ears(room, "Ben")
    for ears in (anna, ben):
        ears.session.follow(room.conversation, 0)

    async def say(ears: Ears, on: bool) -> None:
        frame = {"type": "viewing", "payload": {"conversation": room.conversation, "on": on}}
        await dispatch(ears.session, json.dumps(frame))

    await say(anna, True)
    await say(ben, True)
    names = [sorted(agent["name"] for agent in told["agents"]) for told in anna.heard("viewing")]
    assert names == [["Anna"], ["Anna", "Ben"]]
    ben.session.end()
    assert [agent["name"] for agent in anna.heard("viewing")[-1]["agents"]] == ["Anna"]
    await say(anna, False)
    assert anna.heard("viewing")[-1]["agents"] == []
    stranger = Participant("agent", new_id(), "Eve", frozenset((new_id(),)))
    outsider = ClientSession(ListOutlet(), JsonForm(), stranger, limited=False)
    await dispatch(
        outsider, json.dumps({"type": "viewing", "payload": {"conversation": room.conversation, "on": True}})
    )
    assert outsider.viewing is None
    anna.session.end()
    outsider.end()
    assert hub.subscribers(site_topic(room.site)) == ()


async def test_changed_rights_are_told(room: Room) -> None:
    seller = Ears(room, "Sam", SALES)
    await posting.post(Queue(room.conversation, SALES, "new"), SYSTEM)
    seller.session.follow(room.conversation, 1)
    now = Participant("agent", seller.who.id, "Sam", seller.who.sites, "agent", frozenset((SUPPORT.id,)))
    seller.session.become(now, ())
    told = seller.heard("rights")
    assert told == [{"role": "agent", "sites": [room.site], "groups": [SUPPORT.id]}]
    assert hub.subscribers(room.conversation) == ()
    seller.session.end()
