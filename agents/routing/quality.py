"""How well somebody's past conversations went, 0 to 1. Pure.

Four parts, each a share: what visitors said (CSAT), how soon the first answer came, whether it was settled,
what inspectors found. A part is the mean of what was seen and of a prior worth `PRIOR_COUNT` observations:

    part = (prior · PRIOR_COUNT + Σ observed) / (PRIOR_COUNT + n)

This is the posterior mean of a share under a Beta(prior · k, (1 − prior) · k) prior (A. Gelman et al.,
Bayesian Data Analysis, 3rd edition, 2013, section 2.4), known from rankings as the Bayesian average. So a
newcomer stands where an average colleague stands, one bad rating does not sink them, and after some dozens of
conversations their own record speaks.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

#: How many conversations the prior weighs as much as: with ten of their own, half is theirs.
PRIOR_COUNT: Final = 10
#: Where everybody begins when the team has no record: the middle, which favours and harms nobody.
NEUTRAL: Final = 0.5
#: What each part counts. Visitors' word weighs most; inspection is rare and by people who may err.
PART_WEIGHTS: Final = {"csat": 40, "response": 25, "resolution": 25, "inspection": 10}


class Served(msgspec.Struct, frozen=True):
    """One conversation somebody had; what was not observed is None. `rating` 1 to 5; `first_reply_s`: from
    the assignment to their first message; `resolved`: ended by close, neither reopened nor passed on;
    `inspection`: 0 to 1.
    """

    rating: int | None = None
    first_reply_s: float | None = None
    resolved: bool | None = None
    inspection: float | None = None


class Quality(msgspec.Struct, frozen=True):
    """The result and what it was made of; `counts`: how many observations each part had."""

    value: float
    parts: dict[str, float]
    counts: dict[str, int]


def observations(served: Served, reply_target_s: float) -> dict[str, float]:
    """Each observed part as a share. A rating of 1 is 0, of 5 is 1; a first reply within the target is 1,
    and half as much with each further target: 0.5 at twice, 0.25 at three times.
    """
    found: dict[str, float] = {}
    if served.rating is not None:
        found["csat"] = (min(max(served.rating, 1), 5) - 1) / 4
    if served.first_reply_s is not None:
        late = max(0.0, served.first_reply_s / max(reply_target_s, 1.0) - 1)
        found["response"] = 0.5 ** min(late, 60.0)
    if served.resolved is not None:
        found["resolution"] = 1.0 if served.resolved else 0.0
    if served.inspection is not None:
        found["inspection"] = min(max(served.inspection, 0.0), 1.0)
    return found


def priors(everybody: Iterable[Served], reply_target_s: float) -> dict[str, float]:
    """The team's mean of each part, itself held to `NEUTRAL` by the same weight: where newcomers begin."""
    return _means(everybody, reply_target_s, dict.fromkeys(PART_WEIGHTS, NEUTRAL))[0]


def quality(
    record: Iterable[Served], reply_target_s: float, prior: dict[str, float] | None = None
) -> Quality:
    """The quality of one agent's record; `prior` by part, `NEUTRAL` where it says nothing."""
    begin = dict.fromkeys(PART_WEIGHTS, NEUTRAL) | (prior or {})
    parts, counts = _means(record, reply_target_s, begin)
    value = sum(PART_WEIGHTS[part] * parts[part] for part in PART_WEIGHTS) / sum(PART_WEIGHTS.values())
    return Quality(value, parts, counts)


def _means(
    record: Iterable[Served], reply_target_s: float, prior: dict[str, float]
) -> tuple[dict[str, float], dict[str, int]]:
    totals, counts = dict.fromkeys(PART_WEIGHTS, 0.0), dict.fromkeys(PART_WEIGHTS, 0)
    for served in record:
        for part, share in observations(served, reply_target_s).items():
            totals[part] += share
            counts[part] += 1
    means = {
        part: (prior[part] * PRIOR_COUNT + totals[part]) / (PRIOR_COUNT + counts[part])
        for part in PART_WEIGHTS
    }
    return means, counts
