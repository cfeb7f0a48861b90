"""Assignments a second through the whole path: `python -m bench.routing_assign [--rate 500] [--seconds 6]`.

Visitors' messages are posted at that rate into the journal; `persist` puts them into PostgreSQL, the
follower queues them, the router is nudged, chooses among the agents, reserves, posts `assigned`, and that is
persisted, too. As in the scaled mode this process posts, and `celery worker` (two processes, with beat) does
the rest; the journal is Redis with fsync. `--embedded`: all in this process, the journal SQLite with fsync.
Latency is from the message to the `assigned` act, both as the journal stamped them. CPU is that of the Python
processes, the posting and every periodic task included; PostgreSQL's and Redis's own are shown beside.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from bench.routing_floor import employ, open_floor, visit

TICK = os.sysconf("SC_CLK_TCK")
GATHER_S = 0.02
PATIENCE_S = 60.0
SPEAKERS = 16
HERE = Path(__file__).resolve().parent.parent


def cpu_s(root: int) -> float:
    """Processor seconds so far of a process and its children, those that ended included."""
    total = 0.0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parts = path.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(path.parent.name) == root:
            total += sum(map(int, parts[11:15])) / TICK
        elif int(parts[1]) == root:
            total += sum(map(int, parts[11:13])) / TICK
    return total


@contextmanager
def embedded() -> Iterator[Callable[[], float]]:
    """Celery's threads in this process; yields what tells their processor seconds: none of their own."""
    from kefu_project.embedded import EmbeddedCelery

    celery = EmbeddedCelery()
    celery.start()
    time.sleep(2)  # the worker imports Celery
    yield lambda: 0.0
    celery.stop(10)


@contextmanager
def workers(processes: int) -> Iterator[Callable[[], float]]:
    """`celery worker` as the README starts it, with beat; yields what tells its processor seconds."""
    command = [
        sys.executable, "-m", "celery", "-A", "kefu_project", "worker", "-B", "-l", "ERROR",
        "-c", str(processes), "-s", str(Path(os.environ["KEFU_DATA_DIR"]) / "beat"),
    ]  # fmt: skip
    worker = subprocess.Popen(command, cwd=HERE, start_new_session=True, stdout=subprocess.DEVNULL)
    time.sleep(5)  # it imports, forks, and looks at an empty queue
    try:
        yield lambda: cpu_s(worker.pid)
    finally:
        worker.terminate()
        worker.wait(60)  # a child of billiard waits 30 s for a result that its parent no longer reads


def run(site: str, rate: int, seconds: float, others: Callable[[], float]) -> None:
    """One measurement; prints a row."""
    from agents.models import Seat
    from agents.routing.eta import percentile
    from chat import posting
    from chat.conversation import Participant
    from chat.models import Message
    from chat.posting_steps import load_many
    from chat.protocol.commands import Send
    from chat.protocol.entry import new_id
    from tests.support import services

    total = int(rate * seconds)
    people = visit(site, total)
    for start in range(0, total, 1000):
        load_many([conversation for conversation, _ in people[start : start + 1000]])

    def spent() -> tuple[float, float, float]:
        return (
            time.process_time() + others(),
            cpu_s(services.process("postgres")),
            cpu_s(services.process("redis")),
        )

    before, begun = spent(), time.perf_counter()

    def say(person: tuple[str, str]) -> None:
        who = Participant("visitor", person[1], None, frozenset((site,)))
        posting.post_blocking(Send(person[0], new_id(), text="hello"), who)

    done = 0
    with ThreadPoolExecutor(SPEAKERS) as speakers:  # each waits for the disk, so they share its writes
        said_all = []
        while done < total:
            due = min(total, int((time.perf_counter() - begun) * rate) + 1)
            said_all += [speakers.submit(say, person) for person in people[done:due]]
            done = due
            time.sleep(GATHER_S)
        for each in said_all:
            each.result()
    offered = time.perf_counter() - begun
    while Seat.objects.filter(confirmed=True).count() < total:
        if time.perf_counter() - begun > offered + PATIENCE_S:
            raise SystemExit(f"only {Seat.objects.filter(confirmed=True).count()} of {total} were assigned")
        time.sleep(0.1)
    python, postgres, redis = (
        (after - then) / total * 1e3 for after, then in zip(spent(), before, strict=True)
    )
    said = dict(Message.objects.filter(seq=1).values_list("conversation_id", "created_at"))
    given = dict(Message.objects.filter(event__name="assigned").values_list("conversation_id", "created_at"))
    waits = [(given[each] - said[each]) / 1000 for each in given]
    took = (max(given.values()) - min(said.values())) / 1000
    print(
        f"| {total / offered:,.0f}/s | {len(given):,} | {len(given) / took:,.0f}/s "
        f"| {percentile(waits, 0.5) * 1000:,.0f} / {percentile(waits, 0.99) * 1000:,.0f} ms "
        f"| {python:.2f} ms | {postgres:.2f} ms | {redis:.2f} ms |"
    )


def main(given: Sequence[str] | None = None) -> None:
    """Parse arguments, measure once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--agents", type=int, default=500)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--embedded", action="store_true")
    arguments = parser.parse_args(given)
    with open_floor(scaled=not arguments.embedded) as site:
        seats = int(arguments.rate * arguments.seconds) // arguments.agents + 2
        employ(site, arguments.agents, seats, 10)
        print(
            f"{arguments.agents:,} agents\n\n| offered | assigned | rate | message to assigned, p50 / p99 "
            "| CPU an assignment | PostgreSQL's | Redis's |\n|---|---|---|---|---|---|---|",
            flush=True,
        )
        with embedded() if arguments.embedded else workers(arguments.processes) as others:
            run(site, arguments.rate, arguments.seconds, others)


if __name__ == "__main__":
    main()
