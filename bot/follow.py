"""From the log to what the bot owes: a row for each conversation of its own that waits for an answer.

Written in persistence's own transaction, so it cannot disagree with the log for longer than a batch. Whoever
answers reads the log itself; the rows are what a sweep finds after a crash, and what tells how long somebody
has waited.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from bot.models import Turn
from chat.ports import Moved
from chat.protocol.entry import now_ms

LEAVES = frozenset(("handoff", "accepted", "assigned", "transferred", "queued", "closed"))
"""Acts after which it may not be the bot's any more."""


class TurnFollower:
    """The chat room's `Follower` port. The journal's listener (`bot.answering.nudge`) has nudged already."""

    def follow(self, moved: Sequence[Moved]) -> None:
        """See `Follower.follow`. Talk among people costs nothing here."""
        owed = [each for each in moved if is_owed(each)]
        settled = [
            UUID(each.state.conversation)
            for each in moved
            if not is_owed(each) and (each.state.status == "bot" or not LEAVES.isdisjoint(each.acts))
        ]
        if settled:
            Turn.objects.filter(conversation__in=settled).delete()
        if owed:
            now = now_ms()
            Turn.objects.bulk_create(
                [
                    Turn(
                        conversation=UUID(each.state.conversation), site_id=UUID(each.state.site),
                        visitor_seq=each.visitor_seq, since_ms=now, asked_ms=each.waiting_since or 0,
                    )
                    for each in owed
                ],
                update_conflicts=True, unique_fields=["conversation"],
                update_fields=["visitor_seq", "asked_ms"],
            )  # fmt: skip

    def committed(self, moved: Sequence[Moved]) -> None:
        """See `Follower.committed`."""


def is_owed(moved: Moved) -> bool:
    """Whether the bot has it and the visitor waits."""
    return moved.state.status == "bot" and moved.waiting_since is not None and moved.visitor_seq > 0
