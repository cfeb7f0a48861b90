"""The queue's order: priority passes others for a bounded time, so nobody starves."""

from __future__ import annotations

import heapq

from hypothesis import given
from hypothesis import strategies as st

from agents.routing.order import (
    MAX_PRIORITY,
    PRIORITY_WORTH_MS,
    front_rank_ms,
    overtaken_for_ms,
    rank_ms,
)

TIMES = st.integers(0, 10**13)
PRIORITIES = st.integers(0, MAX_PRIORITY)


@given(TIMES, PRIORITIES, st.integers(0, 10**8), PRIORITIES)
def test_nobody_passes_after_the_bound(since: int, priority: int, later: int, other: int) -> None:
    if rank_ms(since + later, other) < rank_ms(since, priority):
        assert later < overtaken_for_ms(priority)
        assert other > priority


@given(TIMES, PRIORITIES, PRIORITIES)
def test_the_bound_is_reached_by_no_more_than_it_says(since: int, priority: int, other: int) -> None:
    gained = (other - priority) * PRIORITY_WORTH_MS
    if gained > 0:
        assert rank_ms(since + gained - 1, other) < rank_ms(since, priority)
        assert rank_ms(since + gained, other) == rank_ms(since, priority)


@given(TIMES, st.integers(0, 10**8), PRIORITIES)
def test_equal_priority_is_first_come_first_served(since: int, later: int, priority: int) -> None:
    assert rank_ms(since, priority) <= rank_ms(since + later, priority)


@given(TIMES, st.integers())
def test_priorities_beyond_the_scale_count_as_its_ends(since: int, priority: int) -> None:
    assert since - MAX_PRIORITY * PRIORITY_WORTH_MS <= rank_ms(since, priority) <= since


@given(TIMES, st.none() | st.integers(-(10**6), 10**13))
def test_the_head_is_before_everybody(own: int, lowest: int | None) -> None:
    rank = front_rank_ms(own, lowest)
    assert rank <= own
    assert lowest is None or rank < lowest


@given(st.lists(st.tuples(st.integers(0, 200), PRIORITIES), min_size=1, max_size=60), PRIORITIES)
def test_a_waiter_is_served_after_a_bounded_number_of_others(
    arrivals: list[tuple[int, int]], priority: int
) -> None:
    """One seat, one served every 10 s, arrivals every few seconds of any priority for ever after: whoever
    waits is passed only by those who came within the bound, so the count of them is bounded, too.
    """
    queue: list[tuple[int, int, bool]] = [(rank_ms(0, priority), -1, True)]
    at = 0
    for number, (gap_s, other) in enumerate(arrivals):
        at += gap_s * 1000
        heapq.heappush(queue, (rank_ms(at, other), number, False))
    passed = 0
    while not queue[0][2]:
        heapq.heappop(queue)
        passed += 1
    at = within = 0
    for gap_s, _ in arrivals:
        at += gap_s * 1000
        within += at < overtaken_for_ms(priority)
    assert passed <= within
