"""How fast and how small: the whole embedded server under load, measured from outside.

    .venv/bin/python -m bench [--seconds 60] [--sockets 1000] [--idle 2000]

Starts `manage.py serve` on a fresh data folder and prints a table: connecting, latency at 1,000 messages a
second, sustained durable throughput with 200 in flight (acknowledged, delivered to an agent's socket,
persisted by Celery, the backlog watched), memory with and per connection. The generator runs on the same
machine and says what it used itself. TMPDIR says on which disk the data folder lies.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop

from bench.socket_load import LoadSocket, connect

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
TICK = os.sysconf("SC_CLK_TCK")
FRAME_BYTES = 180
_CMID = re.compile(rb'"client_msg_id":"([^"]+)"')


@dataclass
class Server:
    """The process under test."""

    port: int
    data_dir: Path
    process: subprocess.Popen[bytes]
    password: str = ""

    def cpu_s(self) -> float:
        """User and system seconds so far, of all its threads."""
        parts = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(parts[11]) + int(parts[12])) / TICK

    def rss_kib(self) -> int:
        """Resident memory."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1])  # type: ignore[index]

    def call(self, path: str, body: dict[str, Any] | None = None, token: str | None = None) -> Any:
        """A REST call; JSON in and out."""
        method = "GET" if body is None else "POST"
        request = urllib.request.Request(f"http://{HOST}:{self.port}{path}", method=method)
        request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(request, data, timeout=30) as answer:
            return json.loads(answer.read())

    def metric(self, name: str) -> float:
        """One value of /metrics."""
        with urllib.request.urlopen(f"http://{HOST}:{self.port}/metrics", timeout=30) as answer:
            for line in answer.read().decode().splitlines():
                if line.startswith(name + " "):
                    return float(line.split()[-1])
        raise KeyError(name)


def start_server(**more: str) -> tuple[Server, float]:
    """A server on a fresh data folder, and the seconds its second start took (nothing left to install).

    `more`: variables of its environment.
    """
    folder = Path(tempfile.mkdtemp(prefix="kefu-bench-"))
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    env = os.environ | {
        "KEFU_DATA_DIR": str(folder), "PORT": str(port), "KEFU_ADMIN_PASSWORD": "bench-password-1",
        "KEFU_RATE_LIMIT": "off", "KEFU_BOT": "off", "KEFU_ROUTING": "manual", "KEFU_LOG_LEVEL": "warning",
        **more,
    }  # fmt: skip
    ready = 0.0
    for _ in range(2):
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--init"], cwd=ROOT, env=env, stdout=subprocess.DEVNULL
        )
        server = Server(port, folder, process, "bench-password-1")
        while True:
            try:
                server.call("/health/ready")
                break
            except OSError:
                if process.poll() is not None:
                    raise SystemExit("the server did not start") from None
                time.sleep(0.01)
        ready = time.perf_counter() - begun
        if _ == 0:
            process.send_signal(signal.SIGTERM)
            process.wait(10)
    return server, ready


@dataclass
class Run:
    """Counters of one measurement; times in seconds."""

    sent: dict[bytes, float] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    acked: int = 0
    delivered: int = 0
    errors: int = 0
    free: deque[LoadSocket] = field(default_factory=deque)
    on_free: Any = None


