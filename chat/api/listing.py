"""The list of conversations: which filters there are, what they mean, and in which order rows come.

The same filters serve `GET conversations/`, the console's saved views and their counts.
"""

from __future__ import annotations

import contextlib
import uuid
from typing import Any, Final

from django.db.models import F, Q, QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from chat.api.paging import PageQuery
from chat.conversation import Participant, State
from chat.errors import KefuError
from chat.models import Channel, Conversation, ConversationStatus

STATUSES: Final = tuple(ConversationStatus.values)
CHANNELS: Final = tuple(Channel.values)
MAX_LABELS: Final = 10

#: order → the columns it goes by; "-" is descending. What is null stands last in `waiting`.
ORDERS: Final[dict[str, tuple[str, ...]]] = {
    "latest": ("-last_at",),
    "oldest": ("last_at",),
    "waiting": ("waiting_since",),
    "priority": ("-visitor__priority", "-last_at"),
}

PARAMETERS: Final = [
    OpenApiParameter("status", str, description=f"Any of {', '.join(STATUSES)}; several with commas."),
    OpenApiParameter("agent", str, description="`me`, `none` or an agent's id."),
    OpenApiParameter("guest", str, enum=["me"], description="`me`: those the caller was invited to."),
    OpenApiParameter("group", str, description="`none` or a group's id."),
    OpenApiParameter("label", str, description="Labels' ids with commas: those that bear all of them."),
    OpenApiParameter("channel", str, description=f"Any of {', '.join(CHANNELS)}; several with commas."),
    OpenApiParameter("site", uuid.UUID),
    OpenApiParameter("visitor", uuid.UUID),
    OpenApiParameter("q", str, description="Part of a visitor's name, e-mail, phone or id, or of a text."),
    OpenApiParameter("snoozed", bool, description="Only those put aside, or only the others."),
    OpenApiParameter(
        "priority", {"type": "integer", "minimum": 0, "maximum": 10}, description="At least this."
    ),
    OpenApiParameter("waiting", bool, description="true: open, and the visitor waits for an answer."),
    OpenApiParameter("unread", bool, description="true: holds words of the visitor nobody has read."),
    OpenApiParameter("order", str, enum=list(ORDERS), description="Default: latest."),
]


class Several(serializers.CharField):
    """A comma-separated list from a query, or a JSON array; each part checked by `part`."""

    def __init__(self, allowed: tuple[str, ...] | None = None, most: int = 10, **options: Any) -> None:
        super().__init__(**options)
        self.allowed = allowed
        self.most = most

    def to_internal_value(self, data: Any) -> Any:
        """The parts, in order, without repeats."""
        given = data if isinstance(data, list) else super().to_internal_value(data).split(",")
        if not all(isinstance(part, str) for part in given):
            raise serializers.ValidationError("A list of strings.")
        parts = list(dict.fromkeys(part.strip() for part in given))
        if len(parts) > self.most:
            raise serializers.ValidationError(f"At most {self.most}.")
        if self.allowed is not None:
            if not set(parts) <= set(self.allowed):
                raise serializers.ValidationError(f"Any of {', '.join(self.allowed)}.")
            return parts
        try:
            return [str(uuid.UUID(part)) for part in parts]
        except ValueError:
            raise serializers.ValidationError("Ids with commas.") from None

    def to_representation(self, value: Any) -> Any:
        """As it is stored."""
        return value


class SomeoneOr(serializers.CharField):
    """One of some words, or an id in canonical form."""

    def __init__(self, *words: str, **options: Any) -> None:
        super().__init__(max_length=36, **options)
        self.words = words

    def to_internal_value(self, data: Any) -> str:
        """The word, or the id."""
        value = super().to_internal_value(data)
        if value in self.words:
            return value
        try:
            return str(uuid.UUID(value))
        except ValueError:
            raise serializers.ValidationError(f"{', '.join(self.words)} or an id.") from None


