"""The long poll's own rules (section 6)."""

import asyncio
import base64
import json
import uuid
from typing import Any

from tests.contract.clients import text_message
from tests.contract.conftest import Wire
from tests.contract.world import LISTED_ORIGIN
from tests.support.client import Session

PATH = "/api/v1/poll/"


async def _begin(wire: Wire, session: Session, **hello: Any) -> tuple[str, str, list[dict[str, Any]]]:
    answer = await wire.http.post(PATH, json={"type": "hello", "payload": {"token": session.token, **hello}})
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert set(body) == {"poll", "cursor", "frames"}
    return f"{PATH}{body['poll']}/", body["cursor"], body["frames"]


async def _get(wire: Wire, path: str, cursor: str, session: Session) -> Any:
    return await wire.http.get(path, params={"cursor": cursor}, headers=session.headers, timeout=40)


def _messages(body: Any) -> list[int]:
    return [frame["payload"]["seq"] for frame in body["frames"] if frame["type"] == "message"]


async def test_a_lost_answer_is_given_again(poll_wire: Wire) -> None:
    session, _, agent = await poll_wire.pair()
    path, start, frames = await _begin(poll_wire, session)
    assert [frame["type"] for frame in frames] == ["welcome"]
    await agent.say(session.conversation, "one")
    await agent.say(session.conversation, "two")
    first = (await _get(poll_wire, path, start, session)).json()
    again = (await _get(poll_wire, path, start, session)).json()
    assert _messages(first)[0] == 1 and _messages(again) == [1, 2]
    await agent.say(session.conversation, "three")
    after = (await _get(poll_wire, path, again["cursor"], session)).json()
    assert _messages(after) == [3] and after["cursor"] != again["cursor"]


async def test_what_came_between_two_gets_is_in_the_next(poll_wire: Wire) -> None:
    session, _, agent = await poll_wire.pair()
    path, cursor, _ = await _begin(poll_wire, session)
    seen: list[int] = []
    for n in range(1, 6):
        await agent.say(session.conversation, f"n{n}")
        body = (await _get(poll_wire, path, cursor, session)).json()
        cursor = body["cursor"]
        seen += _messages(body)
    assert seen == [1, 2, 3, 4, 5]


async def test_a_newer_get_ends_an_older(poll_wire: Wire) -> None:
    session, _, agent = await poll_wire.pair()
    path, cursor, _ = await _begin(poll_wire, session)
    older = asyncio.create_task(_get(poll_wire, path, cursor, session))
    await asyncio.sleep(0.3)
    assert not older.done()
    newer = asyncio.create_task(_get(poll_wire, path, cursor, session))
    ended = await asyncio.wait_for(older, 10)
    assert (ended.status_code, ended.json()["frames"]) == (200, [])
    assert not newer.done()
    await agent.say(session.conversation, "x")
    assert _messages((await asyncio.wait_for(newer, 10)).json()) == [1]


async def test_posts_are_answered_with_acks_and_errors(poll_wire: Wire) -> None:
    session, stranger = await poll_wire.visitor(), await poll_wire.visitor()
    path, cursor, _ = await _begin(poll_wire, session)
    mine = text_message(session.conversation, "x", "x")
    frames = [
        {"type": "message.send", "ref": "a", "payload": mine},
        {"type": "message.send", "ref": "b", "payload": text_message(stranger.conversation, "x")},
        {"type": "message.send", "ref": "c", "payload": mine},
        {"type": "nonsense", "ref": "d"},
        7,
    ]
    answer = await poll_wire.http.post(path, json={"frames": frames}, headers=session.headers)
    assert answer.status_code == 200 and set(answer.json()) == {"frames"}
    found = {frame.get("ref"): frame for frame in answer.json()["frames"]}
    assert found["a"]["payload"] == found["c"]["payload"] and found["a"]["type"] == "message.ack"
    assert found["b"]["payload"]["code"] == "not_found"
    assert found["d"]["payload"]["code"] == "unknown_type"
    assert found[None]["payload"]["code"] == "bad_frame"
    tab = await poll_wire.join(session, transport="json")
    await tab.say(session.conversation, "y")
    body = (await _get(poll_wire, path, cursor, session)).json()
    assert _messages(body) == [2], "one's own message is not given back"


async def test_somebody_elses_and_unknown_polls_are_404(poll_wire: Wire) -> None:
    session, stranger, agent = await poll_wire.visitor(), await poll_wire.visitor(), await poll_wire.agent()
    path, cursor, _ = await _begin(poll_wire, session)
    for who, where in [
        (stranger, path),
        (agent, path),
        (session, f"{PATH}{uuid.uuid4()}/"),
        (session, f"{PATH}{'x' * 300}/"),
        (session, f"{path}more/"),
    ]:
        assert (await _get(poll_wire, where, cursor, who)).status_code == 404
        posted = await poll_wire.http.post(where, json={"frames": []}, headers=who.headers)
        assert posted.status_code == 404
        assert (await poll_wire.http.delete(where, headers=who.headers)).status_code == 404
    assert (await poll_wire.http.get(path)).status_code == 401
    forged = {"Authorization": f"Bearer {session.token}x"}
    assert (await poll_wire.http.get(path, headers=forged)).status_code == 401


