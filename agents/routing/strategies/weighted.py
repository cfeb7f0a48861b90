"""Skill, free capacity and past quality, weighed against each other: the default. Pure."""

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


def skill_part(wants: Wants, candidate: Candidate) -> float:
    """The mean level of the skills wanted, 1 for level 5 in each; 1 for everybody when none is wanted."""
    if not wants.skills:
        return 1.0
    levels = candidate.skills
    return sum([levels.get(skill, 0) for skill in wants.skills]) / (MAX_LEVEL * len(wants.skills))


class Weighted(Strategy):
    """The highest weighted sum; equal ones take turns by their last assignment."""

    name = "weighted"
    label = gettext_noop("weighted")

    def key(self, wants: Wants, policy: Policy) -> Callable[[Candidate], Key]:
        """Minus the score, then who was served longest ago."""
        skill, capacity, quality = shares(policy.weights)

        def stand(candidate: Candidate) -> Key:
            score = (
                skill * skill_part(wants, candidate)
                + capacity * max(0.0, 1 - candidate.load)
                + quality * candidate.quality
            )
            return -round(score, 9), candidate.served_ms

        return stand

    def scored(self, wants: Wants, candidate: Candidate, policy: Policy, now_ms: int) -> Scored:
        """The score and its three parts, before weighing."""
        parts = {
            "skill": skill_part(wants, candidate),
            "capacity": max(0.0, 1 - candidate.load),
            "quality": candidate.quality,
        }
        return Scored(candidate, -self.key(wants, policy)(candidate)[0], parts)
