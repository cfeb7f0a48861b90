"""`conversations/`: what a caller may see, filtered and searched, and one of them as it stands now."""

from __future__ import annotations

import contextlib
import uuid
from datetime import datetime
from typing import Any, Final

from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat import receipts
from chat.api import rate
from chat.api.authentication import caller
from chat.api.paging import PageQuery, checked, listed, newest_first
from chat.api.schema import CURSOR, LIMIT, PersonRefSerializer, errors, page_of
from chat.conversation import Participant, State, decode_state
from chat.errors import KefuError
from chat.journal import journal
from chat.journal.base import Head, JournalUnavailable
from chat.models import Conversation, ConversationStatus, Visitor

STATUSES: Final = tuple(ConversationStatus.values)


class VisitorCardSerializer(serializers.Serializer[Any]):
    """The visitor beside a conversation; `verified` when the site vouches for who it is."""

    id = serializers.UUIDField()
    name = serializers.CharField(allow_null=True)
    avatar_url = serializers.CharField(allow_null=True)
    verified = serializers.BooleanField()
    blocked = serializers.BooleanField()


class ConversationSerializer(serializers.Serializer[Any]):
    """A conversation as one row of a list. Times are ms since the epoch, marks are sequence numbers."""

    id = serializers.UUIDField()
    site = serializers.UUIDField()
    status = serializers.ChoiceField(choices=STATUSES)
    visitor = VisitorCardSerializer()
    agent = PersonRefSerializer(allow_null=True)
    head = serializers.IntegerField(help_text="Its last seq.")
    unread = serializers.IntegerField(help_text="Messages of the other side above the caller's read mark.")
    last_text = serializers.CharField(
        allow_null=True, help_text="null for visitors, who read the log itself."
    )
    last_at = serializers.IntegerField(allow_null=True)
    waiting_since = serializers.IntegerField(allow_null=True)
    visitor_delivered = serializers.IntegerField()
    visitor_read = serializers.IntegerField()
    agent_delivered = serializers.IntegerField()
    agent_read = serializers.IntegerField()
    rating = serializers.IntegerField(allow_null=True)
    rating_text = serializers.CharField(allow_null=True)
    page = serializers.DictField(help_text="The page it began on.")
    created_at = serializers.IntegerField()
    closed_at = serializers.IntegerField(allow_null=True)


class ConversationQuery(PageQuery):
    """Filters; all of them narrow down."""

    status = serializers.CharField(required=False, max_length=40)
    agent = serializers.CharField(required=False, max_length=36)
    site = serializers.UUIDField(required=False)
    visitor = serializers.UUIDField(required=False)
    q = serializers.CharField(required=False, max_length=100, allow_blank=True)

    def validate_status(self, value: str) -> list[str]:
        """One status or several with commas."""
        wanted = [part.strip() for part in value.split(",")]
        if not set(wanted) <= set(STATUSES):
            raise serializers.ValidationError(f"Any of {', '.join(STATUSES)}.")
        return wanted

    def validate_agent(self, value: str) -> str | uuid.UUID:
        """`me`, `none` or an agent's id."""
        if value in ("me", "none"):
            return value
        try:
            return uuid.UUID(value)
        except ValueError:
            raise serializers.ValidationError("me, none or an agent's id.") from None


class ConversationsView(APIView):
    """The caller's list."""

    @extend_schema(
        operation_id="conversations_list",
        summary="List conversations",
        description=(
            "Agents see those of their sites that hold a visitor's message, visitors their own; latest "
            "first. Status, head and agent are as of now, membership in a filtered list may lag by a "
            "second."
        ),
        tags=["conversations"],
        parameters=[
            OpenApiParameter(
                "status", str, description=f"Any of {', '.join(STATUSES)}; several with commas."
            ),
            OpenApiParameter("agent", str, description="`me`, `none` or an agent's id."),
            OpenApiParameter("site", uuid.UUID),
            OpenApiParameter("visitor", uuid.UUID),
            OpenApiParameter(
                "q", str, description="Part of a visitor's name, e-mail, phone or id, or of a text."
            ),
            CURSOR,
            LIMIT,
        ],
        responses={200: page_of("Conversation", ConversationSerializer), **errors(400, 401, 403, 429, 503)},
    )
    def get(self, request: Request) -> Response:
        """A page."""
        who = caller(request)
        rate.check_reading(request, who)
        query = checked(ConversationQuery, request.query_params)
        rows, meta = newest_first(_filtered(who, query), query, by="last_at")
        truth = _truth(rows)
        kept = [row for row in rows if _still_fits(row, truth.get(str(row.id)), query, who)]
        return Response(listed(shown(kept, who, truth), meta))


