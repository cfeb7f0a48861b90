"""How long somebody in the queue will wait, from what conversations lately took. Pure.

With every seat taken, one frees each `service / seats` on average, so whoever is at position n waits for n
of them; who waits while seats are free waits for the next drain only. That is the expected wait of an M/M/c
queue given its length (L. Kleinrock, Queueing Systems I, 1975, section 3.5); it needs no arrival rate.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Final

#: A conversation's length before anything was measured: five minutes.
PRIOR_SERVICE_S: Final = 300.0
#: How many measured conversations the prior weighs as much as.
PRIOR_COUNT: Final = 5
#: A measured conversation counts as at most an hour: one left open over night says nothing about the others.
LONGEST_S: Final = 3_600.0
#: The shortest estimate told, and the longest: beyond two hours a number is no promise.
LEAST_S: Final = 5
MOST_S: Final = 7_200


def service_s(durations_s: Sequence[float]) -> float:
    """The mean length of a conversation in seconds, from recent ones and a prior worth five of them."""
    measured = [min(max(each, 0.0), LONGEST_S) for each in durations_s]
    total = PRIOR_SERVICE_S * PRIOR_COUNT + sum(measured)
    return total / (PRIOR_COUNT + len(measured))


def expected_wait_s(position: int, free: int, seats: int, mean_service_s: float) -> int | None:
    """Seconds until somebody at `position` (1: next) is served. `seats`: of all who are here, `free` of them
    not taken. None when there are no seats: nobody can say. Rounded as people do: to 5 s, beyond a minute to
    half minutes, beyond ten to minutes.
    """
    if seats <= 0:
        return None
    ahead = max(0, position - max(0, free))
    seconds = min(max(ahead * mean_service_s / seats, LEAST_S), MOST_S)
    step = 5 if seconds <= 60 else 30 if seconds <= 600 else 60
    return round(seconds / step) * step or LEAST_S


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of them do not exceed (nearest rank); 0 for none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 1000) // 1000) - 1)]


def mean(values: Sequence[float]) -> float:
    """The mean, 0 for none."""
    return statistics.fmean(values) if values else 0.0
