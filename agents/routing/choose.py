"""The one question of routing: who gets this conversation, and why. Pure."""

from __future__ import annotations

from agents.routing.eligibility import concerns, exclusion
from agents.routing.pool import Pool
from agents.routing.strategies.base import strategies
from agents.routing.terms import DEFAULT_STRATEGY, Choice, Policy, Waiter


def choose(waiter: Waiter, pool: Pool, policy: Policy, now_ms: int) -> Choice:
    """Who gets the conversation and how that was decided. Takes no seat: call `Pool.take` once it is theirs.

    An unknown strategy's name counts as the default, so that a decision never fails on a setting.
    """
    asked = strategies().get(policy.strategy) or strategies()[DEFAULT_STRATEGY]
    order = asked.order(policy)
    lane = pool.lane(waiter.wants, order, policy)
    best = lane.best(waiter, max(1, policy.explained))
    excluded = lane.excluded(waiter)
    chosen, strategy, reason = (best[0] if best else None), order.name, "best"
    preferred = asked.preferred(waiter)
    if preferred is not None:
        known = pool.get(preferred)
        if known and concerns(waiter.wants, known) and exclusion(waiter, known) is None:
            best = [known, *(each for each in best if each.id != preferred)][: max(1, policy.explained)]
            chosen, strategy, reason = known, asked.name, "sticky"
    if chosen is None:
        reason = max(excluded, key=lambda each: excluded[each]) if excluded else "nobody"
    score = order.scorer(waiter.wants, policy, now_ms)
    ranked = tuple([score(each) for each in best[: policy.explained]])
    return Choice(chosen, ranked, excluded, strategy, reason)
