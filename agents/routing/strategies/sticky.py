"""The agent who had this visitor last, while they are free; everybody else by another strategy. Pure."""

from __future__ import annotations

from collections.abc import Callable

from agents.routing.strategies.base import Key, Strategy, gettext_noop, strategies
from agents.routing.terms import DEFAULT_STRATEGY, Candidate, Policy, Scored, Waiter, Wants


class Sticky(Strategy):
    """Last agent first, else the order of `Policy.fallback` (the default if that is unknown or sticky)."""

    name = "sticky"
    label = gettext_noop("last agent first")

    def key(self, wants: Wants, policy: Policy) -> Callable[[Candidate], Key]:
        """The fallback's."""
        return self.order(policy).key(wants, policy)

    def scorer(self, wants: Wants, policy: Policy, now_ms: int) -> Callable[[Candidate], Scored]:
        """The fallback's."""
        return self.order(policy).scorer(wants, policy, now_ms)

    def preferred(self, waiter: Waiter) -> str | None:
        """Who had the visitor last."""
        return waiter.sticky_agent

    def order(self, policy: Policy) -> Strategy:
        """The fallback."""
        name = policy.fallback if policy.fallback != self.name else DEFAULT_STRATEGY
        return strategies().get(name) or strategies()[DEFAULT_STRATEGY]
