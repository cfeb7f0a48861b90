"""What time does to conversations: answers that do not come, agents who went, queues that overflow, snoozes
that end, reservations whose act was lost. One small indexed query each, every second.

Each finding is checked against the log before anything is said there, and the act carries whom it takes the
conversation from; so a sweep that comes late, twice or in two workers changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import structlog
from django.conf import settings
from django.db.models import Exists, OuterRef, Q, Subquery

from agents.metrics import REASSIGNMENTS
from agents.models import Agent, Group, Seat, Waiting
from agents.presence import trust
from agents.presence.reading import living
from agents.routing import acts, queue
from agents.routing.policies import policies
from agents.routing.router import assigns
from chat import blocks
from chat.conversation import State
from chat.models import Conversation, ConversationStatus, Visitor
from chat.protocol.commands import Act, Assign, Queue, Wake
from chat.protocol.entry import Person, now_ms

log = structlog.get_logger(__name__)

AT_ONCE: Final = 200
"""Conversations a sweep moves on for each cause; more wait a second."""
BLOCKED_LATELY_MS: Final = 60_000
"""Whoever was blacklisted longer ago was seen by an earlier sweep, or not placed in the first place."""
SETTLED_MS: Final = 10_000
"""What was said later than that may still be on its way."""
LOST_MS: Final = 5_000
"""A reservation older than that has lost its act: posting takes milliseconds."""
MOST_OVERFLOWS: Final = 5
"""How often a conversation is passed from group to group; groups may overflow in a circle."""


class Taken(msgspec.Struct, frozen=True):
    """A conversation to be taken from its agent, and why."""

    state: State
    reason: str


def sweep(now_ms: int) -> int:
    """Everything that is due; how many conversations moved. Raises `DatabaseError`, `KefuError`."""
    moved = wake(now_ms) + shut_out(now_ms) + overflow(now_ms) + lost(now_ms)
    if assigns():
        moved += overdue(now_ms) + gone(now_ms)
    return moved


def overdue(now_ms: int) -> int:
    """Agents who neither accepted nor answered in time, or fell silent."""
    rows = Seat.objects.filter(due_ms__lte=now_ms, confirmed=True).order_by("due_ms")
    taken = []
    for state in _still_with(rows.values_list("conversation", "agent_id")[:AT_ONCE]):
        taken.append(Taken(state, "no_answer" if state.offered else "silent"))
    return _take(taken)


def gone(now_ms: int) -> int:
    """Agents who are gone for longer than the grace, or were disabled: theirs go back to the head."""
    if not trust.trustworthy(now_ms):
        return 0
    before = now_ms - settings.KEFU_AGENT_GRACE_S * 1000
    away = (
        Q(agent__standing__gone_ms__lte=before) | Q(agent__is_enabled=False) | Q(agent__user__is_active=False)
    )
    rows = Seat.objects.filter(away, confirmed=True).order_by("taken_ms")
    return _take(
        [
            Taken(state, "gone")
            for state in _still_with(rows.values_list("conversation", "agent_id")[:AT_ONCE])
        ]
    )


def overflow(now_ms: int) -> int:
    """Conversations that waited too long in a group that overflows to another."""
    known = policies()
    commands: list[Queue] = []
    for group, desk in known.groups.items():
        target = known.groups.get(desk.overflow) if desk.overflow else None
        if target is None or target.group is None or not target.is_enabled or desk.overflow == group:
            continue
        late = Waiting.objects.filter(
            group_id=group, entered_ms__lte=now_ms - desk.overflow_ms, overflows__lt=MOST_OVERFLOWS
        )
        if target.sites is not None:
            late = late.filter(site__in=list(target.sites))
        ids = late.order_by("rank_ms").values_list("pk", flat=True)[: AT_ONCE - len(commands)]
        commands += [Queue(str(pk), target.group, "overflow") for pk in ids]
    return _post(commands, "overflow")


def wake(now_ms: int) -> int:
    """Snoozes whose time has come. Whoever had it has it again; the absent lose it to the queue as ever."""
    due = Conversation.objects.filter(snoozed_until__lte=now_ms).exclude(status=ConversationStatus.CLOSED)
    ids = due.order_by("snoozed_until").values_list("pk", flat=True)[:AT_ONCE]
    return sum(error is None for error in acts.post([Wake(str(pk), "due") for pk in ids]))


def shut_out(now_ms: int) -> int:
    """Waiting conversations of visitors who were blacklisted lately: placing them anew turns them away."""
    since = datetime.fromtimestamp((now_ms - BLOCKED_LATELY_MS) / 1000, UTC)
    named: set[Any] = set(blocks.named_since(since))
    named |= set(Visitor.objects.filter(blocked_at__gte=since).values_list("pk", flat=True))
    if not named:
        return 0
    rows = Waiting.objects.filter(visitor__in=list(named)).exclude(wants=queue.UNPLACED)
    return rows.update(wants=queue.UNPLACED)


def lost(now_ms: int) -> int:
    """Reservations whose act never came: the process died between the seat and the posting."""
    rows = Seat.objects.filter(confirmed=False, taken_ms__lte=now_ms - LOST_MS)[:AT_ONCE]
    free: list[tuple[str, str]] = []
    waiting: set[str] = set()
    for seat in rows:
        conversation = str(seat.conversation)
        state = acts.state_of(conversation)
        agent = state.agent.id if state is not None and state.agent is not None else None
        if state is not None and state.status == "active" and agent == str(seat.agent_id):
            continue  # the act stands in the log, persistence brings it
        free.append((conversation, str(seat.decision)))
        if state is not None and state.status == "queued":
            waiting.add(conversation)
    if not free:
        return 0
    count = acts.released(free, waiting, "lost")
    log.warning("reservations_released", seats=count)
    return count


def untold_groups() -> int:
    """Waiting conversations whose group the log was not told of: a router died before it said so."""
    rows = (
        Waiting.objects.exclude(group=None)
        .exclude(wants="")
        .annotate(
            told=Subquery(Conversation.objects.filter(pk=OuterRef("conversation")).values("group_id")[:1])
        )
    )
    found = rows.filter(told=None).values_list("pk", "group_id", "group__name")[:AT_ONCE]
    commands = [Queue(str(pk), Person(str(group), name), "new") for pk, group, name in found]
    return sum(error is None for error in acts.post(commands))


def homeless(now_ms: int) -> int:
    """Waiting conversations whose group was deleted or disabled: where they belong is found anew."""
    there = Group.objects.filter(pk=OuterRef("group_id"), is_enabled=True)
    rows = Conversation.objects.filter(
        ~Exists(there), status=ConversationStatus.QUEUED, group_id__isnull=False, visitor_seq__gt=0,
        last_at__lte=now_ms - SETTLED_MS,
    )  # fmt: skip
    ids = list(rows.order_by("last_at").values_list("pk", flat=True)[:AT_ONCE])
    if not ids:
        return 0
    moved = _post([Queue(str(pk), None, "new") for pk in ids], "homeless")
    # A deleted group has left its rows without one already: no act will seem to move them.
    Waiting.objects.filter(pk__in=ids, group=None).update(wants=queue.UNPLACED)
    return moved


def orphaned() -> int:
    """Conversations of agents who are no more: deleted, their seats went with them."""
    agent, seat = Agent.objects.filter(pk=OuterRef("agent_id")), Seat.objects.filter(pk=OuterRef("pk"))
    rows = Conversation.objects.filter(
        ~Exists(agent), ~Exists(seat), status=ConversationStatus.ACTIVE, snoozed_until=None
    )
    found = rows.order_by("last_at").values_list("pk", "agent_id")[:AT_ONCE]
    return _take([Taken(state, "gone") for state in _still_with(found)])


def _still_with(rows: Iterable[tuple[object, object]]) -> list[State]:
    """The states of those that the log still gives to these agents; others are about to be persisted."""
    found = []
    for conversation, agent in rows:
        state = acts.state_of(str(conversation))
        if state is None or state.status != "active" or state.agent is None:
            continue
        if state.agent.id == str(agent) and state.snoozed_until is None:
            found.append(state)
    return found


def _take(taken: Sequence[Taken]) -> int:
    """Back into the queue; what a colleague passed on and nobody took goes back to that colleague if they
    are here.
    """
    if not taken:
        return 0
    here = _here({each.state.offered_by.id for each in taken if each.state.offered_by is not None})
    moved = 0
    for reason in sorted({each.reason for each in taken}):
        some = [each.state for each in taken if each.reason == reason]
        commands: list[Act] = [
            Queue(state.conversation, state.group, reason, state.agent.id if state.agent else None)
            for state in some
        ]
        refused = acts.post(commands)
        done = [state for state, error in zip(some, refused, strict=True) if error is None]
        REASSIGNMENTS.labels(reason=reason).inc(len(done))
        moved += len(done)
        back = [
            Assign(state.conversation, state.offered_by, state.group, reason="returned")
            for state in done
            if state.offered_by is not None and state.offered_by.id in here
        ]
        REASSIGNMENTS.labels(reason="returned").inc(sum(error is None for error in acts.post(back)))
    return moved


def _post(commands: Sequence[Queue], reason: str) -> int:
    moved = sum(error is None for error in acts.post(commands))
    REASSIGNMENTS.labels(reason=reason).inc(moved)
    return moved


def _here(agents: set[str]) -> set[str]:
    if not agents:
        return set()

    rows = Agent.objects.filter(living(now_ms()), pk__in=list(agents), is_enabled=True, user__is_active=True)
    return {str(pk) for pk in rows.values_list("pk", flat=True)}
