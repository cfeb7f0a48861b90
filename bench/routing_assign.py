"""Assignments a second through the whole path: `python -m bench.routing_assign [--rate 500] [--seconds 6]`.

Visitors' messages are posted at that rate into the journal (SQLite, fsync); Celery in this process puts them
into PostgreSQL, the follower queues them, the router is nudged, chooses among the agents, reserves, posts
`assigned`, and that is persisted, too. Everything but the sockets runs as it does under `manage.py serve`.
Latency is from the message to the `assigned` act, both as the journal stamped them. CPU is of this process,
the posting of the messages included; PostgreSQL's own is read from /proc and shown beside.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.routing_floor import employ, open_floor, visit

TICK = os.sysconf("SC_CLK_TCK")
GATHER_S = 0.02
PATIENCE_S = 60.0
SPEAKERS = 16


def postgres_cpu_s() -> float:
    """Processor seconds of this user's PostgreSQL processes so far; those that ended are not in it."""
    total = 0.0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, rest = path.read_text().rsplit(")", 1)
        except OSError:
            continue
        if name.endswith("(postgres"):
            parts = rest.split()
            total += (int(parts[11]) + int(parts[12])) / TICK
    return total


def run(site: str, rate: int, seconds: float) -> None:
    """One measurement; prints a row."""
    from agents.models import Seat
    from agents.routing.eta import percentile
    from chat import posting
    from chat.conversation import Participant
    from chat.journal import group_commit
    from chat.models import Message
    from chat.persistence.nudge import stored
    from chat.posting_steps import load_many
    from chat.protocol.commands import Send
    from chat.protocol.entry import new_id
    from kefu_project.embedded import EmbeddedCelery

    total = int(rate * seconds)
    people = visit(site, total)
    for start in range(0, total, 1000):
        load_many([conversation for conversation, _ in people[start : start + 1000]])
    celery = EmbeddedCelery()
    group_commit().add_listener(stored)
    celery.start()
    time.sleep(2)  # the worker imports Celery
    begun, cpu, database = time.perf_counter(), time.process_time(), postgres_cpu_s()

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
    spent, database = time.process_time() - cpu, postgres_cpu_s() - database
    celery.stop(10)
    said = dict(Message.objects.filter(seq=1).values_list("conversation_id", "created_at"))
    given = dict(Message.objects.filter(event__name="assigned").values_list("conversation_id", "created_at"))
    waits = [(given[each] - said[each]) / 1000 for each in given]
    took = (max(given.values()) - min(said.values())) / 1000
    print(
        f"| {total / offered:,.0f}/s | {len(given):,} | {len(given) / took:,.0f}/s "
        f"| {percentile(waits, 0.5) * 1000:,.0f} / {percentile(waits, 0.99) * 1000:,.0f} ms "
        f"| {spent / total * 1e3:.2f} ms | {database / total * 1e3:.2f} ms |"
    )


def main(given: Sequence[str] | None = None) -> None:
    """Parse arguments, measure once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--agents", type=int, default=500)
    arguments = parser.parse_args(given)
    with open_floor() as site:
        seats = int(arguments.rate * arguments.seconds) // arguments.agents + 2
        employ(site, arguments.agents, seats, 10)
        print(
            f"{arguments.agents:,} agents\n\n| offered | assigned | rate | message to assigned, p50 / p99 "
            "| CPU an assignment | PostgreSQL's |\n|---|---|---|---|---|---|",
            flush=True,
        )
        run(site, arguments.rate, arguments.seconds)


if __name__ == "__main__":
    main()
