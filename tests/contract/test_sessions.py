"""Sessions: who gets a token, as whom, from where (section 1)."""

import asyncio
import hashlib
import hmac
import time
import uuid
from typing import Any

from tests.contract.conftest import Wire
from tests.contract.world import LISTED_ORIGIN, PASSWORD

PATH = "/api/v1/visitor/sessions/"
SLACK_S = 4  # a sweep's turn on a busy machine


async def _open(wire: Wire, headers: dict[str, str] | None = None, **body: Any) -> Any:
    return await wire.http.post(PATH, json={"site": "demo", **body}, headers=headers)


def _hash(wire: Wire, user: str) -> str:
    return hmac.new(wire.world.secret.encode(), user.encode(), hashlib.sha256).hexdigest()


async def test_a_session_says_all_that_a_page_needs(mode_wire: Wire) -> None:
    answer = await _open(
        mode_wire,
        user={"id": "u", "name": "小明", "email": "m@example.com", "attributes": {"vip": True}},
        page={"url": "https://shop.example.com/", "title": "Shop", "referrer": ""},
        locale="zh-CN",
    )
    assert answer.status_code == 201
    body = answer.json()
    assert {"token", "expires_at", "visitor_token", "visitor", "conversation", "limits", "site"} <= set(body)
    assert (body["socket"], body["poll"]) == ("/ws/v1/", "/api/v1/poll/")
    assert 590 < body["expires_at"] / 1000 - time.time() < 610
    assert body["visitor"]["name"] == "小明" and uuid.UUID(body["visitor"]["id"])
    assert body["conversation"]["status"] == "queued" and body["conversation"]["head"] == 0
    assert {"name", "greeting"} <= set(body["site"])


async def test_the_visitor_token_brings_the_same_visitor_back(mode_wire: Wire) -> None:
    first = (await _open(mode_wire)).json()
    again = (await _open(mode_wire, visitor_token=first["visitor_token"])).json()
    assert again["visitor"]["id"] == first["visitor"]["id"]
    assert again["conversation"]["id"] == first["conversation"]["id"]
    elsewhere = (await _open(mode_wire, site="other", visitor_token=first["visitor_token"])).json()
    assert elsewhere["visitor"]["id"] != first["visitor"]["id"], "a token of another site is ignored"
    for token in ("nonsense", first["visitor_token"][:-1] + "!"):
        stranger = (await _open(mode_wire, visitor_token=token)).json()
        assert stranger["visitor"]["id"] != first["visitor"]["id"]


async def test_only_a_valid_user_hash_binds_and_it_outranks_the_token(mode_wire: Wire) -> None:
    user = f"user-{uuid.uuid4()}"
    bound = (await _open(mode_wire, user={"id": user}, user_hash=_hash(mode_wire, user))).json()
    unsigned = (await _open(mode_wire, user={"id": user})).json()
    assert unsigned["visitor"]["id"] != bound["visitor"]["id"], "an unsigned id is display data"
    again = await _open(
        mode_wire,
        user={"id": user},
        user_hash=_hash(mode_wire, user),
        visitor_token=unsigned["visitor_token"],
    )
    assert again.json()["visitor"]["id"] == bound["visitor"]["id"]
    for wrong in ("00", _hash(mode_wire, "somebody else"), _hash(mode_wire, user)[:-1] + "g"):
        refused = await _open(mode_wire, user={"id": user}, user_hash=wrong)
        assert (refused.status_code, refused.json()["code"]) == (403, "bad_user_hash")


async def test_unknown_sites_and_foreign_origins_are_refused(mode_wire: Wire) -> None:
    assert (await _open(mode_wire, site="nowhere")).status_code == 404
    for origin, status in [
        (LISTED_ORIGIN, 201),
        (mode_wire.world.url, 201),
        ("https://evil.example.com", 403),
        ("null", 403),
        (f"{LISTED_ORIGIN}.evil.example.com", 403),
        ("http://shop.example.com", 403),
    ]:
        answer = await _open(mode_wire, {"Origin": origin})
        assert answer.status_code == status, origin
    assert (await _open(mode_wire, site="strict")).status_code == 403
    assert (await _open(mode_wire, {"Origin": mode_wire.world.url}, site="strict")).status_code == 201


async def test_one_open_conversation_per_visitor_even_at_once(mode_wire: Wire) -> None:
    token = (await _open(mode_wire)).json()["visitor_token"]
    answers = await asyncio.gather(*(_open(mode_wire, visitor_token=token) for _ in range(8)))
    assert [answer.status_code for answer in answers] == [201] * 8
    assert len({answer.json()["conversation"]["id"] for answer in answers}) == 1


