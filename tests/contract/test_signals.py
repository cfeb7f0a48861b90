"""What stands outside the log: receipts, typing, status; and who may not see whom (section 3)."""

import asyncio
import uuid

from tests.contract.clients import Client, PollClient
from tests.contract.conftest import Wire


async def listening(client: Client) -> None:
    """Best-effort frames reach a long poll only while a GET is held: wait until it stands in the hub."""
    if isinstance(client, PollClient):
        await client.alive()
        await asyncio.sleep(0.15)


async def test_receipts_reach_everybody_else_with_their_sender(wire: Wire) -> None:
    session, visitor, agent = await wire.pair()
    await agent.say(session.conversation, "one")
    await visitor.message(seq=1)
    await listening(agent)
    await visitor.send("receipt", {"conversation": session.conversation, "delivered": 1, "read": 1})
    receipt = (await agent.expect("receipt"))["payload"]
    assert (receipt["conversation"], receipt["delivered"], receipt["read"]) == (session.conversation, 1, 1)
    assert receipt["sender"]["kind"] == "visitor"
    assert receipt["sender"]["id"] == session.answer["visitor"]["id"]
    await visitor.alive()
    assert visitor.seen("receipt") == []
    await listening(agent)
    await visitor.send("receipt", {"conversation": session.conversation, "read": 999})
    assert (await agent.expect("receipt"))["payload"]["read"] == 1, "nobody has read what is not there"


async def test_receipts_of_nothing_and_of_strangers_are_refused(wire: Wire) -> None:
    session, stranger = await wire.visitor(), await wire.visitor()
    client = await wire.join(session)
    assert await client.error("receipt", {"conversation": stranger.conversation, "read": 1}) == "not_found"
    assert await client.error("receipt", {"conversation": session.conversation}) == "invalid"
    assert await client.error("receipt", {"conversation": session.conversation, "read": -1}) == "invalid"
    assert await client.error("receipt", {"conversation": session.conversation, "read": "1"}) == "invalid"


async def test_typing_reaches_the_other_side_and_previews_only_where_allowed(wire: Wire) -> None:
    for site, name, previews in (("demo", "berta", True), ("other", "carla", False)):
        session, visitor, agent = await wire.pair(site, name)
        await listening(agent)
        typing = {"conversation": session.conversation, "on": True, "preview": "I would like"}
        await visitor.send("typing", typing)
        heard = (await agent.expect("typing"))["payload"]
        assert (heard["conversation"], heard["on"]) == (session.conversation, True)
        assert heard["sender"]["kind"] == "visitor"
        assert heard.get("preview") == ("I would like" if previews else None)
        await visitor.alive()
        assert visitor.seen("typing") == []
        await listening(visitor)
        await agent.send("typing", {**typing, "preview": "secret thoughts"})
        answer = (await visitor.expect("typing"))["payload"]
        assert answer["sender"]["kind"] == "agent" and answer.get("preview") is None
        await listening(agent)
        await visitor.send("typing", {"conversation": session.conversation, "on": False})
        assert (await agent.expect("typing"))["payload"]["on"] is False


async def test_nobody_types_in_anothers_conversation(wire: Wire) -> None:
    session, stranger = await wire.visitor(), await wire.visitor()
    client = await wire.join(session)
    for name in (stranger.conversation, str(uuid.uuid4()), "x"):
        assert await client.error("typing", {"conversation": name, "on": True}) == "not_found"
    assert await client.error("typing", {"conversation": session.conversation, "on": "yes"}) == "invalid"


async def test_a_change_of_status_or_agent_is_told_to_both_sides(wire: Wire) -> None:
    session, visitor, agent = await wire.pair()
    await visitor.say(session.conversation, "hello?")
    berta = await wire.agent()
    path = session.conversation
    assert (await wire.act(berta, f"{path}/accept")).status_code == 200
    for client in (visitor, agent):
        told = (await client.expect("conversation", status="active"))["payload"]
        assert told["id"] == session.conversation
        assert told["agent"]["name"] == "Berta" and told["agent"]["id"]
        assert "queue" in told
    assert (await visitor.message(seq=2))["event"]["name"] == "accepted"
    assert (await wire.act(berta, f"{path}/close")).status_code == 200
    for client in (visitor, agent):
        await client.expect("conversation", status="closed")
    assert (await visitor.message(seq=3))["event"]["name"] == "closed"


async def test_agents_hear_of_a_conversation_with_its_first_message(wire: Wire) -> None:
    agent = await wire.join(await wire.agent())
    session = await wire.visitor()
    visitor = await wire.join(session)
    await listening(agent)
    await visitor.say(session.conversation, "hello")
    told = await agent.expect("conversation", id=session.conversation)
    assert told["payload"]["status"] == "queued"
    carla = await wire.join(await wire.agent("carla"))
    await listening(carla)
    another = await wire.visitor()
    await (await wire.join(another)).say(another.conversation, "hello")
    await agent.expect("conversation", id=another.conversation)
    await carla.alive()
    assert carla.seen("conversation") == [], "carla answers for another site"


async def test_of_two_agents_who_accept_one_has_it(wire: Wire) -> None:
    session, visitor, _ = await wire.pair()
    await visitor.say(session.conversation, "who?")
    people = [await wire.agent("berta"), await wire.agent("dora")]
    path = f"{session.conversation}/accept"
    answers = await asyncio.gather(*(wire.act(person, path) for person in people))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    winner = 0 if answers[0].status_code == 200 else 1
    refusal = answers[1 - winner].json()
    assert refusal["code"] == "already_accepted"
    assert refusal["details"]["agent"] == people[winner].answer["agent"]
    again = await wire.act(people[winner], path)
    assert again.status_code == 200 and again.json()["entry"] is None
    log = await wire.history(session, session.conversation)
    assert [entry["event"]["name"] for entry in log if entry["event"]] == ["accepted"]
