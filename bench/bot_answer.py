"""What an answer costs, how soon a visitor sees it, how many one core gives, and what the bot holds.

    python -m bench.bot_answer [--questions 10000] [--seconds 15] [--visitors 64]

Starts an embedded server on a fresh data folder, fills it with a base made of the lexicon
(`bench/bot_base.py`), publishes it through the API while a visitor's socket is pinged, then asks: one visitor
after another, and many at once with the server held to one core. At last a process of its own loads the same
engine, says what it holds, and computes answers one by one. Two minutes; prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import uvloop

from bench import bot_base
from bench.chat_load import HOST, ROOT, Server, row, start_server
from bench.socket_load import LoadSocket, connect

IN_TURN: Final = 300
PING_S: Final = 0.002
COMPUTED: Final = 600  # answers computed for each language


@dataclass
class Visitor:
    """A socket, its conversation, what it waits for, and whether people have it now."""

    link: LoadSocket
    conversation: str
    over: bool = False
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    serial: int = 0

    def ask(self, text: str) -> None:
        """Send a question."""
        self.answered.clear()
        self.serial += 1
        payload = {"conversation": self.conversation, "client_msg_id": f"m{self.serial}", "kind": "text"}
        payload["text"] = text
        self.link.send(json.dumps({"type": "message.send", "payload": payload}).encode())


def on_text(link: LoadSocket, payload: bytes) -> None:
    """Wakes the visitor for the welcome, the bot's message, the hand-over, and a pong."""
    visitor = link.data
    if not isinstance(visitor, Visitor):
        return
    if payload.startswith(b'{"type":"message"'):
        visitor.over |= b'"name":"handoff"' in payload
        if not visitor.over and (b'"sender":{"kind":"bot"' not in payload or b'"kind":"event"' in payload):
            return
    elif not payload.startswith((b'{"type":"welcome"', b'{"type":"pong"')):
        return
    visitor.answered.set()


async def come(server: Server) -> Visitor:
    """A new visitor who has been welcomed."""
    session = await asyncio.to_thread(server.call, "/api/v1/visitor/sessions/", {"site": "demo"})
    link = await connect(HOST, server.port, on_text)
    visitor = Visitor(link, session["conversation"]["id"])
    link.data = visitor
    link.send(json.dumps({"type": "hello", "payload": {"token": session["token"]}}).encode())
    await asyncio.wait_for(visitor.answered.wait(), 10)
    return visitor


def publish(server: Server) -> float:
    """Everything that waits goes live; seconds until the API says so."""
    login = {"username": "admin", "password": server.password}
    access = server.call("/api/v1/auth/token/", login)["access"]
    request = urllib.request.Request(
        f"http://{HOST}:{server.port}/api/v1/knowledge/releases/", json.dumps({"drafts": True}).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {access}"},
    )  # fmt: skip
    began = time.perf_counter()
    with urllib.request.urlopen(request, timeout=300):
        return time.perf_counter() - began


async def going_live(server: Server) -> None:
    """Publish while a visitor's socket is pinged."""
    visitor = await come(server)
    waits: list[float] = []
    task = asyncio.create_task(asyncio.to_thread(publish, server))
    until: float | None = None
    while until is None or time.perf_counter() < until:
        visitor.answered.clear()
        began = time.perf_counter()
        visitor.link.send(b'{"type":"ping"}')
        await visitor.answered.wait()
        waits.append(time.perf_counter() - began)
        if task.done() and until is None:
            until = time.perf_counter() + 5  # the bot takes it over beside
        await asyncio.sleep(PING_S)
    waits.sort()
    row("first release of the base, through the API", f"{task.result():.1f} s", "")
    row(
        "a visitor's ping meanwhile, p50 / p99 / longest",
        f"{_at(waits, 0.5):.1f} / {_at(waits, 0.99):.1f} / {waits[-1] * 1000:.0f} ms", "",
    )  # fmt: skip
    visitor.link.transport.close()  # type: ignore[union-attr]


async def in_turn(server: Server, texts: Sequence[str]) -> None:
    """Four visitors, one question at a time."""
    visitors = [await come(server) for _ in range(4)]
    seen = []
    for number, text in enumerate(texts):
        place = number % len(visitors)
        if visitors[place].over:
            visitors[place] = await come(server)
        visitor = visitors[place]
        began = time.perf_counter()
        visitor.ask(text)
        await asyncio.wait_for(visitor.answered.wait(), 70)
        if number >= 20:
            seen.append(time.perf_counter() - began)
    seen.sort()
    row(
        f"question → answer seen, one at a time, pause 0, p50 / p99 ({len(seen)} questions)",
        f"{_at(seen, 0.5):.1f} / {_at(seen, 0.99):.1f} ms", "p50 60 ms (aim 30)",
    )  # fmt: skip


