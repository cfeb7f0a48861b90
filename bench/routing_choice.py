"""How long a choice takes: `python -m bench.routing_choice [--choices 4000] [--agents 2000] [--skills 50]`.

The pure function alone: no database, no server. Each agent has some of the skills, each waiter wants one or
two of them at random, so most choices meet wants that were not asked for lately and prepare their lane. After
every choice the seat is taken, and one that was taken before is freed, so that two thirds of them stay taken.
The first choice, which also sorts the agents by skill, is shown alone. CPU is the thread's processor time,
the figure to compare on a machine that others use, too.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from agents.routing.choose import choose
from agents.routing.eta import mean, percentile
from agents.routing.pool import Pool
from agents.routing.strategies.base import strategies
from agents.routing.terms import EXPLAINED, Candidate, Policy, Waiter, Wants

CAPACITY = 5


def pool_of(agents: int, skills: Sequence[str], each: int, chance: random.Random) -> Pool:
    """Agents with `each` of the skills, two thirds of their seats taken."""
    pool = Pool(
        Candidate(
            f"agent-{number:05}",
            f"Agent {number}",
            skills={skill: chance.randint(1, 5) for skill in chance.sample(skills, each)},
            languages=("zh-CN", "en") if number % 2 else ("zh-CN",),
            capacity=CAPACITY,
            quality=chance.random(),
        )
        for number in range(agents)
    )
    return pool


def measure(
    strategy: str, agents: int, skills: int, each: int, choices: int, wanted: Sequence[int], explained: int
) -> tuple[list[float], list[float]]:
    """Seconds of each choice, the first one first: of the clock, and of processor time."""
    chance = random.Random(1)
    names = [f"skill-{number:02}" for number in range(skills)]
    pool = pool_of(agents, names, each, chance)
    taken: list[str] = []
    for number in range(agents * CAPACITY * 2 // 3):
        agent = f"agent-{number % agents:05}"
        pool.take(agent, "web", 0)
        taken.append(agent)
    policy = Policy(strategy, explained=explained)
    took, busy = [], []
    for number in range(choices):
        some = tuple(sorted(chance.sample(names, chance.choice(wanted))))
        waiter = Waiter(str(number), Wants("site", None, some, "zh-CN", "web"), sticky_agent="agent-00007")
        begun, cpu = time.perf_counter(), time.thread_time()
        agent_now = choose(waiter, pool, policy, number).agent
        busy.append(time.thread_time() - cpu)
        took.append(time.perf_counter() - begun)
        if agent_now is not None:
            pool.take(agent_now.id, "web", number)
            taken.append(agent_now.id)
            at = chance.randrange(len(taken))
            taken[at], taken[-1] = taken[-1], taken[at]
            pool.release(taken.pop(), "web")
    return took, busy


def show(title: str, measured: tuple[list[float], list[float]]) -> None:
    """A line in microseconds."""
    took, busy = (seconds[1:] for seconds in measured)
    figures = (
        mean(took), percentile(took, 0.5), percentile(took, 0.99),
        mean(busy), percentile(busy, 0.5), percentile(busy, 0.99), measured[1][0],
    )  # fmt: skip
    print(f"{title:38}" + "".join(f"{seconds * 1e6:9,.0f}" for seconds in figures))


def main(arguments: Sequence[str] | None = None) -> None:
    """Every strategy over the same agents and waiters, and the weighted one in harder and easier settings."""
    parser = argparse.ArgumentParser(description="How long a choice among many agents takes.")
    parser.add_argument("--choices", type=int, default=4000)
    parser.add_argument("--agents", type=int, default=2000)
    parser.add_argument("--skills", type=int, default=50)
    parser.add_argument("--each", type=int, default=5, help="skills an agent has")
    options = parser.parse_args(arguments)
    size = (options.agents, options.skills)
    print(f"µs a choice: {options.agents} agents, {options.skills} skills, {options.each} each")
    titles = ("mean", "p50", "p99", "CPU mean", "p50", "p99", "first")
    print(f"{'':38}" + "".join(f"{title:>9}" for title in titles))
    for name in sorted(strategies()):
        show(name, measure(name, *size, options.each, options.choices, (1, 2), EXPLAINED))
    some = options.choices
    show("weighted, no skills wanted", measure("weighted", *size, options.each, some, (0,), EXPLAINED))
    show("weighted, explained by the best 10", measure("weighted", *size, options.each, some, (1, 2), 10))
    show(
        "weighted, every agent has every skill",
        measure("weighted", *size, options.skills, some // 8, (1, 2), EXPLAINED),
    )


if __name__ == "__main__":
    main()
