"""How long, and how much, a client may keep an HTTP connection without asking anything."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from kefu_project.patience import LARGEST_HEAD, PatientHttp

REQUEST = b"POST /x HTTP/1.1\r\nhost: here\r\ncontent-length: 4\r\n\r\n"
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Dial = Callable[[], Awaitable[Line]]


class Hasty(PatientHttp):
    """The same with less time."""

    head_seconds = 0.3
    body_seconds = 0.3


async def _app(scope: Any, receive: Any, send: Any) -> None:
    """Reads the body, thinks for longer than a client may, answers with its length."""
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message["body"])
        if not message["more_body"]:
            break
    await asyncio.sleep(0.6)
    headers = [(b"content-length", b"1")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"%d" % (size % 10)})


@pytest.fixture
async def dial() -> AsyncIterator[Dial]:
    """Connects to a server of this loop."""
    config = uvicorn.Config(_app, interface="asgi3", log_config=None, lifespan="off", timeout_keep_alive=5)
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Hasty(config, state, {}), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    writers: list[asyncio.StreamWriter] = []

    async def connect() -> Line:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writers.append(writer)
        return reader, writer

    yield connect
    for writer in writers:
        writer.close()
    server.close()


async def _rest(reader: asyncio.StreamReader) -> bytes:
    """What came until the server ended the connection."""
    try:
        return await asyncio.wait_for(reader.read(), 5)
    except ConnectionResetError:
        return b""


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"\r\n", REQUEST, REQUEST + b"ab"])
async def test_whoever_falls_silent_is_let_go(dial: Dial, said: bytes) -> None:
    reader, writer = await dial()
    writer.write(said)
    assert await _rest(reader) == b""


async def test_a_head_that_drips_is_let_go(dial: Dial) -> None:
    reader, writer = await dial()
    ended = asyncio.ensure_future(_rest(reader))
    for _ in range(100):
        writer.write(b"a")
        done, _ = await asyncio.wait({ended}, timeout=0.05)
        if done:
            break
    assert ended.done()


async def test_a_head_without_end_is_refused(dial: Dial) -> None:
    reader, writer = await dial()
    writer.write(b"GET / HTTP/1.1\r\nx: ")
    await writer.drain()
    writer.write(b"a" * LARGEST_HEAD)
    assert (await _rest(reader)).startswith(b"HTTP/1.1 431 ")


async def test_whoever_goes_on_is_heard_and_answered(dial: Dial) -> None:
    reader, writer = await dial()
    for round_ in range(2):
        for piece in (REQUEST[:10], REQUEST[10:], b"a", b"bc", b"d"):
            writer.write(piece)
            await asyncio.sleep(0.15 if round_ else 0.05)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        assert head.startswith(b"HTTP/1.1 200 ")
        assert await reader.readexactly(1) == b"4"
