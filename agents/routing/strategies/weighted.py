"""Skill, free capacity and past quality, weighed against each other: the default. Pure.

The skill part is the mean level of the skills wanted, 1 for level 5 in each, and 1 for everybody when none is
wanted; the capacity part is the share of seats that are free; quality is `agents.routing.quality`.
"""

from __future__ import annotations

from collections.abc import Callable

from agents.routing.strategies.base import Key, Strategy, gettext_noop
from agents.routing.terms import DEFAULT_WEIGHTS, MAX_LEVEL, Candidate, Policy, Scored, Wants

PARTS = ("skill", "capacity", "quality")


def shares(weights: dict[str, int]) -> tuple[float, float, float]:
    """Weights as shares of 1; unknown parts and negative numbers count nothing, all zero is the default."""
    given = [max(0, weights.get(part, 0)) for part in PARTS]
    if not any(given):
        given = [DEFAULT_WEIGHTS[part] for part in PARTS]
    total = sum(given)
    skill, capacity, quality = (each / total for each in given)
    return skill, capacity, quality


class Weighted(Strategy):
    """The highest weighted sum; equal ones take turns by their last assignment."""

    name = "weighted"
    label = gettext_noop("weighted")

    def key(self, wants: Wants, policy: Policy) -> Callable[[Candidate], Key]:
        """Minus the score, then who was served longest ago."""
        skill, capacity, quality = shares(policy.weights)
        skills, count = wants.skills, len(wants.skills)
        worth = skill / (MAX_LEVEL * max(1, count))

        def stand(candidate: Candidate) -> Key:
            seats, used = candidate.capacity, candidate.used
            score = quality * candidate.quality
            if used < seats:
                score += capacity * (1 - used / seats)
            if count:
                levels = candidate.skills
                for each in skills:
                    if each in levels:
                        score += worth * levels[each]
            else:
                score += skill
            return -score, candidate.served_ms

        return stand

    def scorer(self, wants: Wants, policy: Policy, now_ms: int) -> Callable[[Candidate], Scored]:
        """The score and its three parts, before weighing."""
        stand, count = self.key(wants, policy), len(wants.skills)

        def score(candidate: Candidate) -> Scored:
            levels = candidate.skills
            level = sum([levels.get(each, 0) for each in wants.skills])
            parts = {
                "skill": level / (MAX_LEVEL * count) if count else 1.0,
                "capacity": max(0.0, 1 - candidate.load),
                "quality": candidate.quality,
            }
            return Scored(candidate, min(1.0, -stand(candidate)[0]), parts)

        return score