async def at_once(server: Server, texts: Sequence[str], count: int, seconds: float) -> None:
    """Every visitor asks again as soon as it has its answer; the server has one core."""
    cores = sorted(os.sched_getaffinity(0))
    visitors = [await come(server) for _ in range(count)]
    hold(server.process.pid, {cores[0]})
    if len(cores) > 1:
        os.sched_setaffinity(0, set(cores[1:]))
    stop, answers = False, 0
    waits: list[float] = []

    async def talk(visitor: Visitor, first: int) -> None:
        nonlocal answers
        number = first
        while not stop:
            if visitor.over:
                visitor = await come(server)
            began = time.perf_counter()
            visitor.ask(texts[number % len(texts)])
            await visitor.answered.wait()
            waits.append(time.perf_counter() - began)
            answers += 1
            number += count

    tasks = [asyncio.create_task(talk(visitor, at)) for at, visitor in enumerate(visitors)]
    await asyncio.sleep(2)
    cpu, begun, before = server.cpu_s(), time.perf_counter(), answers
    await asyncio.sleep(seconds)
    took, cpu, done = time.perf_counter() - begun, server.cpu_s() - cpu, answers - before
    stop = True
    _, late = await asyncio.wait(tasks, timeout=10)
    for task in late:
        task.cancel()
    os.sched_setaffinity(0, set(cores))
    hold(server.process.pid, set(cores))
    waits.sort()
    row(
        f"answers a second, whole server on one core, {count} visitors at once, {took:.0f} s",
        f"{done / took:.0f}", "200 (aim 500)",
    )  # fmt: skip
    row("processor time of an answer, all of the server", f"{cpu / max(1, done) * 1000:.2f} ms", "")
    row(
        "question → answer seen meanwhile, p50 / p99",
        f"{_at(waits, 0.5):.0f} / {_at(waits, 0.99):.0f} ms",
        "",
    )
    row("visitors left without an answer", str(len(late)), "0")


def hold(process: int, cores: set[int]) -> None:
    """Keep every thread of a process on these cores."""
    for task in Path(f"/proc/{process}/task").iterdir():
        os.sched_setaffinity(int(task.name), cores)


async def scenario(server: Server, arguments: argparse.Namespace) -> None:
    """All that needs the server."""
    count = arguments.questions
    row("memory of the whole server, base empty", f"{server.rss_kib() / 1024:.0f} MB", "")
    env = os.environ | {"KEFU_DATA_DIR": str(server.data_dir)}
    await asyncio.to_thread(
        subprocess.run, [sys.executable, "-m", "bench.bot_base", "--questions", str(count)],
        cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    await going_live(server)
    texts = [
        text for pair in zip(*(bot_base.asked(1_500, count, one) for one in ("zh", "en")), strict=True)
        for text in pair
    ]  # fmt: skip
    await in_turn(server, texts[: IN_TURN + 20])
    await at_once(server, texts[IN_TURN:], arguments.visitors, arguments.seconds)
    row("memory of the whole server, after all this", f"{server.rss_kib() / 1024:.0f} MB", "")


def engine(questions: int) -> None:
    """In a process of its own on the same data: memory and time of computing alone."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kefu_project.settings")
    import django

    django.setup()
    before = _resident_mb()
    from bot.answering import warming
    from bot.answering.bundle import bundle_now
    from bot.dialog.state import DialogState
    from bot.engine import Asked
    from bot.sites import everywhere

    warming.warm()
    loaded = _resident_mb()
    bundle = bundle_now()
    site, bot = next(iter(everywhere().items()))
    answering = bundle.engine(site, bundle.active)
    now = _now()
    for language in ("zh", "en"):
        took, spent, levels = [], time.process_time(), Counter[str]()
        texts = bot_base.asked(COMPUTED, questions, language)
        for text in texts:
            began = time.perf_counter()
            outcome = answering.answer(Asked(text, now, site, DialogState(), bot.locale))
            took.append(time.perf_counter() - began)
            levels[outcome.answer.level] += 1
        spent = (time.process_time() - spent) / len(texts) * 1000
        took.sort()
        row(
            f"an answer computed, {language}, {len(bundle.live.index)} questions "
            f"({', '.join(f'{name} {times}' for name, times in levels.most_common())}), p50 / p99",
            f"{_at(took, 0.5):.2f} / {_at(took, 0.99):.2f} ms (CPU {spent:.2f})", "5 / 15 ms (aim 2 / 8)",
        )  # fmt: skip
    row("memory of a process with Django alone", f"{before:.0f} MB", "")
    row("with everything loaded", f"{loaded:.0f} MB", "")
    row("after these answers", f"{_resident_mb():.0f} MB", "≤ 250 (aim 200)")


def _now() -> Any:
    from django.utils import timezone

    return timezone.localtime()


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _at(ordered: Sequence[float], share: float) -> float:
    """Milliseconds at this share of ascending seconds."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else math.nan


def main() -> None:
    """Measure, or be the process whose memory is measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--visitors", type=int, default=64)
    parser.add_argument("--engine", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.engine:
        engine(arguments.questions)
        return
    print("| what | measured | at least |\n|---|---|---|", flush=True)
    server, _ = start_server(KEFU_BOT="on", KEFU_DEMO="off")
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(scenario(server, arguments))
    finally:
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(15)
    command = [sys.executable, "-m", "bench.bot_answer", "--engine", "--questions", str(arguments.questions)]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"KEFU_DATA_DIR": str(server.data_dir)}, check=True)
    shutil.rmtree(server.data_dir, ignore_errors=True)


if __name__ == "__main__":
    main()