async def test_delete_ends_a_poll_and_what_it_holds(poll_wire: Wire) -> None:
    session = await poll_wire.visitor()
    path, cursor, _ = await _begin(poll_wire, session)
    held = asyncio.create_task(_get(poll_wire, path, cursor, session))
    await asyncio.sleep(0.3)
    assert (await poll_wire.http.delete(path, headers=session.headers)).status_code in (200, 204)
    assert (await asyncio.wait_for(held, 10)).status_code in (200, 404)
    assert (await _get(poll_wire, path, cursor, session)).status_code == 404


async def test_what_is_no_request_of_ours_is_refused(poll_wire: Wire) -> None:
    session = await poll_wire.visitor()
    path, _, _ = await _begin(poll_wire, session)
    post = poll_wire.http.post
    assert (await post(PATH, content=b"nonsense")).status_code == 400
    assert (await post(PATH, json={"type": "ping"})).status_code == 400
    assert (await post(PATH, json={"type": "hello", "payload": {"token": "x"}})).status_code == 401
    assert (await poll_wire.http.get(PATH)).status_code == 405
    assert (await poll_wire.http.put(path, headers=session.headers)).status_code == 405
    for body in (b"", b"[]", b'{"frames":1}', b'{"frames":[', b"\xff"):
        refused = await post(path, content=body, headers=session.headers)
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_frame"), body
    many = b'{"frames":[' + b",".join([b"{}"] * 101) + b"]}"
    assert (await post(path, content=many, headers=session.headers)).status_code == 413
    huge = b'{"frames":["' + b"x" * 300_000 + b'"]}'
    assert (await post(path, content=huge, headers=session.headers)).status_code == 413
    for cursor in ("nonsense", "e30x", "WzFd", "字", "eyJhIjotMX0", "eyJhIjoxfQ", "A" * 3_000):
        task = asyncio.create_task(_get(poll_wire, path, cursor, session))
        done, _ = await asyncio.wait([task], timeout=0.4)
        if done:
            assert task.result().status_code in (200, 400), cursor
        task.cancel()


async def test_a_forged_cursor_opens_no_other_conversation(poll_wire: Wire) -> None:
    owner, _, agent = await poll_wire.pair()
    await agent.say(owner.conversation, "private")
    thief = await poll_wire.visitor()
    path, _, _ = await _begin(poll_wire, thief)
    forged = base64.urlsafe_b64encode(json.dumps({owner.conversation: 0}).encode()).decode().rstrip("=")
    task = asyncio.create_task(_get(poll_wire, path, forged, thief))
    await asyncio.sleep(0.3)
    await agent.say(owner.conversation, "more")
    await asyncio.sleep(0.3)
    assert not task.done()
    poll = await poll_wire.http.post(path, json={"frames": [{"type": "ping"}]}, headers=thief.headers)
    assert owner.conversation not in poll.json()["frames"][0]["payload"]["heads"]
    task.cancel()


async def test_listed_origins_may_read_the_answers(poll_wire: Wire) -> None:
    session = await poll_wire.visitor()
    path, _, _ = await _begin(poll_wire, session)
    asked = {"Origin": LISTED_ORIGIN, "Access-Control-Request-Method": "GET"}
    preflight = await poll_wire.http.options(path, headers=asked)
    assert preflight.status_code in (200, 204)
    assert preflight.headers["access-control-allow-origin"] == LISTED_ORIGIN
    assert "authorization" in preflight.headers["access-control-allow-headers"].lower()
    for origin, allowed in ((LISTED_ORIGIN, True), ("https://evil.example.com", False)):
        headers = {**session.headers, "Origin": origin}
        answer = await poll_wire.http.post(path, json={"frames": [{"type": "ping"}]}, headers=headers)
        assert answer.headers.get("access-control-allow-origin") == (origin if allowed else None)
        refused = await poll_wire.http.get(f"{PATH}unknown/", headers=headers)
        assert refused.status_code == 404
        assert refused.headers.get("access-control-allow-origin") == (origin if allowed else None)
        assert "access-control-allow-credentials" not in answer.headers


async def test_a_following_begun_by_post_ends_the_held_get(poll_wire: Wire) -> None:
    session = await poll_wire.visitor()
    visitor = await poll_wire.join(session, transport="json")
    await visitor.say(session.conversation, "hello")
    agent = await poll_wire.join(await poll_wire.agent())
    await asyncio.sleep(0.3)
    assert (await agent.call("subscribe", {"conversation": session.conversation, "after_seq": 1}))["payload"]
    await visitor.say(session.conversation, "are you there?")
    assert (await agent.expect("message", timeout=10))["payload"]["seq"] == 2
