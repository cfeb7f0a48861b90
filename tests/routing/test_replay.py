"""A thousand visitors: work is spread evenly over equal agents, and nobody starves, under every strategy."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.routing.fairness import jain
from agents.routing.order import overtaken_for_ms
from agents.routing.replay import Arrival, Held, Served, Shift, merged, simulate, summarize
from agents.routing.strategies.base import strategies
from agents.routing.synthetic import Scenario, arrivals, crew
from agents.routing.terms import Candidate, Policy, Wants

EVERY = sorted(strategies())
WANTS = Wants("site", channel="web")


def run(scenario: Scenario, seed: int, strategy: str) -> tuple[list[Arrival], list[Served]]:
    visitors = arrivals(scenario, seed)
    return visitors, simulate(visitors, crew(scenario), lambda wants: Policy(strategy))


def assert_no_starvation(visitors: list[Arrival], served: list[Served]) -> None:
    """Everybody is served, and whoever came later passed somebody with the same wants only while order.py
    allows it.
    """
    assert len(served) == len(visitors)
    by_id = {each.conversation: each for each in visitors}
    begun = [(each.at_ms, by_id[each.conversation]) for each in served]
    for position, (at_ms, later) in enumerate(begun):
        for other_ms, earlier in begun[position + 1 :]:
            if other_ms > at_ms and earlier.at_ms < later.at_ms and earlier.wants == later.wants:
                assert later.at_ms - earlier.at_ms < overtaken_for_ms(earlier.priority)


@pytest.mark.parametrize("strategy", EVERY)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_thousand_visitors_are_spread_evenly(strategy: str, seed: int) -> None:
    scenario = Scenario()
    visitors, served = run(scenario, seed, strategy)
    summary = summarize(served, len(visitors), crew(scenario))
    assert summary.unserved == 0
    assert summary.jain >= 0.95
    assert sum(load.conversations for load in summary.loads) == 1000
    assert_no_starvation(visitors, served)
    # 15 % of the seats are spare: the queue never holds more than some minutes of work.
    assert summary.max_s < 300


@pytest.mark.parametrize("strategy", EVERY)
def test_skills_leave_it_even(strategy: str) -> None:
    scenario = Scenario(skills=10, load=0.8)
    visitors, served = run(scenario, 5, strategy)
    summary = summarize(served, len(visitors), crew(scenario))
    assert summary.jain >= 0.95
    assert_no_starvation(visitors, served)


@pytest.mark.parametrize("strategy", EVERY)
def test_a_rush_of_vips_starves_nobody(strategy: str) -> None:
    """A third more than can be served, every other a VIP: strict priority would leave the others to the very
    end; here they wait at most five minutes longer than the VIPs around them.
    """
    scenario = Scenario(load=1.3, vips=0.5, returning=0)
    visitors, served = run(scenario, 7, strategy)
    assert_no_starvation(visitors, served)
    priority = {each.conversation: each.priority for each in visitors}
    plain = [each for each in served if priority[each.conversation] == 0]
    vips = [each for each in served if priority[each.conversation] == 10]
    assert max(each.waited_ms for each in vips) > 60_000  # they queue, too
    assert max(each.waited_ms for each in plain) < max(each.waited_ms for each in vips) + 360_000
    half = [each.at_ms for each in plain][len(plain) // 2]
    assert half < max(each.at_ms for each in vips)  # plain visitors were served while VIPs still came


@given(st.integers(0, 10**6), st.sampled_from(EVERY), st.floats(0.3, 3), st.floats(0, 1), st.integers(0, 4))
@settings(max_examples=40, deadline=None)
def test_laws_of_every_run(seed: int, strategy: str, load: float, vips: float, skills: int) -> None:
    scenario = Scenario(visitors=80, agents=4, capacity=2, load=load, vips=vips, skills=skills, service_s=120)
    visitors, served = run(scenario, seed, strategy)
    assert_no_starvation(visitors, served)
    assert [each.at_ms for each in served] == sorted(each.at_ms for each in served)
    assert all(each.waited_ms >= 0 for each in served)
    for agent in crew(scenario):
        own = [each for each in served if each.agent == agent.id]
        changes = sorted(
            [(each.at_ms + each.service_ms, -1) for each in own] + [(each.at_ms, 1) for each in own]
        )
        taken = 0
        for (at_ms, step), (next_ms, _) in pairwise([*changes, (10**15, 0)]):
            taken += step
            assert taken <= agent.capacity or at_ms == next_ms
    assert run(scenario, seed, strategy)[1] == served


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_nobody_waits_while_somebody_able_is_free(seed: int) -> None:
    scenario = Scenario(visitors=60, agents=3, capacity=2, load=1.2, skills=3, service_s=60)
    visitors, served = run(scenario, seed, "weighted")
    able = {agent.id: agent for agent in crew(scenario)}
    by_id = {each.conversation: each for each in visitors}
    for one in served:
        if one.waited_ms == 0:
            continue
        wants = by_id[one.conversation].wants
        moment = one.at_ms - one.waited_ms // 2
        for agent in able.values():
            if not set(wants.skills) & set(agent.skills):
                continue
            taken = sum(
                each.at_ms <= moment < each.at_ms + each.service_ms
                for each in served
                if each.agent == agent.id
            )
            assert taken >= agent.capacity


def test_sticky_brings_visitors_back() -> None:
    scenario = Scenario(visitors=300, returning=0.6, load=0.4)
    visitors, served = run(scenario, 3, "sticky")
    by_id = {each.conversation: each for each in served}
    last: dict[str, Served] = {}
    back = same = 0
    for each in visitors:
        now, before = by_id[each.conversation], last.get(each.visitor)
        if before is not None and before.at_ms < now.at_ms:
            back += 1
            same += now.agent == before.agent
            if now.agent != before.agent:
                own = [other for other in served if other.agent == before.agent]
                taken = sum(other.at_ms <= now.at_ms < other.at_ms + other.service_ms for other in own)
                assert taken == scenario.capacity  # the last agent had no seat
        last[each.visitor] = now
    assert back > 100
    assert same / back > 0.8


def test_shifts_and_what_was_held_anyway() -> None:
    agents = [Candidate("a1", "One", capacity=1), Candidate("a2", "Two", capacity=1)]
    shifts = [Shift("a1", 0, 1_000), Shift("a2", 5_000, 9_000), Shift("a2", 8_000, 20_000)]
    visitors = [
        Arrival("c1", 100, 500, WANTS),
        Arrival("c2", 200, 5_000, WANTS),
        Arrival("c3", 2_000, 1_000, WANTS),
        Arrival("c4", 30_000, 1_000, WANTS),
    ]
    held = [Held("a2", "web", 4_000, 7_000), Held("nobody", "web", 0, 1)]
    served = simulate(visitors, agents, lambda wants: Policy(), shifts, held)
    assert [(each.conversation, each.agent, each.at_ms) for each in served] == [
        ("c1", "a1", 100),
        ("c2", "a1", 600),
        ("c3", "a2", 7_000),
    ]
    summary = summarize(served, len(visitors), agents, shifts)
    assert (summary.served, summary.unserved) == (3, 1)
    assert summary.max_s == 5.0
    assert [(load.agent, load.conversations) for load in summary.loads] == [("a1", 2), ("a2", 1)]
    rates = [2 / (1_000 / 3_600_000), 1 / (15_000 / 3_600_000)]
    assert summary.jain == pytest.approx(jain(rates))


def test_merged() -> None:
    shifts = [Shift("a", 10, 20), Shift("a", 0, 5), Shift("a", 19, 30), Shift("b", 31, 40)]
    assert merged(shifts) == [("a", 0, 5), ("a", 10, 30), ("b", 31, 40)]
    assert merged(shifts, gap_ms=5) == [("a", 0, 30), ("b", 31, 40)]
