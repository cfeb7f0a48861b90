"""From the log to the rows of routing, in the transaction that persists it: queue, seats, who had what.

The rows are derived from the state a batch ends with, so doing it twice changes nothing and a batch missed is
made up for by the next one (`agents.routing.repair` finds what no batch brings). Plain talk costs one
statement for all of it; only acts that change who answers, and first messages, are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

from agents.models import Assignment, Group, Seat, Waiting
from agents.routing import bulk, history, queue, seats, talk
from agents.routing.policies import policies
from chat.ids import is_uuid
from chat.models import Conversation
from chat.ports import Moved, Step

TURNS: Final = history.OWNING | {"snoozed", "woken", "rated", "left_message"}
BACK_IN_FRONT: Final = frozenset(("no_answer", "silent", "gone", "refused", "woken"))
"""Reasons after which somebody waits again who was being served: they go before everybody else."""
REFUSED_BY: Final = ("no_answer", "silent", "refused")
REMEMBERED_MS: Final = 3_600_000
"""For an hour an agent who missed or refused a conversation does not get it again while it waits."""


class RoutingFollower:
    """The chat room's `Follower` port. `after`: called with what may need routing, once it is durable."""

    def __init__(self, after: Callable[[Sequence[Moved]], None]) -> None:
        self._after = after

    def follow(self, moved: Sequence[Moved]) -> None:
        """See `Follower.follow`."""
        turns = [each for each in moved if is_turn(each)]
        turned = {each.state.conversation for each in turns}
        words = [
            each for each in moved if each.state.status == "active" and each.state.conversation not in turned
        ]
        if turns:
            settle(turns)
        if words:
            talk.take_in(words, policies())

    def committed(self, moved: Sequence[Moved]) -> None:
        """See `Follower.committed`."""
        turns = [each for each in moved if is_turn(each)]
        if turns:
            self._after(turns)


def is_turn(moved: Moved) -> bool:
    """Whether it may change who answers or waits."""
    return moved.began or not TURNS.isdisjoint(moved.acts)


def settle(turns: Sequence[Moved]) -> None:
    """Make the rows of these conversations what their states say. Inside persistence's transaction.

    Locks in the order of `agents.routing.seats`.
    """
    ids = sorted(UUID(each.state.conversation) for each in turns)
    waiting = {str(row.pk): row for row in bulk.locked(Waiting, ids)}
    taken = {str(row.pk): row for row in bulk.locked(Seat, ids)}
    agents = {each.state.agent.id for each in turns if each.state.agent is not None}
    agents |= {str(row.agent_id) for row in taken.values()}
    agents |= {owner for each in turns for step in each.steps if (owner := history.owner_after(step, each))}
    known = set(seats.lock(agents))
    groups = _existing_groups(turns)
    written = history.record(turns, taken, known, groups)
    changes = _Changes(waiting, taken, known, groups)
    for each in turns:
        changes.weigh(each)
    if changes.asks_history:
        bulk.run(written)
        written = []
    bulk.run([*written, *changes.statements()])
    history.rate(turns)


