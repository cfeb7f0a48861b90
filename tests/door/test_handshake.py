"""The opening handshake over TCP: what RFC 6455 section 4.2 demands, and what is answered otherwise."""

from __future__ import annotations

import pytest

from chat.door.handshake import HandshakeError, accept_key, http_response, parse_upgrade, switching_protocols
from tests.door.server import DoorServer
from tests.door.wire import ACCEPT, KEY, TEXT, RawClient, frame

REQUEST = (
    b"GET /ws/v1/?a=1 HTTP/1.1\r\nHost: kefu.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + KEY + b"\r\n\r\n"
)


def test_the_answer_to_a_handshake(door: DoorServer) -> None:
    with RawClient(door.port) as client:
        status, headers, _ = client.request()
    assert status == 101
    assert headers["upgrade"] == "websocket"
    assert headers["connection"] == "Upgrade"
    assert headers["sec-websocket-accept"] == ACCEPT.decode()
    assert headers["server"] == "uvicorn"
    assert "sec-websocket-protocol" not in headers
    assert "sec-websocket-extensions" not in headers


def test_behind_uvicorn_s_other_http_class() -> None:
    server = DoorServer(http="h11").start()
    with RawClient(server.port) as client:
        client.open().text("中文")
        client.expect(TEXT, "中文".encode())
    server.stop()


def test_an_extension_that_is_offered_is_not_taken(door: DoorServer) -> None:
    with RawClient(door.port) as client:
        _, headers, _ = client.request(sec_websocket_extensions="permessage-deflate; client_max_window_bits")
        assert "sec-websocket-extensions" not in headers
        client.send(frame(TEXT, b"compressed?", rsv=4))
        client.expect_close(1002)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec_websocket_key": None}, 400),
        ({"sec_websocket_key": ""}, 400),
        ({"sec_websocket_key": "not base64!!"}, 400),
        ({"sec_websocket_key": "c2hvcnQ="}, 400),
        ({"sec_websocket_version": None}, 426),
        ({"sec_websocket_version": "8"}, 426),
        ({"sec_websocket_version": "13, 8"}, 426),
        ({"host": None}, 400),
    ],
)
def test_a_handshake_that_is_not_in_order(
    door: DoorServer, headers: dict[str, str | None], status: int
) -> None:
    with RawClient(door.port) as client:
        answered, answer, body = client.request(**headers)
        assert answered == status
        assert answer["connection"] == "close"
        assert body.endswith(b".")
        if status == 426:
            assert answer["sec-websocket-version"] == "13"
        client.expect_end()


def test_a_post_is_no_handshake(door: DoorServer) -> None:
    with RawClient(door.port) as client:
        status, headers, _ = client.request("POST")
        assert (status, headers["allow"]) == (405, "GET")


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        (b"Upgrade: websocket", b"Upgrade: h2c", 400),
        (b"Upgrade: websocket\r\n", b"", 400),
        (b"Connection: Upgrade", b"Connection: keep-alive", 400),
        (b"\r\n\r\n", b"\r\n", 400),
        (b"GET /ws/v1/?a=1 HTTP/1.1", b"GET", 400),
        (b"/ws/v1/?a=1", b"*", 400),
        (b"/ws/v1/", "/中".encode(), 400),
        (b"Host: kefu.example", b"no colon", 400),
        (b"\r\n\r\n", b"\r\nSec-WebSocket-Key: " + KEY + b"\r\n\r\n", 400),
        (b"\r\n\r\n", b"\r\nSec-WebSocket-Version: 13\r\n\r\n", 426),
    ],
)
def test_a_request_that_is_refused(old: bytes, new: bytes, status: int) -> None:
    request = REQUEST.replace(old, new)
    assert request != REQUEST
    with pytest.raises(HandshakeError) as caught:
        parse_upgrade(request)
    assert caught.value.status == status
    assert caught.value.response([]).startswith(b"HTTP/1.1 %d " % status)


def test_what_is_read_from_a_request() -> None:
    request = REQUEST.replace(b"/ws/v1/", b"/%E4%B8%AD/a%2Fb").replace(
        b"\r\n\r\n", b"\r\nSec-WebSocket-Protocol: one, two\r\nSEC-WEBSOCKET-PROTOCOL: three\r\n\r\n"
    )
    upgrade, rest = parse_upgrade(request + b"early")
    assert upgrade.path == "/中/a/b"
    assert upgrade.raw_path == b"/%E4%B8%AD/a%2Fb"
    assert upgrade.query == b"a=1"
    assert upgrade.subprotocols == ["one", "two", "three"]
    assert upgrade.headers[0] == (b"host", b"kefu.example")
    assert upgrade.accept == ACCEPT
    assert rest == b"early"


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"http://kefu.example:8000/ws/?b=2", "/ws/", b"b=2"),
        (b"ws://kefu.example", "/", b""),
        (b"http://kefu.example?c=3", "/", b"c=3"),
        (b"/a?b=http://c/", "/a", b"b=http://c/"),
    ],
)
def test_a_target_in_absolute_form(target: bytes, path: str, query: bytes) -> None:
    upgrade, _ = parse_upgrade(REQUEST.replace(b"/ws/v1/?a=1", target))
    assert (upgrade.path, upgrade.query) == (path, query)


def test_the_names_of_tokens_are_compared_without_case() -> None:
    request = REQUEST.replace(b"Upgrade: websocket", b"UPGRADE: h2c, WebSocket").replace(
        b"Connection: Upgrade", b"connection: keep-alive\r\nConnection: uPGRADE"
    )
    assert parse_upgrade(request)[0].accept == ACCEPT


def test_the_accept_key_of_the_rfc() -> None:
    assert accept_key(KEY) == ACCEPT


@pytest.mark.parametrize(
    "header",
    [
        (b"x-a", b"one\r\nset-cookie: stolen=1"),
        (b"x-a\r\nx-b", b"one"),
        (b"", b"nameless"),
        (b"Sec-WebSocket-Protocol", b"one"),
        (b"connection", b"close"),
    ],
)
def test_a_header_that_would_break_the_101_is_refused(header: tuple[bytes, bytes]) -> None:
    with pytest.raises(ValueError):
        switching_protocols(ACCEPT, None, [header], [])


def test_defaults_give_way_to_the_application_s_headers() -> None:
    response = http_response(200, [(b"Server", b"mine")], b"hi", [(b"server", b"uvicorn"), (b"date", b"now")])
    assert response == (
        b"HTTP/1.1 200 OK\r\ndate: now\r\nserver: mine\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi"
    )


def test_a_response_without_content_has_no_body() -> None:
    assert http_response(204, [(b"content-length", b"5")], b"hello", []) == (
        b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"
    )


@pytest.mark.parametrize("status", [101, 199, 600])
def test_a_status_that_cannot_end_a_handshake(status: int) -> None:
    with pytest.raises(ValueError):
        http_response(status, [], b"", [])
