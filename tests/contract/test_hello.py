"""The first frame: who is let in, what is answered, what is refused (sections 1 and 3)."""

import asyncio
import base64
import json
from typing import Any

from tests.contract.clients import SocketClient
from tests.contract.conftest import Wire
from tests.support.client import access_token


async def test_welcome_says_who_and_where(wire: Wire) -> None:
    session = await wire.visitor()
    client = await wire.connect()
    ref = await client.send("hello", {"token": session.token, "client": "tests/1.0"}, ref="my ref")
    frame = await client.expect("welcome")
    assert frame["ref"] == ref
    welcome = frame["payload"]
    assert set(welcome) == {"session", "role", "heartbeat_s", "server_time", "conversations"}
    assert (welcome["role"], welcome["heartbeat_s"]) == ("visitor", 25)
    assert abs(welcome["server_time"] - frame["timestamp"]) < 5_000
    assert welcome["conversations"] == [
        {"id": session.conversation, "status": "queued", "head": 0, "unread": 0}
    ]
    await client.alive()


async def test_an_agents_welcome_lists_its_own_conversations(wire: Wire) -> None:
    session, visitor, _ = await wire.pair(agent="emil")
    emil = await wire.agent("emil")
    await visitor.say(session.conversation, "anybody?")
    assert (await wire.act(emil, f"{session.conversation}/accept")).status_code == 200
    await visitor.say(session.conversation, "ah")

    async def listed() -> list[dict[str, Any]]:
        client = await wire.connect()
        welcome = await client.hello(emil.token)
        assert welcome["role"] == "agent"
        return [row for row in welcome["conversations"] if row["id"] == session.conversation]

    if wire.world.kind == "daphne":  # nobody persists there, and the list comes from the database
        assert await listed() == []
        return
    async with asyncio.timeout(15):
        while not (rows := await listed()) or rows[0]["head"] < 3:
            await asyncio.sleep(0.1)
    assert (rows[0]["status"], rows[0]["unread"]) == ("active", 2)


async def test_refused_tokens_close_with_4401(wire: Wire) -> None:
    session = await wire.visitor()
    body, signature = session.token.rsplit(":", 1)
    other = base64.urlsafe_b64encode(b'{"k":"agent"}').rstrip(b"=").decode()
    jwt = await asyncio.to_thread(access_token, wire.world.server)
    refused = [
        "",
        "nonsense",
        session.token + "x",
        f"{body}:{signature[::-1]}",
        f"{other}:{body.partition(':')[2]}:{signature}",
        session.answer["visitor_token"],
        "字",
        "x" * 5_000,
        jwt,
    ]
    for token in refused:
        client = await wire.connect()
        await client.send("hello", {"token": token})
        assert await client.closed() == 4401, token
        assert not client.frames


async def test_tokens_that_ran_out_or_belong_to_no_role_close_with_4401(mode_wire: Wire) -> None:
    session = await mode_wire.visitor()
    made = await asyncio.to_thread(
        mode_wire.world.shell,
        f"""
import json, time
from django.core import signing
def token(kind, expires):
    claims = dict.fromkeys("nsc") | {{"k": kind, "i": "{session.answer["visitor"]["id"]}", "e": expires}}
    return signing.dumps(claims, salt="kefu.session")
now = int(time.time() * 1000)
print(json.dumps([token("visitor", now - 1), token("bot", now + 60000), token("system", now + 60000),
                  token("agent", now + 60000), token("visitor", now + 60000)]))
""",
    )
    *refused, good = json.loads(made)
    for transport in ("json", "binary", "poll"):
        for token in refused:
            client = await mode_wire.connect(transport)
            await client.send("hello", {"token": token})
            assert await client.closed() == 4401
        client = await mode_wire.connect(transport)
        assert (await client.hello(good))["role"] == "visitor"


async def test_a_bad_first_frame_closes_with_4400(wire: Wire) -> None:
    session = await wire.visitor()
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("ping", {}),
        ("message.send", {}),
        ("welcome", {}),
        ("hello", {}),
        ("hello", {"token": 5}),
        ("hello", {"token": session.token, "resume": [1]}),
        ("hello", {"token": session.token, "resume": {"x": -1}}),
        ("hello", {"token": session.token, "features": "zstd"}),
    ]
    for kind, payload in wrong:
        client = await wire.connect()
        await client.send(kind, payload)
        assert await client.closed() == 4400, (kind, payload)
    for raw in (
        ("", "null", "[]", "{", '"hello"') if wire.transport in ("json", "poll") else (b"", b"\xc0", b"{}")
    ):
        client = await wire.connect()
        await client.put_raw(raw)
        assert await client.closed() == 4400, raw


async def test_hello_is_said_once(wire: Wire) -> None:
    session = await wire.visitor()
    client = await wire.join(session)
    assert await client.error("hello", {"token": session.token}) == "bad_frame"
    await client.alive()


async def test_unknown_fields_are_ignored(wire: Wire) -> None:
    session = await wire.visitor()
    client = await wire.connect()
    welcome = await client.hello(session.token, features=["zstd", "later"], new={"field": [1]})
    assert welcome["role"] == "visitor"
    assert (await client.say(session.conversation, "x", later=True))["seq"] == 1


async def test_the_form_of_the_first_frame_is_the_form_of_the_connection(socket_wire: Wire) -> None:
    session = await socket_wire.visitor()
    client = await socket_wire.join(session)
    assert isinstance(client, SocketClient)
    await client.put_raw(b"\x92\x06\xc0" if client.form == "json" else '{"type":"ping"}')
    assert (await client.expect("error"))["payload"]["code"] == "bad_frame"
    await client.alive()


async def test_only_the_socket_path_takes_sockets(mode_wire: Wire) -> None:
    answer = await mode_wire.http.get(
        "/ws/other/",
        headers={
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": base64.b64encode(b"0123456789abcdef").decode(),
        },
    )
    assert answer.status_code == 403


async def test_the_token_is_renewed_over_an_open_connection(wire: Wire) -> None:
    for session in (await wire.visitor(), await wire.agent()):
        client = await wire.join(session)
        answer = await client.call("token")
        assert (answer["type"], set(answer["payload"])) == ("token", {"token", "expires_at"})
        assert answer["payload"]["expires_at"] - answer["timestamp"] > 590_000
        again = await wire.connect()
        role = "visitor" if "visitor" in session.answer else "agent"
        assert (await again.hello(answer["payload"]["token"]))["role"] == role
