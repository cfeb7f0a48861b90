"""What one WebSocket costs the server: CPU per echoed message and memory per idle connection.

    python bench/door_echo.py [--seconds 2] [--connections 40] [--idle 1000] [--only NAME]

Each server class runs the same echo application in its own process on a free loopback port, under uvloop.
Load comes from this process over plain non-blocking sockets; the figure is the server's own CPU time (user
and system, from /proc) by the messages it echoed. Idle memory is the growth of the server's RSS over
`--idle` connections that have been accepted and say nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import selectors
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CLASSES = {
    "lean (chat.door)": "chat.door.protocol:LeanWebSocketProtocol",
    "uvicorn websockets-sansio": "websockets-sansio",
}
REQUEST = (
    b"GET /ws/v1/ HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Origin: http://127.0.0.1\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\n"
    b"Accept-Language: zh-CN,zh;q=0.9,en;q=0.8\r\nAccept-Encoding: gzip, deflate, br\r\n\r\n"
)
PAYLOAD = (b'{"type":"message.send","ref":"1","payload":{"text":"' + b"x" * 180)[:178] + b'"}'
TICKS = os.sysconf("SC_CLK_TCK")


async def echo(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The application measured with: it accepts, forgets the scope and echoes text."""
    if scope["type"] != "websocket":
        return
    del scope
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


def serve(ws: str, port: int) -> None:
    """Child process: the server itself."""
    import uvicorn

    uvicorn.run(
        echo,
        host="127.0.0.1",
        port=port,
        ws=ws,
        loop="uvloop",
        http="httptools",
        lifespan="off",
        log_level="error",
        access_log=False,
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        backlog=4096,
        proxy_headers=False,
    )


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def rss_bytes(pid: int) -> int:
    """Resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("no VmRSS")


def connect(port: int) -> socket.socket:
    """An open WebSocket over a plain socket."""
    sock = socket.create_connection(("127.0.0.1", port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.sendall(REQUEST)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += sock.recv(4096)
    if not answer.startswith(b"HTTP/1.1 101"):
        raise RuntimeError(answer.decode("latin-1"))
    return sock


def frame(payload: bytes) -> bytes:
    """A masked text frame (mask 0, which costs the server the same)."""
    return struct.pack("!BBH4x", 0x81, 0x80 | 126, len(payload)) + payload


def load(port: int, connections: int, seconds: float) -> tuple[int, float]:
    """One message in flight on each connection; (messages echoed, seconds)."""
    message = frame(PAYLOAD)
    reply = len(PAYLOAD) + 4
    selector = selectors.DefaultSelector()
    missing: dict[socket.socket, int] = {}
    for sock in [connect(port) for _ in range(connections)]:
        sock.setblocking(False)
        selector.register(sock, selectors.EVENT_READ)
        missing[sock] = reply
        sock.send(message)
    done = 0
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        for key, _ in selector.select(1):
            sock = key.fileobj  # type: ignore[assignment]
            missing[sock] -= len(sock.recv(4096))
            if missing[sock] <= 0:
                missing[sock] += reply
                done += 1
                sock.send(message)
    elapsed = time.perf_counter() - start
    selector.close()
    for sock in missing:
        sock.close()
    return done, elapsed


def measure(name: str, ws: str, arguments: argparse.Namespace) -> None:
    """Start a server of one class, measure, print a line."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, __file__, "--serve", ws, str(port)]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}) as server:
        try:
            wait_for(port, server)
            for sock in [connect(port) for _ in range(100)]:  # warms arenas that are not a connection's cost
                sock.close()
            before = rss_bytes(server.pid)
            idle = [connect(port) for _ in range(arguments.idle)]
            asyncio.run(asyncio.sleep(0.3))
            per_socket = (rss_bytes(server.pid) - before) / max(1, len(idle))
            for sock in idle:
                sock.close()
            cpu = cpu_seconds(server.pid)
            done, elapsed = load(port, arguments.connections, arguments.seconds)
            cpu = cpu_seconds(server.pid) - cpu
            rate, cost = done / elapsed, cpu / done * 1e6
            print(f"{name:28} {rate:10,.0f} {cost:14.1f} {per_socket / 1024:14.2f}", flush=True)
        finally:
            server.terminate()


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    """Until the server listens."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            os.sched_yield()
    raise RuntimeError("server did not start")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--connections", type=int, default=40)
    parser.add_argument("--idle", type=int, default=1000)
    parser.add_argument("--only", default="")
    parser.add_argument("--serve", nargs=2, metavar=("WS", "PORT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve[0], int(arguments.serve[1]))
        return
    print(f"{'class':28} {'msg/s':>10} {'CPU us/msg':>14} {'KB/idle socket':>14}")
    for name, ws in CLASSES.items():
        if arguments.only in name:
            measure(name, ws, arguments)


if __name__ == "__main__":
    main()
