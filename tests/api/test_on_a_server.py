"""The REST API of a real server, in both modes: what shows only over HTTP, with threads and with a worker."""

from __future__ import annotations

import hashlib
import hmac
import io
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from PIL import Image

from tests.support.client import Session, access_token, agent_session, rest, visitor_session
from tests.support.server import Server
from tests.support.waiting import eventually
from tests.uploads import pictures


@pytest.fixture(scope="module")
def admin_token(shared_server: Server) -> str:
    """A JWT of the administrator."""
    return access_token(shared_server)


def call(server: Server, token: str | None, method: str, path: str, **options: Any) -> Any:
    with rest(server, token) as http:
        return http.request(method, f"/api/v1/{path}", **options)


def say(session: Session, text: str, client_msg_id: str | None = None) -> Any:
    body = {"client_msg_id": client_msg_id or str(uuid.uuid4()), "kind": "text", "text": text}
    path = f"conversations/{session.conversation}/messages/"
    return call(session.server, session.token, "POST", path, json=body)


def test_a_conversation_from_hello_to_rating(shared_server: Server) -> None:
    visitor = visitor_session(shared_server, user={"name": "Han Meimei"})
    agent = agent_session(shared_server)
    assert say(visitor, "在吗？").status_code == 201

    def listed() -> Any:
        answer = call(shared_server, agent.token, "GET", "conversations/", params={"q": visitor.conversation})
        return answer.json()["data"]

    row = eventually(listed, 10, "persistence has the conversation")[0]
    assert (row["last_text"], row["unread"], row["status"]) == ("在吗？", 1, "queued")
    path = f"conversations/{visitor.conversation}/"
    assert call(shared_server, agent.token, "POST", f"{path}accept/").status_code == 200
    assert say(
        Session(shared_server, {**agent.answer, "conversation": {"id": visitor.conversation}}), "您好"
    ).is_success
    assert call(shared_server, agent.token, "POST", f"{path}close/", json={}).status_code == 200
    rated = call(shared_server, visitor.token, "POST", f"{path}rate/", json={"rating": 5, "text": "谢谢"})
    assert rated.status_code == 200
    entries = call(shared_server, visitor.token, "GET", f"{path}messages/").json()["data"]
    assert [entry["seq"] for entry in entries] == [1, 2, 3, 4, 5]
    names = [(entry["event"] or {}).get("name") for entry in entries]
    assert names == [None, "accepted", None, "closed", "rated"]

    def persisted() -> bool:
        shown = call(shared_server, agent.token, "GET", path).json()
        return bool(shown["rating"] == 5 and shown["rating_text"] == "谢谢")

    eventually(persisted, 10, "persistence has the rating")


def test_a_big_file_goes_up_and_comes_down_in_pieces(shared_server: Server) -> None:
    visitor = visitor_session(shared_server)
    content = b"".join(f"{n:09d}\n".encode() for n in range(500_000))
    files = {"file": ("numbers.txt", content, "text/plain")}
    answer = call(shared_server, visitor.token, "POST", "uploads/", files=files)
    assert answer.status_code == 201, answer.text
    given = answer.json()
    assert given["size"] == len(content)
    with rest(shared_server) as http:
        whole = http.get(given["url"])
        assert hashlib.sha256(whole.content).digest() == hashlib.sha256(content).digest()
        assert whole.headers["content-disposition"].startswith("attachment")
        part = http.get(given["url"], headers={"Range": "bytes=1000000-1000019"})
        assert (part.status_code, part.content) == (206, content[1_000_000:1_000_020])
        assert http.get(given["url"].replace("signature=", "signature=x")).status_code == 404


def test_a_picture_is_encoded_again(shared_server: Server) -> None:
    visitor = visitor_session(shared_server)
    files = {"file": ("p.jpg", pictures.jpeg(800, 400, orientation=3), "image/jpeg")}
    given = call(shared_server, visitor.token, "POST", "uploads/", files=files).json()
    with rest(shared_server) as http:
        small = http.get(given["thumbnail_url"])
    image = Image.open(io.BytesIO(small.content))
    assert (image.size, dict(image.getexif())) == ((320, 160), {})


def test_what_is_too_large_is_refused_in_the_one_shape(shared_server: Server) -> None:
    visitor = visitor_session(shared_server)
    limit = visitor.answer["limits"]["upload_max_bytes"]
    for size in (limit + 1, 65 * 2**20):
        files = {"file": ("a.txt", b"a" * size, "text/plain")}
        answer = call(shared_server, visitor.token, "POST", "uploads/", files=files)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_sessions_at_once_share_one_visitor_and_one_conversation(
    shared_server: Server, admin_token: str
) -> None:
    """First the same signed user from eight devices, then the same token from eight tabs after a close."""
    made = call(shared_server, admin_token, "POST", "sites/", json={"name": "Race"}).json()
    proof = hmac.new(made["secret"].encode(), b"u1", hashlib.sha256).hexdigest()

    def signed(_: int) -> Session:
        return visitor_session(shared_server, made["public_key"], user={"id": "u1"}, user_hash=proof)

    with ThreadPoolExecutor(8) as pool:
        first = list(pool.map(signed, range(8)))
    assert len({session.answer["visitor"]["id"] for session in first}) == 1
    assert len({session.conversation for session in first}) == 1
    assert len({session.answer["visitor_token"] for session in first}) == 1

    assert say(first[0], "hello").status_code == 201
    closed = call(
        shared_server, admin_token, "POST", f"conversations/{first[0].conversation}/close/", json={}
    )
    assert closed.status_code == 200

    def again(_: int) -> Session:
        token = first[0].answer["visitor_token"]
        return visitor_session(shared_server, made["public_key"], visitor_token=token)

    with ThreadPoolExecutor(8) as pool:
        second = list(pool.map(again, range(8)))
    assert len({session.conversation for session in second}) == 1
    assert second[0].conversation != first[0].conversation


def test_accepting_at_once_has_one_winner(shared_server: Server, admin_token: str) -> None:
    visitor = visitor_session(shared_server)
    say(visitor, "hello")
    sites = call(shared_server, admin_token, "GET", "sites/").json()["data"]
    assert sites
    path = f"conversations/{visitor.conversation}/accept/"
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: call(shared_server, admin_token, "POST", path), range(6)))
    assert {answer.status_code for answer in answers} == {200}, "the same agent, again and again"
    assert sum(answer.json()["entry"] is not None for answer in answers) == 1


def test_the_same_message_sent_at_once_is_one(shared_server: Server) -> None:
    visitor = visitor_session(shared_server)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: say(visitor, "once", "the-same"), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["seq"] for answer in answers}) == 1


def test_errors_of_every_layer_have_the_shape(shared_server: Server) -> None:
    with rest(shared_server) as http:
        for answer, status in (
            (http.get("/api/v1/nothing/"), 404),
            (http.get("/api/v1/conversations/"), 401),
            (
                http.post(
                    "/api/v1/visitor/sessions/", content=b"{", headers={"Content-Type": "application/json"}
                ),
                400,
            ),
            (
                http.post(
                    "/api/v1/visitor/sessions/",
                    content=b"x" * 300_000,
                    headers={"Content-Type": "application/json"},
                ),
                413,
            ),
            (http.get("/api/v1/visitor/sessions/"), 405),
            (http.get("/files/nothing/a.png"), 404),
            (http.get("/api/v1/conversations/", headers={"Host": "evil.example"}), 400),
        ):
            assert answer.status_code == status, answer.text
            assert set(answer.json()) == {"code", "message", "details"}
