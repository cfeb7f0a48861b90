"""Everybody in turn, whatever they are doing. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from agents.routing.strategies.base import Key, Strategy, gettext_noop
from agents.routing.terms import Candidate, Policy, Scored, Wants

#: A turn this old shows as 1; only shown, the order knows no such bound.
LONG_MS: Final = 3_600_000


class RoundRobin(Strategy):
    """Whoever got their last conversation longest ago."""

    name = "round_robin"
    label = gettext_noop("round robin")

    def key(self, wants: Wants, policy: Policy) -> Callable[[Candidate], Key]:
        """The last assignment."""
        return lambda candidate: (candidate.served_ms,)

    def scorer(self, wants: Wants, policy: Policy, now_ms: int) -> Callable[[Candidate], Scored]:
        """How long ago the last assignment was, as a share of an hour."""

        def score(candidate: Candidate) -> Scored:
            turn = min(1.0, max(0, now_ms - candidate.served_ms) / LONG_MS)
            return Scored(candidate, turn, {"turn": turn})

        return score
