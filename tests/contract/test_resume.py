"""Resume and subscribe: nothing missed, nothing twice, nothing of others (sections 3 and 4)."""

import asyncio
import uuid

from tests.contract.clients import text_message
from tests.contract.conftest import Wire


async def test_what_was_missed_comes_in_order_and_then_resumed(wire: Wire) -> None:
    session, visitor, agent = await wire.pair()
    for n in range(1, 8):
        await (visitor if n % 2 else agent).say(session.conversation, f"n{n}")
    for last in (0, 3, 6):
        tab = await wire.join(session, {session.conversation: last})
        assert (await tab.expect("resumed"))["payload"] == {"conversation": session.conversation, "head": 7}
        log = await wire.history(session, session.conversation, after_seq=last)
        assert tab.seen("message") == log and [entry["seq"] for entry in log] == list(range(last + 1, 8))
    await agent.say(session.conversation, "live")
    assert (await tab.message(seq=8))["text"] == "live"


async def test_a_client_with_nothing_new_gets_resumed_alone(wire: Wire) -> None:
    session = await wire.visitor()
    visitor = await wire.join(session)
    await visitor.say(session.conversation, "x")
    tab = await wire.join(session, {session.conversation: 1})
    assert (await tab.expect("resumed"))["payload"]["head"] == 1
    await tab.alive()
    assert tab.seen("message") == []


async def test_a_client_ahead_of_the_log_is_put_back_to_its_head(wire: Wire) -> None:
    session, _, agent = await wire.pair()
    await agent.say(session.conversation, "one")
    tab = await wire.join(session, {session.conversation: 9_000_000})
    assert (await tab.expect("resumed"))["payload"]["head"] == 1
    await agent.say(session.conversation, "two")
    assert (await tab.message())["seq"] == 2


async def test_unknown_and_forbidden_conversations_get_one_not_found_each(wire: Wire) -> None:
    session, stranger = await wire.visitor(), await wire.visitor()
    unknown = str(uuid.uuid4())
    names = [unknown, stranger.conversation, "nonsense", stranger.conversation.upper()]
    client = await wire.join(session, {**dict.fromkeys(names, 0), session.conversation: 0})
    for name in names:
        assert (await client.expect("error", conversation=name))["payload"]["code"] == "not_found"
    assert (await client.expect("resumed"))["payload"]["conversation"] == session.conversation
    await client.alive()
    assert not client.frames
    carla = await wire.join(await wire.agent("carla"), {session.conversation: 0})
    assert (await carla.expect("error", conversation=session.conversation))["payload"]["code"] == "not_found"


async def test_over_500_missed_is_a_resync_and_live_frames_go_on(wire: Wire) -> None:
    session = await wire.visitor()
    visitor = await wire.join(session)
    agent = await wire.join(await wire.agent(), transport="json")
    for batch in range(0, 501, 100):
        refs = [
            await agent.send("message.send", text_message(session.conversation, "x", f"n{n}"))
            for n in range(batch, min(batch + 100, 501))
        ]
        for ref in refs:
            await agent.answer(ref)
    many = await wire.join(session, {session.conversation: 0})
    assert (await many.expect("resync"))["payload"] == {"conversation": session.conversation, "head": 501}
    assert many.seen("message") == many.seen("resumed") == []
    whole = await wire.join(session, {session.conversation: 1})
    assert (await whole.expect("resumed"))["payload"]["head"] == 501
    assert [entry["seq"] for entry in whole.seen("message")] == list(range(2, 502))
    await visitor.say(session.conversation, "after", "after")
    assert (await many.message())["seq"] == 502
    await whole.message(seq=502)
    read: list[int] = []
    while len(read) < 501:
        page = await wire.history(session, session.conversation, after_seq=len(read), limit=200)
        read += [entry["seq"] for entry in page]
    assert read == list(range(1, 503)), "history up to the head that resync named"


async def test_agents_subscribe_and_unsubscribe(wire: Wire) -> None:
    session = await wire.visitor()
    visitor = await wire.join(session)
    for n in range(3):
        await visitor.say(session.conversation, f"n{n}")
    agent = await wire.join(await wire.agent())
    resumed = await agent.call("subscribe", {"conversation": session.conversation, "after_seq": 1})
    assert (resumed["type"], resumed["payload"]["head"]) == ("resumed", 3)
    assert [entry["seq"] for entry in agent.seen("message")] == [2, 3]
    agent.frames.clear()
    await visitor.say(session.conversation, "live")
    assert (await agent.message())["seq"] == 4
    await agent.send("unsubscribe", {"conversation": session.conversation})
    assert (await agent.call("ping"))["payload"]["heads"] == {}
    await visitor.say(session.conversation, "unheard")
    late = await agent.call("subscribe", {"conversation": session.conversation})
    assert late["payload"]["head"] == 5
    await agent.alive()
    assert agent.seen("message") == []
    await agent.send("unsubscribe", {"conversation": str(uuid.uuid4())})
    await agent.alive()


async def test_a_ping_names_the_heads_of_what_is_followed(wire: Wire) -> None:
    session, visitor, agent = await wire.pair()
    await visitor.say(session.conversation, "x")
    for client in (visitor, agent):
        pong = await client.call("ping")
        assert pong["type"] == "pong"
        assert pong["payload"] == {"heads": {session.conversation: 1}}


async def test_a_message_while_resuming_is_neither_lost_nor_doubled(wire: Wire) -> None:
    session, _, agent = await wire.pair()
    for n in range(20):
        await agent.say(session.conversation, f"n{n}")

    async def talk() -> None:
        for n in range(20, 40):
            await agent.say(session.conversation, f"n{n}")

    talking = asyncio.create_task(talk())
    tabs = [await wire.join(session, {session.conversation: 0}) for _ in range(3)]
    await talking
    for tab in tabs:
        assert [(await tab.message())["seq"] for _ in range(40)] == list(range(1, 41))
        await tab.alive()
        assert tab.seen("message") == []


async def test_only_agents_subscribe_and_only_where_they_serve(wire: Wire) -> None:
    session = await wire.visitor()
    visitor = await wire.join(session)
    for kind in ("subscribe", "unsubscribe"):
        assert await visitor.error(kind, {"conversation": session.conversation}) == "forbidden"
    carla = await wire.join(await wire.agent("carla"))
    for name in (session.conversation, str(uuid.uuid4()), "nonsense"):
        assert await carla.error("subscribe", {"conversation": name, "after_seq": 0}) == "not_found"
    admin = await wire.join(await wire.agent("admin"))
    answer = await admin.call("subscribe", {"conversation": session.conversation, "after_seq": 0})
    assert answer["type"] == "resumed"
