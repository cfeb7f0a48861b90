"""Who had a conversation when: `Assignment` rows from the acts of a batch. Feeds quality and replay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from agents.models import Assignment, Seat
from agents.routing import bulk
from chat.ports import Moved, Step

#: Acts after which somebody else, or nobody, has it.
OWNING: Final = frozenset(
    ("queued", "assigned", "accepted", "transferred", "refused", "handoff", "closed", "reopened")
)
_NAMES: Final = {"assigned": "routed", "refused": "returned"}
_LONGEST: Final = 16  # characters of how and ended_by


def owner_after(step: Step, moved: Moved) -> str | None:
    """The agent who has it after this act; None for nobody."""
    match step.name:
        case "assigned" | "accepted" | "transferred":
            return _id(step.data.get("agent"))
        case "refused":
            return _id(step.data.get("back"))
        case "reopened" if step.data.get("keep_agent"):
            return moved.state.agent.id if moved.state.agent else None
        case _:
            return None


def ending(step: Step) -> str:
    """What an assignment that this act ends is said to have ended by."""
    if step.name == "queued":
        return str(step.data.get("reason") or "queued")[:_LONGEST]
    if step.name == "transferred":
        return (
            "taken_over" if step.data.get("take_over") else "bot" if step.data.get("bot") else "transferred"
        )
    return step.name


def beginning(step: Step) -> str:
    """How an assignment that this act begins came about."""
    if step.name == "assigned" and step.data.get("reason") == "returned":
        return "returned"
    if step.name == "transferred" and step.data.get("take_over"):
        return "taken_over"
    return _NAMES.get(step.name, step.name)


def record(
    batch: Sequence[Moved], seats: Mapping[str, Seat], agents: set[str], groups: set[str]
) -> list[bulk.Statement]:
    """What these batches of acts mean for who had what, as statements; none for acts that were recorded
    before.

    `seats`: as they were before the batch, for the decision behind each; `agents`, `groups`: those that
    exist. Inside persistence's transaction, which holds the conversations' rows: nobody else writes theirs.
    """
    # Who has just asked for the first time was nobody's.
    acted = [moved for moved in batch if moved.steps or moved.replied_at is not None]
    if not acted:
        return []
    since = min(min((step.at_ms for step in moved.steps), default=0) for moved in acted)
    sql = (
        f"{bulk.select(Assignment)} WHERE {bulk.among('conversation')} "
        "AND (ended_ms IS NULL OR at_ms >= %s) ORDER BY at_ms"
    )
    rows: defaultdict[str, list[Assignment]] = defaultdict(list)
    for row in Assignment.objects.raw(sql, [bulk.ids_text(each.state.conversation for each in acted), since]):
        rows[str(row.conversation)].append(row)
    made: list[Assignment] = []
    changed: dict[Any, Assignment] = {}
    for moved in acted:
        _walk(moved, rows[moved.state.conversation], seats, agents, groups, made, changed)
    ended = [row for row in changed.values() if not row._state.adding]
    return [
        *bulk.updating(ended, ["ended_ms", "ended_by", "first_reply_ms"]),
        *bulk.inserting(made),
    ]


def _walk(
    moved: Moved,
    rows: list[Assignment],
    seats: Mapping[str, Seat],
    agents: set[str],
    groups: set[str],
    made: list[Assignment],
    changed: dict[Any, Assignment],
) -> None:
    conversation = moved.state.conversation
    current = next((row for row in rows if row.ended_ms is None), None)
    for step in moved.steps:
        if step.name not in OWNING:
            continue
        owner = owner_after(step, moved)
        if current is not None and owner == str(current.agent_id):
            continue
        seen = any(row.at_ms == step.at_ms and str(row.agent_id) == owner for row in rows)
        if current is not None and not seen and step.at_ms >= current.at_ms:
            current.ended_ms, current.ended_by = step.at_ms, ending(step)
            changed[current.pk] = current
            current = None
        if owner is None or owner not in agents or seen or current is not None:
            continue
        group = _id(step.data.get("group")) or (moved.state.group.id if moved.state.group else None)
        current = Assignment(
            conversation=conversation, site_id=moved.state.site, agent_id=owner, at_ms=step.at_ms,
            group_id=group if group in groups else None,
            decision=_decision(step, seats.get(conversation)), how=beginning(step)[:_LONGEST],
        )  # fmt: skip
        rows.append(current)
        made.append(current)
    replied = moved.replied_at
    if (
        current is not None
        and replied is not None
        and current.first_reply_ms is None
        and replied >= current.at_ms
    ):
        current.first_reply_ms = replied
        changed[current.pk] = current


def _decision(step: Step, seat: Seat | None) -> str | None:
    given = step.data.get("decision")
    if given is None and seat is not None and not seat.confirmed and step.name == "assigned":
        given = seat.decision
    return None if given is None else str(given)


def rate(batch: Sequence[Moved]) -> None:
    """A rating belongs to whoever had the conversation last. After what `record` said was written."""
    for moved in batch:
        for step in moved.steps:
            if step.name == "rated":
                last = Assignment.objects.filter(conversation=moved.state.conversation).order_by("-at_ms")[:1]
                rating = step.data.get("rating")
                if isinstance(rating, int) and 1 <= rating <= 5:
                    Assignment.objects.filter(pk__in=list(last.values_list("pk", flat=True))).update(
                        rating=rating
                    )


def _id(person: Any) -> str | None:
    return str(person["id"]) if isinstance(person, dict) and person.get("id") else None
