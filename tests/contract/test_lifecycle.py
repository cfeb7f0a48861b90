"""Closing, reopening, notes and recalls: one sequence for everybody, hidden where it must be (section 2)."""

from tests.contract.conftest import Wire

HIDDEN = {"conversation", "id", "seq", "kind"}


async def test_a_message_reopens_a_closed_conversation(wire: Wire) -> None:
    session, visitor, agent = await wire.pair()
    await visitor.say(session.conversation, "hello")
    assert (await wire.act(await wire.agent(), f"{session.conversation}/close")).status_code == 200
    assert (await visitor.message(seq=2))["event"]["name"] == "closed"
    assert (await visitor.say(session.conversation, "one more thing"))["seq"] == 4
    for client in (visitor, agent):
        entry = await client.message(seq=3)
        assert (entry["kind"], entry["event"]["name"]) == ("event", "reopened")
        await client.expect("conversation", status="queued")
    assert (await agent.message(seq=4))["text"] == "one more thing"
    again = await wire.visitor(visitor_token=session.answer["visitor_token"])
    assert again.conversation == session.conversation


async def test_an_agent_does_not_write_into_a_closed_conversation(wire: Wire) -> None:
    session, visitor, agent = await wire.pair()
    await visitor.say(session.conversation, "hello")
    await wire.act(await wire.agent(), f"{session.conversation}/close")
    await agent.message(seq=2)
    payload = {"conversation": session.conversation, "client_msg_id": "x", "kind": "text", "text": "late"}
    assert await agent.error("message.send", payload) == "conversation_closed"
    assert (await wire.act(await wire.agent(), f"{session.conversation}/reopen")).status_code == 200
    assert (await agent.say(session.conversation, "back"))["seq"] == 4


async def test_closed_for_good_names_the_new_conversation(wire: Wire) -> None:
    session, visitor, agent = await wire.pair("final")
    await visitor.say(session.conversation, "hello")
    await wire.act(await wire.agent(), f"{session.conversation}/close")
    await visitor.message(seq=2)
    payload = {"conversation": session.conversation, "client_msg_id": "x", "kind": "text", "text": "more"}
    answer = await visitor.call("message.send", payload)
    assert answer["type"] == "error" and answer["payload"]["code"] == "conversation_closed"
    assert answer["payload"]["retryable"] is False
    successor = answer["payload"]["conversation"]
    assert successor not in (None, session.conversation)
    assert (await visitor.say(successor, "more", "x"))["seq"] == 1
    await agent.call("subscribe", {"conversation": successor, "after_seq": 0})
    await agent.say(successor, "welcome back")
    assert (await visitor.message(conversation=successor))["text"] == "welcome back"
    assert (await visitor.call("ping"))["payload"]["heads"][successor] == 2
    again = await wire.visitor("final", visitor_token=session.answer["visitor_token"])
    assert again.conversation == successor


async def test_notes_are_hidden_from_visitors_and_keep_their_place(wire: Wire) -> None:
    session, visitor, agent = await wire.pair()
    await visitor.say(session.conversation, "hello")
    berta = await wire.agent()
    secret = "a difficult one"
    assert (await wire.act(berta, f"{session.conversation}/notes", {"text": secret})).status_code == 201
    await agent.say(session.conversation, "how can I help?")
    note = await agent.message(seq=2)
    assert (note["kind"], note["event"]["name"], note["text"]) == ("event", "note", secret)
    hidden = await visitor.message(seq=2)
    assert set(hidden) == HIDDEN and hidden["kind"] == "hidden"
    assert (await visitor.message(seq=3))["text"] == "how can I help?"
    tab = await wire.join(session, {session.conversation: 0})
    resumed = await tab.expect("resumed")
    assert resumed["payload"]["head"] == 3
    entries = tab.seen("message")
    assert [entry["seq"] for entry in entries] == [1, 2, 3] and entries[1] == hidden
    log = await wire.history(session, session.conversation)
    assert log[1] == hidden
    other = await wire.join(await wire.agent("dora"))
    await other.call("subscribe", {"conversation": session.conversation, "after_seq": 0})
    assert (await other.message(seq=2))["text"] == secret


async def test_a_recalled_message_is_hidden_from_everybody_who_reads_it_anew(wire: Wire) -> None:
    session, visitor, agent = await wire.pair()
    await visitor.say(session.conversation, "my password is 1234")
    await visitor.say(session.conversation, "sorry")
    assert (await wire.act(session, f"{session.conversation}/recall", {"seq": 1})).status_code == 200
    for client in (visitor, agent):
        event = (await client.message(seq=3))["event"]
        assert (event["name"], event["data"]["seq"]) == ("recalled", 1)
    for person in (session, await wire.agent("dora")):
        client = await wire.join(person)
        if person is session:
            client = await wire.join(person, {session.conversation: 0})
        else:
            await client.call("subscribe", {"conversation": session.conversation, "after_seq": 0})
        entry = await client.message(seq=1)
        assert set(entry) == HIDDEN and entry["kind"] == "hidden"
        assert (await client.message(seq=2))["text"] == "sorry"
        log = await wire.history(person, session.conversation)
        assert log[0] == entry and [each["seq"] for each in log] == [1, 2, 3]
    berta = await wire.agent()
    assert (await wire.act(berta, f"{session.conversation}/recall", {"seq": 2})).status_code == 403


async def test_anothers_conversation_is_out_of_reach_by_every_way(wire: Wire) -> None:
    owner, _, _ = await wire.pair()
    mine = owner.conversation
    tab = await wire.join(owner)
    await tab.say(mine, "private")
    thief = await wire.visitor()
    carla = await wire.agent("carla")
    for person in (thief, carla):
        client = await wire.join(person, {mine: 0})
        assert (await client.expect("error"))["payload"]["code"] == "not_found"
        send = {"conversation": mine, "client_msg_id": "t", "kind": "text", "text": "mine now"}
        assert await client.error("message.send", send) == "not_found"
        assert await client.error("receipt", {"conversation": mine, "read": 1}) == "not_found"
        assert await client.error("typing", {"conversation": mine, "on": True}) == "not_found"
        subscribed = await client.error("subscribe", {"conversation": mine, "after_seq": 0})
        assert subscribed == ("forbidden" if person is thief else "not_found")
        for act in ("accept", "close", "reopen", "rate", "notes", "recall"):
            body = {"rating": 5, "text": "x", "seq": 1}
            assert (await wire.act(person, f"{mine}/{act}", body)).status_code in (403, 404), act
        for path in (f"/api/v1/conversations/{mine}/messages/", f"/api/v1/conversations/{mine}/"):
            assert (await wire.http.get(path, headers=person.headers)).status_code in (403, 404)
        assert client.seen("message") == [] and mine not in (await client.call("ping"))["payload"]["heads"]
    assert [entry["seq"] for entry in await wire.history(owner, mine)] == [1]
