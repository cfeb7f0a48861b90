"""Telling those who follow persistence (`chat.ports.Follower`) what moved: with it, and once durable."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from django.db import transaction

from chat import metrics, ports
from chat.persistence.halving import in_halves
from chat.persistence.projection import Row, state_of
from chat.ports import Follower, Moved

log = structlog.get_logger(__name__)


def follow(rows: Sequence[Row], careful: bool = True) -> None:
    """Have every follower take these rows in, within this transaction, and nudge it after the commit.

    Raises `DatabaseError` when the database itself is in trouble. What a follower cannot digest is logged
    and counted instead: its own rows stay as they were, and the log goes on. Without `careful` whatever it
    raises is raised.
    """
    followers = ports.followers()
    if not followers:
        return
    moved = [moved_of(row) for row in rows if row.moved]
    if not moved:
        return
    for follower in followers:
        if careful:
            _take_in(follower, moved)
        else:
            follower.follow(moved)
    transaction.on_commit(lambda: _committed(followers, moved))


def moved_of(row: Row) -> Moved:
    """What a row tells followers."""
    return Moved(
        state=state_of(row),
        acted=row.acted,
        began=row.began,
        acts=tuple(row.acts),
        visitor_seq=row.visitor_seq,
        human_seq=row.human_seq,
        last_at=row.last_at,
        steps=tuple(row.steps),
        replied_at=row.replied_at,
        waiting_since=row.waiting_since,
    )


def _take_in(follower: Follower, moved: Sequence[Moved]) -> None:
    def digest(part: Sequence[Moved]) -> int:
        follower.follow(part)
        return 0

    def leave_out(one: Moved, cause: Exception) -> int:
        metrics.FOLLOW_FAILURES.inc()
        log.error(
            "follower_failed",
            follower=type(follower).__name__,
            conversation=one.state.conversation,
            exc_info=cause,
        )
        return 1

    in_halves(moved, digest, leave_out)


def _committed(followers: Sequence[Follower], moved: Sequence[Moved]) -> None:
    for follower in followers:
        try:
            follower.committed(moved)
        except Exception:
            log.exception("follower_not_nudged", follower=type(follower).__name__)