class _Changes:
    """What a batch does to the rows, gathered so that each kind of row is written in one statement."""

    def __init__(
        self, waiting: dict[str, Waiting], taken: dict[str, Seat], agents: set[str], groups: set[str]
    ) -> None:
        self._waiting, self._taken, self._agents, self._groups = waiting, taken, agents, groups
        self._gone: list[UUID] = []
        self._entries: list[queue.Entry] = []
        self._moved: list[Waiting] = []
        self._freed: list[Seat] = []
        self._seated: list[Seat] = []
        self._kept: list[Seat] = []

    @property
    def asks_history(self) -> bool:
        """Whether somebody waits again: who missed or refused them is read from what was recorded."""
        return any(each.front for each in self._entries)

    def weigh(self, moved: Moved) -> None:
        """Compare a conversation's state with its rows."""
        state = moved.state
        conversation = state.conversation
        row, seat = self._waiting.get(conversation), self._taken.get(conversation)
        if state.status == "queued":
            if seat is not None and not _is_pending(seat, moved):
                self._freed.append(seat)
                seat = None
            if seat is None:
                self._wait(moved, row)
            return
        if row is not None:
            self._gone.append(row.pk)
        agent = state.agent.id if state.status == "active" and state.agent is not None else None
        if agent is None or state.snoozed_until is not None or agent not in self._agents:
            if seat is not None:
                self._freed.append(seat)
            return
        self._sit(moved, agent, seat)

    def _wait(self, moved: Moved, row: Waiting | None) -> None:
        state = moved.state
        group = state.group.id if state.group is not None and state.group.id in self._groups else None
        step = _last(moved, history.OWNING)
        left = "left_message" in moved.acts
        if row is not None:
            if step is not None and (str(row.group_id) if row.group_id else None) != group:
                row.group_id = UUID(group) if group else None
                row.wants, row.entered_ms = queue.UNPLACED, step.at_ms
                row.overflows += step.data.get("reason") == "overflow"
                self._moved.append(row)
            elif left and not row.left:
                row.left = True
                self._moved.append(row)
            return
        if step is None and not moved.visitor_seq:
            return  # nobody has asked anything yet
        reason = "refused" if step and step.name == "refused" else step.data.get("reason") if step else None
        since = step.at_ms if step is not None else moved.waiting_since or moved.last_at
        front = reason in BACK_IN_FRONT
        self._entries.append(
            queue.Entry(
                state.conversation, state.site, state.visitor, group, since, front=front, left=left
            )
        )  # fmt: skip

    def _sit(self, moved: Moved, agent: str, seat: Seat | None) -> None:
        state = moved.state
        group = UUID(state.group.id) if state.group is not None and state.group.id in self._groups else None
        step = _last(moved, history.OWNING | {"woken"})
        at = step.at_ms if step is not None else moved.last_at
        desk = policies().desk(state.site, str(group) if group else None)
        due = talk.due_after(moved, at, desk)
        if seat is None:
            self._seated.append(
                Seat(
                    conversation=UUID(state.conversation), agent_id=agent, site_id=state.site, group_id=group,
                    taken_ms=at, due_ms=due,
                )
            )  # fmt: skip
            return
        if str(seat.agent_id) != agent:
            # The seat is another's now: the count of both is made anew.
            self._freed.append(Seat(conversation=seat.conversation, agent_id=seat.agent_id))
            self._seated.append(
                Seat(
                    conversation=seat.conversation, agent_id=agent, site_id=seat.site_id, group_id=group,
                    channel=seat.channel, taken_ms=at, due_ms=due,
                )
            )  # fmt: skip
            return
        seat.confirmed, seat.group_id = True, group
        if step is not None or moved.replied_at is not None:
            seat.due_ms = due
        self._kept.append(seat)

    def statements(self) -> list[bulk.Statement]:
        """All of it: waiting rows, seats, and the counts of those whose seats changed. A query for seats
        that did not come from a reservation, two for those who wait again.
        """
        if self._seated:
            self._name_channels()
        entries = self._rows_entering() if self._entries else []
        return [
            *bulk.deleting(Waiting, self._gone),
            *bulk.updating(self._moved, ["group", "wants", "entered_ms", "overflows", "left"]),
            *bulk.inserting(entries, ignore_conflicts=True),
            *bulk.deleting(Seat, [seat.pk for seat in self._freed]),
            *bulk.inserting(self._seated),
            *bulk.updating(self._kept, ["confirmed", "group", "due_ms"]),
            *seats.recounting(str(seat.agent_id) for seat in (*self._freed, *self._seated)),
        ]

    def _rows_entering(self) -> list[Waiting]:
        back = [each.conversation for each in self._entries if each.front]
        refused: dict[str, list[str]] = {}
        if back:
            since = max(each.since_ms for each in self._entries) - REMEMBERED_MS
            rows = Assignment.objects.filter(
                conversation__in=back, ended_by__in=REFUSED_BY, ended_ms__gte=since
            )
            for conversation, agent in rows.values_list("conversation", "agent_id"):
                refused.setdefault(str(conversation), []).append(str(agent))
        entering = queue.rows_of(self._entries)
        for row in entering:
            row.refused = sorted(set(refused.get(str(row.conversation), ())))
        return entering

    def _name_channels(self) -> None:
        channels = dict(
            Conversation.objects.filter(pk__in=[seat.pk for seat in self._seated]).values_list(
                "pk", "channel"
            )
        )
        for seat in self._seated:
            seat.channel = channels.get(seat.pk, seat.channel)


def _is_pending(seat: Seat, moved: Moved) -> bool:
    """Whether it is a reservation whose act is still on its way; its taker releases it when none comes."""
    return not seat.confirmed and "assigned" not in moved.acts


def _last(moved: Moved, names: frozenset[str]) -> Step | None:
    return next((step for step in reversed(moved.steps) if step.name in names), None)


def _existing_groups(turns: Sequence[Moved]) -> set[str]:
    named = {each.state.group.id for each in turns if each.state.group is not None}
    named |= {str(group["id"]) for each in turns for step in each.steps if (group := step.data.get("group"))}
    if not named:
        return set()
    ids = [text for text in named if is_uuid(text)]
    return {str(pk) for pk in Group.objects.filter(pk__in=ids).values_list("pk", flat=True)}