class Load:
    """Visitors and agents against one server."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.run = Run()
        self.visitors: list[LoadSocket] = []
        self.agents: list[LoadSocket] = []
        self._serial = 0
        self._welcomes: dict[LoadSocket, asyncio.Future[None]] = {}

    def on_visitor(self, link: LoadSocket, payload: bytes) -> None:
        """Acks free the visitor for the next message."""
        if payload.startswith(b'{"type":"message.ack"'):
            self.run.acked += 1
            if self.run.on_free is not None:
                self.run.on_free(link)
        elif payload.startswith(b'{"type":"error"'):
            self.run.errors += 1
        elif payload.startswith(b'{"type":"welcome"'):
            self._welcomes.pop(link).set_result(None)

    def on_agent(self, link: LoadSocket, payload: bytes) -> None:
        """Messages end a latency measurement."""
        if payload.startswith(b'{"type":"message"'):
            found = _CMID.search(payload)
            if found:
                sent = self.run.sent.pop(found[1], None)
                if sent is not None:
                    self.run.latencies.append(time.perf_counter() - sent)
            self.run.delivered += 1
        elif payload.startswith(b'{"type":"welcome"'):
            self._welcomes.pop(link).set_result(None)

    async def sessions(self, count: int) -> list[dict[str, Any]]:
        """Visitors' sessions by REST, eight at a time."""
        gate = asyncio.Semaphore(8)

        async def one() -> dict[str, Any]:
            async with gate:
                body = {"site": "demo"}
                return await asyncio.to_thread(self.server.call, "/api/v1/visitor/sessions/", body)

        return await asyncio.gather(*(one() for _ in range(count)))

    async def hello(self, token: str, on_text: Any) -> LoadSocket:
        """Connect and wait for the welcome."""
        link = await connect(HOST, self.server.port, on_text)
        self._welcomes[link] = asyncio.get_running_loop().create_future()
        waiting = self._welcomes[link]
        link.send(json.dumps({"type": "hello", "payload": {"token": token}}).encode())
        await waiting
        return link

    async def connect_visitors(self, sessions: list[dict[str, Any]]) -> float:
        """All at once; seconds until the last welcome."""
        begun = time.perf_counter()
        links = await asyncio.gather(*(self.hello(each["token"], self.on_visitor) for each in sessions))
        took = time.perf_counter() - begun
        for link, each in zip(links, sessions, strict=True):
            link.data = each["conversation"]["id"]
        self.visitors += links
        return took

    async def connect_agents(self, count: int) -> None:
        """Agents that follow the visitors' conversations between them."""
        login = {"username": "admin", "password": self.server.password}
        access = (await asyncio.to_thread(self.server.call, "/api/v1/auth/token/", login))["access"]
        session = await asyncio.to_thread(self.server.call, "/api/v1/agent/sessions/", {}, access)
        for _ in range(count):
            self.agents.append(await self.hello(session["token"], self.on_agent))
        for index, visitor in enumerate(self.visitors):
            frame = {"type": "subscribe", "payload": {"conversation": visitor.data}}
            self.agents[index % count].send(json.dumps(frame).encode())
        await asyncio.sleep(2)

    def send(self, link: LoadSocket, timed: bool) -> None:
        """One message of a frame of about 180 bytes."""
        self._serial += 1
        key = b"m%d" % self._serial
        head = (
            b'{"type":"message.send","payload":{"conversation":"%b","client_msg_id":"%b","kind":"text","text":"'
            % (str(link.data).encode(), key)
        )
        if timed:
            self.run.sent[key] = time.perf_counter()
        link.send(head + b"x" * max(1, FRAME_BYTES - len(head) - 3) + b'"}}')

    async def offered(self, rate: int, seconds: float) -> Run:
        """An open loop: `rate` messages a second whatever comes back."""
        self.run = Run()
        begun = time.perf_counter()
        total, done = int(rate * seconds), 0
        while done < total:
            due = min(total, int((time.perf_counter() - begun) * rate) + 1)
            while done < due:
                self.send(self.visitors[done % len(self.visitors)], timed=True)
                done += 1
            await asyncio.sleep(0.001)
        await self._settle(total)
        return self.run

    async def sustained(self, in_flight: int, seconds: float) -> tuple[Run, float, float, list[float]]:
        """A closed loop with `in_flight` unacknowledged messages.

        Returns the run, how long it took, the server's CPU seconds and the persistence depth once a second.
        """
        self.run = run = Run()
        waiting = deque(self.visitors[in_flight:])
        stop = False
        count = 0

        def free(link: LoadSocket) -> None:
            nonlocal count
            if stop:
                return
            waiting.append(link)
            count += 1
            self.send(waiting.popleft(), timed=False)

        run.on_free = free
        cpu, begun = self.server.cpu_s(), time.perf_counter()
        for link in self.visitors[:in_flight]:
            count += 1
            self.send(link, timed=False)
        depths: list[float] = []
        while time.perf_counter() - begun < seconds:
            await asyncio.sleep(1)
            depths.append(await asyncio.to_thread(self.server.metric, "kefu_persistence_depth_entries"))
        stop = True
        took, spent = time.perf_counter() - begun, self.server.cpu_s() - cpu
        acked = run.acked
        await self._settle(count)
        run.acked, self.last_total = acked, count
        return run, took, spent, depths

    async def _settle(self, total: int) -> None:
        for _ in range(1000):
            if self.run.delivered >= total:
                return
            await asyncio.sleep(0.02)


def journal_sums(server: Server) -> tuple[float, float, float]:
    """Seconds in group commits, entries in them, and how many there were, since the start."""
    seconds, entries = "kefu_journal_write_seconds", "kefu_journal_batch_entries"
    return server.metric(f"{seconds}_sum"), server.metric(f"{entries}_sum"), server.metric(f"{seconds}_count")