class ConversationFilters(serializers.Serializer[Any]):
    """What narrows the list; all of them together."""

    status = Several(STATUSES, required=False)
    agent = SomeoneOr("me", "none", required=False)
    guest = serializers.ChoiceField(choices=["me"], required=False)
    group = SomeoneOr("none", required=False)
    label = Several(most=MAX_LABELS, required=False)  # type: ignore[assignment]
    channel = Several(CHANNELS, required=False)
    site = serializers.UUIDField(required=False)
    q = serializers.CharField(required=False, max_length=100, allow_blank=True)
    snoozed = serializers.BooleanField(required=False, allow_null=True, default=None)
    priority = serializers.IntegerField(required=False, min_value=0, max_value=10)
    waiting = serializers.BooleanField(required=False, allow_null=True, default=None)
    unread = serializers.BooleanField(required=False, allow_null=True, default=None)
    order = serializers.ChoiceField(choices=list(ORDERS), required=False, default="latest")


class ConversationQuery(ConversationFilters, PageQuery):
    """Filters of the list's URL, and its page."""

    visitor = serializers.UUIDField(required=False)


def filtered(rows: QuerySet[Conversation], who: Participant, query: dict[str, Any]) -> QuerySet[Conversation]:
    """Those of `rows` (what `who` may see) that the filters leave. Raises `forbidden` when a visitor
    searches.
    """
    if who.kind != "visitor":
        rows = rows.filter(visitor_seq__gt=0)
    if query.get("status"):
        rows = rows.filter(status__in=query["status"])
    agent = {"me": who.id, "none": None}.get(query.get("agent", ""), query.get("agent"))
    if "agent" in query:
        rows = rows.filter(agent_id=agent)
    if "guest" in query:
        # A list of ids, read as text: SQLite knows no containment of JSON.
        rows = rows.filter(guests__icontains=who.id or "")
    if "group" in query:
        rows = rows.filter(group_id=None if query["group"] == "none" else query["group"])
    for label in query.get("label") or ():
        rows = rows.filter(labels=label)
    if query.get("channel"):
        rows = rows.filter(channel__in=query["channel"])
    if "site" in query:
        rows = rows.filter(site_id=query["site"])
    if "visitor" in query:
        rows = rows.filter(visitor_id=query["visitor"])
    if query.get("snoozed") is not None:
        rows = rows.filter(snoozed_until__isnull=not query["snoozed"])
    if query.get("priority"):
        rows = rows.filter(visitor__priority__gte=query["priority"])
    waits = Q(waiting_since__isnull=False) & ~Q(status=ConversationStatus.CLOSED)
    if query.get("waiting") is not None:
        rows = rows.filter(waits if query["waiting"] else ~waits)
    elif query.get("order") == "waiting":
        rows = rows.filter(waiting_since__isnull=False)  # nobody waits in the others: they have no place here
    if query.get("unread") is not None:
        rows = rows.filter(
            visitor_seq__gt=F("agent_read")
        ) if query["unread"] else rows.filter(visitor_seq__lte=F("agent_read"))  # fmt: skip
    return _searched(rows, query.get("q", ""), who)


def still_fits(state: State | None, query: dict[str, Any], who: Participant) -> bool:
    """Whether the log agrees that a row belongs in this list: a conversation accepted just now waits no
    more. None: the log has nothing to say, the row is complete.
    """
    if state is None:
        return True
    if query.get("status") and state.status not in query["status"]:
        return False
    agent = state.agent.id if state.agent else None
    wanted = query.get("agent")
    if wanted is not None and agent != {"me": who.id, "none": None}.get(wanted, wanted):
        return False
    if "guest" in query and who.id not in {guest.id for guest in state.guests}:
        return False
    group = state.group.id if state.group else None
    if "group" in query and group != (None if query["group"] == "none" else query["group"]):
        return False
    snoozed = query.get("snoozed")
    if snoozed is not None and snoozed is (state.snoozed_until is None):
        return False
    return set(query.get("label") or ()) <= {label.id for label in state.labels}


def _searched(rows: QuerySet[Conversation], words: str, who: Participant) -> QuerySet[Conversation]:
    if not words:
        return rows
    if who.kind == "visitor":
        raise KefuError("forbidden", "only agents search")
    found = (
        Q(visitor__name__icontains=words)
        | Q(visitor__email__icontains=words)
        | Q(visitor__phone__contains=words)
        | Q(visitor__external_id=words)
        | Q(last_text__icontains=words)
    )
    with contextlib.suppress(ValueError):
        found |= Q(pk=uuid.UUID(words))
    return rows.filter(found)