async def test_agents_sign_in_and_others_do_not(mode_wire: Wire) -> None:
    async def token(name: str, password: str) -> Any:
        return await mode_wire.http.post("/api/v1/auth/token/", json={"username": name, "password": password})

    assert (await token("berta", "wrong")).status_code == 401
    signed_in = await token("guest", PASSWORD)
    assert set(signed_in.json()) == {"access", "refresh"}
    headers = {"Authorization": f"Bearer {signed_in.json()['access']}"}
    refused = await mode_wire.http.post("/api/v1/agent/sessions/", headers=headers)
    assert refused.status_code == 403, "a login that is no agent"
    assert (await mode_wire.http.post("/api/v1/agent/sessions/")).status_code == 401
    visitor = await mode_wire.visitor()
    assert (await mode_wire.http.post("/api/v1/agent/sessions/", headers=visitor.headers)).status_code == 403
    session = await mode_wire.agent("admin")
    assert {"token", "expires_at", "agent", "socket", "poll"} <= set(session.answer)


async def test_blocked_and_disabled_people_are_gone_within_five_seconds(mode_wire: Wire) -> None:
    wire = mode_wire
    session, bystander = await wire.visitor(), await wire.visitor()
    dora = await wire.agent("dora")
    clients = [
        await wire.join(session),
        await wire.join(session, transport="binary"),
        await wire.join(session, transport="poll"),
        await wire.join(dora),
        await wire.join(dora, transport="poll"),
    ]
    witness = await wire.join(bystander)
    admin = await wire.agent("admin")
    blocked = f"/api/v1/visitors/{session.answer['visitor']['id']}/block/"
    assert (await wire.http.post(blocked, headers=admin.headers)).status_code in (200, 204)
    assert await asyncio.gather(*(client.closed(9) for client in clients[:3])) == [4403] * 3
    again = await wire.connect()
    await again.send("hello", {"token": session.token})
    assert await again.closed() in (4401, 4403)
    switch = (
        "from agents.models import Agent; Agent.objects.filter(display_name='Dora').update(is_enabled={})"
    )
    try:
        await asyncio.to_thread(wire.world.shell, switch.format(False))
        assert await asyncio.gather(*(client.closed(9) for client in clients[3:])) == [4403] * 2
        late = await wire.connect()
        await late.send("hello", {"token": dora.token})
        assert await late.closed() == 4401
    finally:
        await asyncio.to_thread(wire.world.shell, switch.format(True))
    await witness.alive()


async def test_a_blacklisted_address_is_gone_within_five_seconds(mode_wire: Wire) -> None:
    wire = mode_wire
    elsewhere: dict[str, Any] = {"local_addr": ("127.0.0.2", 0)}
    sessions = [await wire.visitor() for _ in range(2)]
    shut_out = await wire.connect(**elsewhere)
    await shut_out.hello(sessions[0].token)
    neighbour = await wire.join(sessions[1])
    admin = await wire.agent("admin")
    entry = {"kind": "address", "value": "127.0.0.2", "site": None, "reason": "floods us"}
    made = await wire.http.post("/api/v1/blocks/", json=entry, headers=admin.headers)
    assert made.status_code == 201, made.text
    try:
        assert await shut_out.closed(5 + SLACK_S) == 4403
        again = await wire.connect(**elsewhere)
        await again.send("hello", {"token": sessions[0].token})
        assert await again.closed() in (4401, 4403)
        await neighbour.alive()
    finally:
        await wire.http.delete(f"/api/v1/blocks/{made.json()['id']}/", headers=admin.headers)


async def test_rights_taken_from_an_agent_are_gone_within_five_seconds(mode_wire: Wire) -> None:
    wire = mode_wire
    session = await wire.visitor()
    visitor = await wire.join(session)
    await visitor.say(session.conversation, "hello")
    emil = await wire.join(await wire.agent("emil"))
    await emil.call("subscribe", {"conversation": session.conversation, "after_seq": 0})
    switch = (
        "from agents.models import Agent; from chat.models import Site; "
        "Agent.objects.get(display_name='Emil').sites.set(Site.objects.filter(public_key={!r}))"
    )
    try:
        await asyncio.to_thread(wire.world.shell, switch.format("other"))
        async with asyncio.timeout(9):
            while (await emil.call("ping"))["payload"]["heads"]:
                await asyncio.sleep(0.1)
        await visitor.say(session.conversation, "not for emil any more")
        send = {"conversation": session.conversation, "client_msg_id": "e", "kind": "text", "text": "x"}
        assert await emil.error("message.send", send) == "not_found"
        assert await emil.error("subscribe", {"conversation": session.conversation}) == "not_found"
        assert [entry["seq"] for entry in emil.seen("message")] == [1]
    finally:
        await asyncio.to_thread(wire.world.shell, switch.format("demo"))
