"""How long the steps of a drain take as the queue grows: `python -m bench.routing_drain [--agents 2000]`.

PostgreSQL, a SQLite journal, the router of this process alone. A step is a transaction: pick, choose,
reserve, explain. The posting of its assignments (one group commit, fsync included) comes after it and is
shown beside. CPU is of this process, so PostgreSQL's own is not in it.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from collections.abc import Sequence

from bench.routing_floor import employ, open_floor, visit


class Watch:
    """Stands in for a histogram and keeps what it is told."""

    def __init__(self) -> None:
        self.seen: list[float] = []

    def observe(self, seconds: float) -> None:
        """Keep it."""
        self.seen.append(seconds)


def measure(site: str, groups: list[str], waiting: int, first: int) -> None:
    """Fill the queue, drain it, print a row, empty everything again."""
    from agents.models import Decision, Seat, Standing, Waiting
    from agents.routing import acts, drain, queue
    from agents.routing.crew import Crew
    from agents.routing.policies import policies
    from agents.routing.terms import Wants
    from chat.posting_steps import load_many

    desks = policies().groups
    rows = []
    for number, (conversation, visitor) in enumerate(visit(site, waiting, first)):
        group = groups[number % len(groups)]
        wants = Wants(site, group, desks[group].skills, "", "web")
        rows.append(
            Waiting(
                conversation=conversation, site_id=site, visitor=visitor, group_id=group,
                skills=list(wants.skills), channel="web", wants=queue.wants_key(wants), since_ms=number + 1,
                entered_ms=number + 1, rank_ms=number + 1,
            )
        )  # fmt: skip
    Waiting.objects.bulk_create(rows, batch_size=1000)
    for start in range(0, waiting, 1000):  # as they are after the visitor's message
        load_many([str(row.conversation) for row in rows[start : start + 1000]])
    gc.collect()
    gc.freeze()  # as a server and a worker do once they have loaded
    steps, posts = Watch(), Watch()
    assign = acts.assign

    def timed(commands: Sequence[object]) -> int:
        begun = time.perf_counter()
        try:
            return assign(commands)  # type: ignore[arg-type]
        finally:
            posts.observe(time.perf_counter() - begun)

    setattr(drain, "STEP_SECONDS", steps)  # noqa: B010
    acts.assign = timed
    crew = Crew()
    begun = time.perf_counter()
    crew.refresh(2)
    read_s = time.perf_counter() - begun
    begun, cpu = time.perf_counter(), time.process_time()
    outcome = drain.Drain(crew, True).run()
    took, spent = time.perf_counter() - begun, time.process_time() - cpu
    acts.assign = assign
    assert outcome.assigned == waiting, (outcome.assigned, waiting)
    ordered = sorted(steps.seen)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    print(
        f"| {waiting:,} | {outcome.steps} | {statistics.median(ordered) * 1000:.1f} / {p99 * 1000:.1f} / "
        f"{ordered[-1] * 1000:.1f} ms | {statistics.median(posts.seen) * 1000:.1f} ms "
        f"| {spent / waiting * 1e6:,.0f} µs | {waiting / took:,.0f}/s | {read_s * 1000:.0f} ms |",
        flush=True,
    )
    for model in (Seat, Decision):
        model.objects.all().delete()
    Standing.objects.update(used=0)


def main(given: Sequence[str] | None = None) -> None:
    """Parse arguments, measure each length in one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=2000)
    parser.add_argument("--groups", type=int, default=20)
    parser.add_argument("--waiting", type=int, nargs="*", default=[100, 1000, 10_000])
    arguments = parser.parse_args(given)
    with open_floor() as site:
        seats = max(arguments.waiting) // arguments.agents + 1
        groups = employ(site, arguments.agents, max(5, seats), arguments.groups)
        print(
            f"{arguments.agents:,} agents, {arguments.groups} groups\n\n"
            "| waiting | steps | step p50 / p99 / max | posting its acts, p50 | CPU an assignment | rate "
            "| reading the agents |\n|---|---|---|---|---|---|---|"
        )
        first = 0
        for waiting in [min(arguments.waiting), *arguments.waiting]:  # the first one warms
            measure(site, groups, waiting, first)
            first += waiting


if __name__ == "__main__":
    main()