class ConversationView(APIView):
    """One conversation."""

    @extend_schema(
        operation_id="conversations_retrieve",
        summary="Read a conversation",
        tags=["conversations"],
        responses={200: ConversationSerializer, **errors(401, 403, 404, 429, 503)},
    )
    def get(self, request: Request, conversation: uuid.UUID) -> Response:
        """It, as it stands now."""
        who = caller(request)
        rate.check_reading(request, who)
        row = visible(who).filter(pk=conversation).first()
        if row is None:
            raise KefuError("not_found", "no such conversation")
        return Response(shown([row], who, _truth([row]))[0])


def visible(who: Participant) -> QuerySet[Conversation]:
    """The conversations a person may see at all: strangers' do not exist for them."""
    rows = Conversation.objects.select_related("visitor")
    if who.kind == "visitor":
        return rows.filter(visitor_id=who.id or None)  # type: ignore[misc]
    return rows if who.sites is None else rows.filter(site_id__in=who.sites)


def shown(
    rows: list[Conversation], who: Participant, truth: dict[str, tuple[Head, State]]
) -> list[dict[str, Any]]:
    """Rows as the API gives them; two look-ups (unread, and the caller's `truth`) however many there are."""
    unread = receipts.unread_counts([str(row.id) for row in rows], who.kind)
    return [_shown(row, who, unread.get(str(row.id), 0), truth.get(str(row.id))) for row in rows]


def _shown(
    row: Conversation, who: Participant, unread: int, truth: tuple[Head, State] | None
) -> dict[str, Any]:
    status, agent, closed_at, rating = _standing(row, truth)
    return {
        "id": str(row.id),
        "site": str(row.site_id),
        "status": status,
        "visitor": _visitor_card(row.visitor),
        "agent": agent,
        "head": max(row.head, truth[0].head) if truth else row.head,
        "unread": unread,
        "last_text": row.last_text if who.kind != "visitor" else None,
        "last_at": row.last_at or None,
        "waiting_since": row.waiting_since if who.kind != "visitor" else None,
        "visitor_delivered": row.visitor_delivered,
        "visitor_read": row.visitor_read,
        "agent_delivered": row.agent_delivered,
        "agent_read": row.agent_read,
        "rating": rating,
        "rating_text": row.rating_text or None,
        "page": row.page,
        "created_at": ms(row.created_at),
        "closed_at": closed_at,
    }


def _standing(
    row: Conversation, truth: tuple[Head, State] | None
) -> tuple[str, dict[str, str | None] | None, int | None, int | None]:
    """Status, agent, closed_at and rating: the log's where it is hot, else the row's, which is complete
    then.
    """
    if truth is not None:
        state = truth[1]
        agent = {"id": state.agent.id, "name": state.agent.name} if state.agent else None
        return state.status, agent, state.closed_at, state.rating
    by = {"id": str(row.agent_id), "name": row.agent_name or None} if row.agent_id else None
    return row.status, by, ms(row.closed_at), row.rating


def _visitor_card(visitor: Visitor) -> dict[str, Any]:
    return {
        "id": str(visitor.id),
        "name": visitor.name or None,
        "avatar_url": visitor.avatar_url or None,
        "verified": visitor.external_id is not None,
        "blocked": visitor.blocked_at is not None,
    }


def ms(moment: datetime | None) -> int | None:
    """Milliseconds since the epoch."""
    return None if moment is None else round(moment.timestamp() * 1000)


def _truth(rows: list[Conversation]) -> dict[str, tuple[Head, State]]:
    """The log's word on these rows in one look; nothing while the journal is out of reach."""
    if not rows:
        return {}
    try:
        heads = journal().heads([str(row.id) for row in rows])
    except JournalUnavailable:
        return {}
    return {key: (head, decode_state(head.state)) for key, head in heads.items()}


def _filtered(who: Participant, query: dict[str, Any]) -> QuerySet[Conversation]:
    rows = visible(who)
    if who.kind != "visitor":
        rows = rows.filter(visitor_seq__gt=0)
    if "status" in query:
        rows = rows.filter(status__in=query["status"])
    match query.get("agent"):
        case "me":
            rows = rows.filter(agent_id=who.id)
        case "none":
            rows = rows.filter(agent_id=None)
        case uuid.UUID() as agent_id:
            rows = rows.filter(agent_id=agent_id)
        case _:
            pass
    if "site" in query:
        rows = rows.filter(site_id=query["site"])
    if "visitor" in query:
        rows = rows.filter(visitor_id=query["visitor"])
    return _searched(rows, query.get("q", ""), who)


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


def _still_fits(
    row: Conversation, truth: tuple[Head, State] | None, query: dict[str, Any], who: Participant
) -> bool:
    """Whether the log agrees that the row belongs in this list: a conversation accepted just now waits no
    more.
    """
    if truth is None:
        return True
    state = truth[1]
    if "status" in query and state.status not in query["status"]:
        return False
    agent = state.agent.id if state.agent else None
    match query.get("agent"):
        case None:
            return True
        case "me":
            return agent == who.id
        case "none":
            return agent is None
        case wanted:
            return agent == str(wanted)
