"""Whoever has the least to do. Pure."""

from __future__ import annotations

from collections.abc import Callable

from agents.routing.strategies.base import Key, Strategy, gettext_noop
from agents.routing.terms import Candidate, Policy, Scored, Wants


class LeastBusy(Strategy):
    """The lowest load relative to capacity, then fewest conversations, then who was served longest ago."""

    name = "least_busy"
    label = gettext_noop("least busy")

    def key(self, wants: Wants, policy: Policy) -> Callable[[Candidate], Key]:
        """Load, seats taken, last assignment."""
        return lambda candidate: (candidate.load, candidate.used, candidate.served_ms)

    def scorer(self, wants: Wants, policy: Policy, now_ms: int) -> Callable[[Candidate], Scored]:
        """The free share of capacity, which is the only part."""

        def score(candidate: Candidate) -> Scored:
            free = max(0.0, 1 - candidate.load)
            return Scored(candidate, free, {"capacity": free})

        return score
