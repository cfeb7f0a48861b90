"""Slow, silent and half-open clients harm only themselves."""

import asyncio
import base64
import json
import os
import struct

import pytest
from websockets.exceptions import ConnectionClosed

from tests.support.client import agent_session, joined, rest, socket, visitor_session
from tests.support.server import Mode, ServerFactory

pytestmark = pytest.mark.fault
UNLIMITED = {"KEFU_RATE_LIMIT": "off"}


async def test_a_slow_reader_is_closed_with_4508_and_nobody_else_notices(
    server_factory: ServerFactory, mode: Mode
) -> None:
    server = server_factory.start(mode, env=UNLIMITED)
    session = await asyncio.to_thread(visitor_session, server)
    agent = await asyncio.to_thread(agent_session, server)
    async with (
        joined(session) as talker,
        joined(agent) as quick,
        socket(server, max_queue=1, close_timeout=1) as slow,
    ):
        await slow.hello(agent)
        for reader in (quick, slow):
            await reader.call("subscribe", {"conversation": session.conversation, "after_seq": 0})
        count, text = 800, "字" * 7_000
        for n in range(1, count + 1):
            await talker.say(session.conversation, text)
            assert (await quick.expect("message"))["payload"]["seq"] == n
        received = 0
        with pytest.raises(ConnectionClosed) as closed:
            async with asyncio.timeout(30):
                while True:
                    frame = json.loads(await slow.connection.recv())
                    received += frame["type"] == "message"
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4508
        assert received < count
        with rest(server) as http:
            metrics = http.get("/metrics").text
        assert "kefu_slow_closes_total 1.0" in metrics


async def _dead_peer(port: int, token: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A WebSocket that says hello and then answers nothing, not even a ping."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    key = base64.b64encode(os.urandom(16)).decode()
    writer.write(
        f"GET /ws/v1/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    payload = json.dumps({"type": "hello", "payload": {"token": token}}).encode()
    writer.write(b"\x81\xfe" + struct.pack("!H", len(payload)) + bytes(4) + payload)
    return reader, writer


async def _frames_until_close(reader: asyncio.StreamReader) -> tuple[list[int], int]:
    """Opcodes of what came, and the close code."""
    opcodes: list[int] = []
    while True:
        first, length = await reader.readexactly(2)
        if length == 126:
            (length,) = struct.unpack("!H", await reader.readexactly(2))
        body = await reader.readexactly(length)
        opcodes.append(first & 0x0F)
        if opcodes[-1] == 8:
            return opcodes, struct.unpack("!H", body[:2])[0]


async def test_a_half_open_socket_is_found_within_two_heartbeats(server_factory: ServerFactory) -> None:
    server = server_factory.start("embedded", env={**UNLIMITED, "KEFU_HEARTBEAT_S": "2"})
    session = await asyncio.to_thread(visitor_session, server)
    async with socket(server) as healthy:
        welcome = await healthy.hello(session)
        assert welcome["payload"]["heartbeat_s"] == 2
        begun = asyncio.get_running_loop().time()
        reader, writer = await _dead_peer(server.port, session.token)
        opcodes, code = await asyncio.wait_for(_frames_until_close(reader), 15)
        took = asyncio.get_running_loop().time() - begun
        writer.close()
        assert code == 4408
        assert 9 in opcodes, "it was pinged before it was given up"
        assert 3 <= took <= 7, took
        assert (await healthy.say(session.conversation, "still here"))["seq"] == 1


async def test_a_reader_that_resumes_much_while_others_talk_is_not_too_slow(
    server_factory: ServerFactory,
) -> None:
    server = server_factory.start("embedded", env=UNLIMITED)
    session = await asyncio.to_thread(visitor_session, server)
    agent = await asyncio.to_thread(agent_session, server)
    text, old, new = "字" * 7_000, 400, 60
    async with joined(session) as talker:
        for _ in range(old):
            await talker.say(session.conversation, text)
        async with socket(server, max_queue=4) as reader:
            await reader.send(
                "hello", {"token": agent.token, "resume": {session.conversation: 0}}, ref="hello"
            )
            for n in range(new):
                await talker.say(session.conversation, f"live {n}")
            seqs: list[int] = []
            async with asyncio.timeout(30):
                while len(seqs) < old + new:
                    frame = json.loads(await reader.connection.recv())
                    if frame["type"] == "message":
                        seqs.append(frame["payload"]["seq"])
            assert seqs == list(range(1, old + new + 1))
