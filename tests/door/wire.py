"""The client's side of RFC 6455 for tests: frames made by hand, right or wrong, over a plain TCP socket."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import TracebackType

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # for KEY, from RFC 6455 section 1.3


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    mask: bytes | None = b"\x37\xfa\x21\x3d",
    form: int | None = None,
) -> bytes:
    """A client's frame. `mask` None leaves it unmasked; `form` 7, 16 or 64 forces a length form."""
    length = len(payload)
    if form is None:
        form = 7 if length < 126 else 16 if length < 1 << 16 else 64
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    bit = 0 if mask is None else 0x80
    if form == 7:
        head = struct.pack("!BB", first, bit | length)
    elif form == 16:
        head = struct.pack("!BBH", first, bit | 126, length)
    else:
        head = struct.pack("!BBQ", first, bit | 127, length)
    if mask is None:
        return head + payload
    return head + mask + bytes(byte ^ mask[index & 3] for index, byte in enumerate(payload))


def fragments(opcode: int, parts: Iterable[bytes]) -> list[bytes]:
    """One message in as many frames as there are parts."""
    payloads = list(parts)
    last = len(payloads) - 1
    return [
        frame(CONTINUATION if index else opcode, payload, fin=index == last)
        for index, payload in enumerate(payloads)
    ]


def close_frame(code: int | None = 1000, reason: bytes = b"") -> bytes:
    """A close frame; `code` None leaves the body empty."""
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason)


def cut(data: bytes, size: int) -> list[bytes]:
    """`data` in pieces of `size` bytes."""
    return [data[start : start + size] for start in range(0, len(data), size)]


@dataclass(frozen=True)
class Received:
    """A frame from the server."""

    opcode: int
    payload: bytes

    @property
    def code(self) -> int:
        """A close frame's code."""
        assert self.opcode == CLOSE, self
        return int(struct.unpack("!H", self.payload[:2])[0])


@dataclass
class RawClient:
    """A blocking WebSocket client that sends exactly the bytes it is told to."""

    port: int
    path: str = "/echo"
    timeout: float = 10.0
    receive_buffer: int | None = None  # SO_RCVBUF, for a reader that is to be slow
    sock: socket.socket = field(init=False)
    data: bytes = field(default=b"", init=False)

    def __post_init__(self) -> None:
        self.sock = socket.socket()
        if self.receive_buffer is not None:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        self.sock.settimeout(self.timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.connect(("127.0.0.1", self.port))

    def __enter__(self) -> RawClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.sock.close()

    def request(self, method: str = "GET", /, **headers: str | None) -> tuple[int, dict[str, str], bytes]:
        """Send a handshake and read the answer: status, headers (names in lower case), body.

        A keyword sets a header (underscores for dashes); None leaves a usual one out.
        """
        values: dict[str, str | None] = {
            "host": "localhost",
            "upgrade": "websocket",
            "connection": "keep-alive, Upgrade",
            "sec-websocket-version": "13",
            "sec-websocket-key": KEY.decode(),
        }
        values |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"{method} {self.path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in values.items() if value is not None]
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1"))
        while b"\r\n\r\n" not in self.data:
            self._more()
        head, _, self.data = self.data.partition(b"\r\n\r\n")
        line, *rest = head.decode("latin-1").split("\r\n")
        answer = dict(text.split(": ", 1) for text in rest)
        answer = {name.lower(): value for name, value in answer.items()}
        body = b""
        if "content-length" in answer:
            body = self._exactly(int(answer["content-length"]))
        return int(line.split(" ")[1]), answer, body

    def open(self, **headers: str | None) -> RawClient:
        """Send the usual handshake and expect the 101."""
        status, answer, _ = self.request(**headers)
        assert status == 101, status
        assert answer["sec-websocket-accept"] == ACCEPT.decode()
        return self

    def send(self, *pieces: bytes) -> None:
        """Each piece in its own write."""
        for piece in pieces:
            self.sock.sendall(piece)

    def text(self, message: str) -> None:
        self.send(frame(TEXT, message.encode(), mask=os.urandom(4)))

    def receive(self) -> Received:
        """The next frame; it must be final and unmasked."""
        first, second = self._exactly(2)
        assert first & 0xF0 == 0x80 and not second & 0x80
        length = second & 0x7F
        if length == 126:
            length = struct.unpack("!H", self._exactly(2))[0]
            assert length >= 126
        elif length == 127:
            length = struct.unpack("!Q", self._exactly(8))[0]
            assert length >= 1 << 16
        return Received(first & 0x0F, self._exactly(length))

    def expect(self, opcode: int, payload: bytes) -> None:
        assert self.receive() == Received(opcode, payload)

    def expect_close(self, code: int | None) -> Received:
        """The next frame is a close frame with `code` (None: without a body)."""
        received = self.receive()
        assert received.opcode == CLOSE, received
        assert (received.code if received.payload else None) == code
        return received

    def expect_end(self) -> None:
        """The server ends the TCP connection, in order, and says nothing more."""
        assert self.data == b""
        assert self.sock.recv(1) == b""

    def _exactly(self, size: int) -> bytes:
        while len(self.data) < size:
            self._more()
        taken, self.data = self.data[:size], self.data[size:]
        return taken

    def _more(self) -> None:
        data = self.sock.recv(1 << 16)
        assert data, f"the server ended the connection after {self.data!r}"
        self.data += data
