"""How fast the journal takes appends: `python bench/journal_append.py [--seconds 3] [--redis redis://…]`.

Prints one line per form and setting: entries a second end to end (submit → answer on the event loop, 200 in
flight over 1,000 conversations, bodies of about 450 bytes) and microseconds of processor time an entry, of
the whole process and of the writer thread alone. "beside a busy thread" has another thread spinning in Python
all the time, which is more than an event loop ever does; the switch interval is what it is set to in
`sys.setswitchinterval`.

Without --redis a redis-server of its own is started (appendfsync always) when there is one.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kefu_project.settings")

from chat.journal.base import Append, Draft, Expectation, Head, Journal, Stored, Warmth
from chat.journal.group_commit import Answer, GroupCommit
from chat.journal.redis import RedisJournal
from chat.journal.sqlite import SqliteJournal
from chat.protocol.entry import Entry, Sender, encode_unnumbered, new_id

CONVERSATIONS = 1000
IN_FLIGHT = 200
TEXT = "x" * 100
STATE = b'{"status":"active","pad":"%s"}' % (b"y" * 200)


class WriterClock:
    """Measures the processor time of the thread that calls `write`."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.seconds = 0.0
        self.batches = 0
        self.last: float | None = None

    def write(self, batch: list[Append], now_ms: int) -> list[object]:
        """The journal's write, timed together with what the thread did since the last one."""
        outcomes: list[object] = list(self._journal.write(batch, now_ms))
        now = time.thread_time()
        self.seconds += now - (self.last or 0.0)
        self.last = now
        self.batches += 1
        return outcomes


def draft_of(conversation: str) -> Append:
    """A visitor's message as posting would hand it in."""
    id_, key = new_id(), new_id()
    entry = Entry(conversation, id_, 0, key, Sender("visitor", new_id(), "Visitor"), "text", TEXT)
    return Append(conversation, (Draft(id_, key, encode_unnumbered(entry)),), Expectation("act", 0))


async def run(journal: Journal, seconds: float) -> tuple[int, float, float, WriterClock]:
    """Appends stored, seconds they took, seconds of processor time, and the writer's clock."""
    clock = WriterClock(journal)
    commit = GroupCommit(clock)  # type: ignore[arg-type]
    conversations = [new_id() for _ in range(CONVERSATIONS)]
    journal.warm([Warmth(Head(each, 0, 0, 0, STATE)) for each in conversations])
    ready = [draft_of(random.choice(conversations)) for _ in range(150_000)]
    supply = iter(ready)
    stored = waiting = 0
    finished = asyncio.Event()
    end = time.perf_counter() + seconds

    def done(answer: Answer) -> None:
        nonlocal stored, waiting
        assert isinstance(answer, Stored), answer
        stored += 1
        waiting -= 1
        append = next(supply, None) if time.perf_counter() < end else None
        if append is not None:
            waiting += 1
            commit.submit(append, done)
        elif waiting == 0:
            finished.set()

    began, cpu = time.perf_counter(), time.process_time()
    for append in itertools.islice(supply, IN_FLIGHT):
        waiting += 1
        commit.submit(append, done)
    await finished.wait()
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    commit.close()
    return stored, took, cpu, clock


def measure(name: str, journal: Journal, seconds: float, busy: bool, interval: float) -> None:
    """Run once and print a line."""
    journal.open()
    sys.setswitchinterval(interval)
    stop = threading.Event()

    def spin() -> None:
        while not stop.is_set():
            for _ in range(1000):
                pass

    spinning = threading.Thread(target=spin)
    if busy:
        spinning.start()
    stored, took, cpu, clock = asyncio.run(run(journal, seconds))
    stop.set()
    if busy:
        spinning.join()
    whole = "      –" if busy else f"{cpu / stored * 1e6:7.1f}"
    print(
        f"{name:7} {'beside a busy thread' if busy else 'alone':21} {interval * 1000:5.1f} ms "
        f"{stored / took:9,.0f} {stored / clock.batches:9.0f} {whole} {clock.seconds / stored * 1e6:8.1f}"
    )
    journal.close()


def main() -> None:
    """Measure both forms, alone and beside a busy thread."""
    parser = argparse.ArgumentParser(description="How fast the journal takes appends.")
    parser.add_argument("--seconds", type=float, default=3.0, help="per line")
    parser.add_argument("--redis", default="", help="a Redis that may be written to")
    options = parser.parse_args()
    print("form    competition          switch  entries/s per batch   µs CPU  µs writer")
    with tempfile.TemporaryDirectory() as folder:
        server = None
        url = options.redis
        if not url and shutil.which("redis-server"):
            socket = Path(folder) / "redis.sock"
            words = ["--port", "0", "--unixsocket", str(socket), "--dir", folder, "--save", ""]
            words += ["--appendonly", "yes", "--appendfsync", "always"]
            server = subprocess.Popen(["redis-server", *words], stdout=subprocess.DEVNULL)
            while not socket.exists():
                time.sleep(0.05)
            url = f"unix://{socket}"
        try:
            for busy, interval in ((False, 0.005), (True, 0.005), (True, 0.001)):
                sqlite = SqliteJournal(Path(folder) / f"{busy}-{interval}.sqlite3")
                measure("SQLite", sqlite, options.seconds, busy, interval)
                if url:
                    measure("Redis", RedisJournal(url, prefix=new_id()), options.seconds, busy, interval)
        finally:
            if server is not None:
                server.terminate()
                server.wait()


if __name__ == "__main__":
    main()
