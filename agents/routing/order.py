"""The order of the queue, by one number that is fixed when somebody begins to wait. Pure.

A waiter's rank is the time they began to wait, moved back by their priority; lower is served first. Waiting
raises everybody's claim by the same second a second, so the order never changes by itself: aging costs no
writes, the order is an index scan, and positions are counts.
"""

from __future__ import annotations

from typing import Final

MAX_PRIORITY: Final = 10

#: What one step of priority is worth in waiting time. A visitor of priority 10 overtakes whoever came up to
#: 5 minutes before and nobody who has waited longer: half of the 10 minutes of silence after which
#: a conversation is taken from its agent (`RoutingPolicy.silence_timeout_s`), and the order of the patience
#: of people in chat queues, whose mean is a few minutes. More, and an evening of VIPs would starve others.
PRIORITY_WORTH_MS: Final = 30_000


def rank_ms(since_ms: int, priority: int) -> int:
    """The rank of somebody who waits since then. `priority` beyond 0 to 10 counts as the nearest."""
    return since_ms - min(max(priority, 0), MAX_PRIORITY) * PRIORITY_WORTH_MS


def front_rank_ms(own_ms: int, lowest_ms: int | None) -> int:
    """The rank of somebody who goes back to the head: before the lowest of the queue, None if it is empty."""
    return own_ms if lowest_ms is None else min(own_ms, lowest_ms - 1)


def overtaken_for_ms(priority: int) -> int:
    """For how long after somebody began to wait a later arrival may still pass them: the bound that keeps
    anybody from starving. (Going back to the head is not an arrival.)
    """
    return (MAX_PRIORITY - min(max(priority, 0), MAX_PRIORITY)) * PRIORITY_WORTH_MS