def thirds(values: list[float]) -> list[list[float]]:
    """First, middle and last part of a series, none of them empty."""
    size = max(1, len(values) // 3)
    return [values[:size], values[size : 2 * size] or values, values[-size:]]


def row(name: str, value: str, target: str) -> None:
    """A line of the table."""
    print(f"| {name} | {value} | {target} |", flush=True)


async def scenario(arguments: argparse.Namespace) -> None:
    """All measurements, in one run."""
    server, ready = start_server()
    try:
        print("| what | measured | at least |\n|---|---|---|")
        row("start to /health/ready, everything installed", f"{ready:.2f} s", "< 2.3 s")
        load = Load(server)
        base = server.rss_kib()
        sessions = await load.sessions(arguments.sockets)
        took = await load.connect_visitors(sessions)
        row(f"{arguments.sockets} visitors connect (hello to welcome)", f"{took:.2f} s", "1.1 s per 1000")
        await load.connect_agents(arguments.agents)
        await load.offered(500, 2)  # warm
        run = await load.offered(1000, arguments.latency_seconds)
        ordered = sorted(run.latencies)
        mean, p99 = statistics.fmean(ordered) * 1000, ordered[int(len(ordered) * 0.99)] * 1000
        row(
            f"latency at 1,000 msg/s, {arguments.sockets} sockets ({len(ordered)} messages)",
            f"mean {mean:.1f} ms, p99 {p99:.1f} ms, max {ordered[-1] * 1000:.0f} ms", "mean < 9, p99 < 47 ms",
        )  # fmt: skip
        own, before = time.process_time(), journal_sums(server)
        run, took, cpu, depths = await load.sustained(200, arguments.seconds)
        own, after = time.process_time() - own, journal_sums(server)
        rate = run.acked / took
        row(
            f"durable messages, 200 in flight, {took:.0f} s",
            f"{rate:,.0f} msg/s ({run.errors} errors)", "10,000 msg/s",
        )  # fmt: skip
        row("server CPU per message (all threads)", f"{cpu / max(run.acked, 1) * 1e6:.0f} µs", "")
        row("server / generator CPU", f"{cpu / took:.2f} / {own / took:.2f} cores", "")
        commits = max(1.0, after[2] - before[2])
        row(
            "group commits: entries each, time each (fsync included)",
            f"{(after[1] - before[1]) / commits:.0f}, {(after[0] - before[0]) / commits * 1000:.1f} ms", "",
        )  # fmt: skip
        row("delivered of sent", f"{run.delivered} of {load.last_total}", "all")
        row(
            "backlog journal → database (first / middle / last third, max)",
            " / ".join(f"{statistics.fmean(part):,.0f}" for part in thirds(depths))
            + f", {max(depths):,.0f}", "not growing",
        )  # fmt: skip
        begun = time.perf_counter()
        while server.metric("kefu_persistence_depth_entries") > 0 and time.perf_counter() - begun < 60:
            await asyncio.sleep(0.1)
        row("backlog drained after", f"{time.perf_counter() - begun:.1f} s", "")
        used = server.rss_kib() / 1024
        row(f"memory at {arguments.sockets} sockets, after the load", f"{used:.0f} MB", "< 218 MB")
        more = await load.sessions(arguments.idle)
        await asyncio.sleep(2)
        resident = server.rss_kib()
        await load.connect_visitors(more)
        await asyncio.sleep(3)
        each = (server.rss_kib() - resident) / max(1, arguments.idle)
        row(f"memory per idle socket (+{arguments.idle})", f"{each:.1f} KB", "≤ 10 KB")
        print(f"\nrss before the first connection: {base / 1024:.0f} MB")
    finally:
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(15)
    audit = subprocess.run(
        [sys.executable, "manage.py", "audit_messages"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"KEFU_DATA_DIR": str(server.data_dir)},
    )
    said = (audit.stdout or audit.stderr).strip().splitlines()[-1:]
    print(f"audit_messages: exit {audit.returncode}: {' '.join(said)}")
    shutil.rmtree(server.data_dir, ignore_errors=True)


def main() -> None:
    """Parse arguments and run on uvloop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--latency-seconds", type=float, default=15)
    parser.add_argument("--sockets", type=int, default=1000)
    parser.add_argument("--agents", type=int, default=10)
    parser.add_argument("--idle", type=int, default=2000)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(scenario(parser.parse_args()))


if __name__ == "__main__":
    main()
