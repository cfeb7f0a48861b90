"""The opening handshake of RFC 6455 section 4.2 and the HTTP answers around it. Pure: bytes in, bytes out."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha1
from http import HTTPStatus
from urllib.parse import unquote

Headers = list[tuple[bytes, bytes]]

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_ABSOLUTE_FORM = re.compile(rb"^[a-z][a-z0-9+.-]*://[^/?]*", re.IGNORECASE)
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_FORBIDDEN_VALUE = re.compile(rb"[\r\n\0]")
# What the 101 says itself; a second one from the application would break the handshake.
_HANDSHAKE_HEADERS = frozenset(
    (
        b"upgrade",
        b"connection",
        b"sec-websocket-accept",
        b"sec-websocket-protocol",
        b"sec-websocket-extensions",
    )
)
_FRAMING_HEADERS = frozenset((b"content-length", b"transfer-encoding", b"connection"))


class HandshakeError(Exception):
    """The request is no WebSocket handshake we accept; answer it with `response()`."""

    def __init__(self, status: int, text: str, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        super().__init__(status, text)
        self.status = status
        self.text = text
        self.headers = list(headers)

    def response(self, default_headers: Headers) -> bytes:
        """The whole HTTP response."""
        headers = [*self.headers, (b"content-type", b"text/plain; charset=utf-8")]
        return http_response(self.status, headers, self.text.encode(), default_headers)


@dataclass(slots=True)
class Upgrade:
    """A handshake that is in order. `path` is decoded, `raw_path` and `query` are as sent."""

    path: str
    raw_path: bytes
    query: bytes
    headers: Headers
    subprotocols: list[str]
    accept: bytes


@dataclass(slots=True)
class Denial:
    """An HTTP response given instead of the 101, while its body is being collected."""

    status: int
    headers: Headers
    body: list[bytes] = field(default_factory=list)


def accept_key(key: bytes) -> bytes:
    """The value of Sec-WebSocket-Accept for a Sec-WebSocket-Key (RFC 6455 section 4.2.2)."""
    return b64encode(sha1(key + _GUID, usedforsecurity=False).digest())


def parse_upgrade(request: bytes) -> tuple[Upgrade, bytes]:
    """Read a request head as the HTTP parser handed it over, and the bytes after it.

    Raises HandshakeError: 405 not a GET, 426 another version than 13, 400 anything else.
    """
    head, end, rest = request.partition(b"\r\n\r\n")
    line, *lines = head.split(b"\r\n")
    parts = line.split(b" ")
    if not end or len(parts) != 3:
        raise HandshakeError(400, "Malformed request.")
    method, target, _version = parts
    headers: Headers = []
    for text in lines:
        name, colon, value = text.partition(b":")
        if not colon or not name:
            raise HandshakeError(400, "Malformed header.")
        headers.append((name.lower(), value.strip(b" \t")))
    if method != b"GET":
        raise HandshakeError(405, "A WebSocket handshake is a GET request.", [(b"allow", b"GET")])
    accept = _check(headers)
    raw_path, _, query = _ABSOLUTE_FORM.sub(b"", target).partition(b"?")
    raw_path = raw_path or b"/"
    if not raw_path.startswith(b"/"):
        raise HandshakeError(400, "Malformed request target.")
    try:
        path = unquote(raw_path.decode("ascii"))
        subprotocols = [token.decode("ascii") for token in _tokens(headers, b"sec-websocket-protocol")]
    except UnicodeDecodeError:
        raise HandshakeError(400, "Malformed request.") from None
    return Upgrade(path, raw_path, query, headers, subprotocols, accept), rest


def switching_protocols(
    accept: bytes,
    subprotocol: str | None,
    headers: Iterable[tuple[bytes, bytes]],
    default_headers: Headers,
) -> bytes:
    """The 101 that ends the handshake. ValueError for a header that may not be there."""
    own: Headers = [
        (b"upgrade", b"websocket"),
        (b"connection", b"Upgrade"),
        (b"sec-websocket-accept", accept),
    ]
    if subprotocol is not None:
        own.append((b"sec-websocket-protocol", subprotocol.encode("ascii")))
    extra = _checked(headers)
    for name, _ in extra:
        if name in _HANDSHAKE_HEADERS:
            raise ValueError(f"the header {name.decode()} belongs to the handshake")
    return b"HTTP/1.1 101 Switching Protocols\r\n" + _lines(own + _missing(default_headers, extra) + extra)


def http_response(
    status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes, default_headers: Headers
) -> bytes:
    """A whole HTTP/1.1 response after which the connection is closed. ValueError for what cannot be sent."""
    if not 200 <= status < 600:
        raise ValueError(f"{status} cannot answer a WebSocket handshake")
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    own = [pair for pair in _checked(headers) if pair[0] not in _FRAMING_HEADERS]
    framing: Headers = [(b"connection", b"close")]
    if status in (204, 304):  # these have no body (RFC 9110 section 6.4.1)
        body = b""
    else:
        framing.append((b"content-length", b"%d" % len(body)))
    line = f"HTTP/1.1 {status} {phrase}\r\n".encode()
    return line + _lines(_missing(default_headers, own) + own + framing) + body


def _check(headers: Headers) -> bytes:
    """What RFC 6455 section 4.2.1 demands of the headers; the accept key."""
    if not _values(headers, b"host"):
        raise HandshakeError(400, "Missing Host header.")
    if b"websocket" not in (token.lower() for token in _tokens(headers, b"upgrade")):
        raise HandshakeError(400, "Missing or invalid Upgrade header.", [(b"upgrade", b"websocket")])
    if b"upgrade" not in (token.lower() for token in _tokens(headers, b"connection")):
        raise HandshakeError(400, "Missing or invalid Connection header.")
    if _values(headers, b"sec-websocket-version") != [b"13"]:
        text = "Missing or unsupported Sec-WebSocket-Version header; 13 is supported."
        raise HandshakeError(426, text, [(b"sec-websocket-version", b"13"), (b"upgrade", b"websocket")])
    keys = _values(headers, b"sec-websocket-key")
    try:
        valid = len(keys) == 1 and len(b64decode(keys[0], validate=True)) == 16
    except Base64Error:
        valid = False
    if not valid:
        raise HandshakeError(400, "Missing or invalid Sec-WebSocket-Key header.")
    return accept_key(keys[0])


def _values(headers: Headers, name: bytes) -> list[bytes]:
    return [value for key, value in headers if key == name]


def _tokens(headers: Headers, name: bytes) -> list[bytes]:
    return [token.strip() for value in _values(headers, name) for token in value.split(b",") if token.strip()]


def _checked(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The application's headers, names in lower case; refused when they could end the header early."""
    checked = []
    for raw_name, raw_value in headers:
        name, value = bytes(raw_name).lower(), bytes(raw_value)
        if not _TOKEN.fullmatch(name) or _FORBIDDEN_VALUE.search(value):
            raise ValueError(f"malformed header {name!r}")
        checked.append((name, value))
    return checked


def _missing(defaults: Headers, headers: Headers) -> Headers:
    """The default headers (date, server) that `headers` does not set itself."""
    names = {name for name, _ in headers}
    return [(name, value) for name, value in defaults if name.lower() not in names]


def _lines(headers: Headers) -> bytes:
    return b"".join(b"%b: %b\r\n" % pair for pair in headers) + b"\r\n"
