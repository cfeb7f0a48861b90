"""`conversations/`: what a caller may see, filtered and searched, and one of them as it stands now."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet, TextField, prefetch_related_objects
from django.db.models.functions import Cast
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat import ports, receipts
from chat.api import rate
from chat.api.authentication import caller
from chat.api.listing import ORDERS, PARAMETERS, ConversationQuery, filtered, still_fits
from chat.api.listing import STATUSES as STATUSES
from chat.api.paging import checked, in_order, listed
from chat.api.schema import CURSOR, LIMIT, PersonRefSerializer, PlaceSerializer, errors, page_of
from chat.conversation import Participant, State, decode_state, may_read, person_of
from chat.delivery import places
from chat.errors import KefuError
from chat.journal import journal
from chat.journal.base import Head, JournalUnavailable
from chat.models import Conversation, Label, Visitor
from chat.ports import Place
from chat.warming import initial_state


class VisitorCardSerializer(serializers.Serializer[Any]):
    """The visitor beside a conversation; `verified` when the site vouches for who it is."""

    id = serializers.UUIDField()
    name = serializers.CharField(allow_null=True)
    avatar_url = serializers.CharField(allow_null=True)
    verified = serializers.BooleanField()
    blocked = serializers.BooleanField()


class LabelRefSerializer(serializers.Serializer[Any]):
    """A label on a conversation. `color` names a role of the design tokens."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    color = serializers.CharField()


class ConversationSerializer(serializers.Serializer[Any]):
    """A conversation as one row of a list. Times are ms since the epoch, marks are sequence numbers.

    What agents keep about it (labels to attributes) is empty for visitors.
    """

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
    channel = serializers.CharField()
    group = PersonRefSerializer(allow_null=True)
    offered = serializers.BooleanField(help_text="Given to its agent, who has not accepted yet.")
    guests = PersonRefSerializer(many=True)
    queue = PlaceSerializer(allow_null=True)
    labels = LabelRefSerializer(many=True)
    snoozed_until = serializers.IntegerField(allow_null=True)
    priority = serializers.IntegerField(allow_null=True, help_text="The visitor's, 0 to 10.")
    summary = serializers.CharField(allow_null=True)
    category = serializers.CharField(allow_null=True)
    attributes = serializers.DictField()
    created_at = serializers.IntegerField()
    closed_at = serializers.IntegerField(allow_null=True)


class ConversationsView(APIView):
    """The caller's list."""

    @extend_schema(
        operation_id="conversations_list",
        summary="List conversations",
        description=(
            "Agents see those of their sites and groups that hold a visitor's message, visitors their own. "
            "Status, head and agent are as of now, membership in a filtered list may lag by a second."
        ),
        tags=["conversations"],
        parameters=[*PARAMETERS, CURSOR, LIMIT],
        responses={200: page_of("Conversation", ConversationSerializer), **errors(400, 401, 403, 429, 503)},
    )
    def get(self, request: Request) -> Response:
        """A page."""
        who = caller(request)
        rate.check_reading(request, who)
        query = checked(ConversationQuery, request.query_params)
        rows, meta = in_order(filtered(visible(who), who, query), query, ORDERS[query["order"]])
        truth = _truth(rows)
        states = {key: state for key, (_, state) in truth.items()}
        kept = [row for row in rows if still_fits(states.get(str(row.id)), query, who)]
        kept = [row for row in kept if (key := str(row.id)) not in states or may_read(states[key], who)]
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
        row = Conversation.objects.select_related("visitor").filter(pk=conversation).first()
        truth = {} if row is None else _truth([row])
        # The log decides who may see it: rows follow it by a moment.
        hot = truth.get(str(conversation))
        if row is None or not may_read(hot[1] if hot else state_of_row(row), who):
            raise KefuError("not_found", "no such conversation")
        return Response(shown([row], who, truth)[0])


def visible(who: Participant) -> QuerySet[Conversation]:
    """The conversations a person may see at all: strangers' do not exist for them."""
    rows = Conversation.objects.select_related("visitor")
    if who.kind == "visitor":
        return rows.filter(visitor_id=who.id or None)  # type: ignore[misc]
    if who.sites is not None:
        rows = rows.filter(site_id__in=who.sites)
    if who.groups is None:
        return rows
    # JSON columns have no "contains" that both databases know; an id is in the text or it is not.
    rows = rows.alias(guest_ids=Cast("guests", TextField()))
    mine = Q(agent_id=who.id) | Q(guest_ids__contains=str(who.id))
    return rows.filter(Q(group_id=None) | Q(group_id__in=who.groups) | mine)


def state_of_row(row: Conversation) -> State:
    """The state as the database has it; complete while the journal does not hold the conversation."""
    if snapshot := bytes(row.state):
        return decode_state(snapshot)
    return initial_state(str(row.id), str(row.site_id), str(row.visitor_id), row.visitor.name, row.status)


def shown(
    rows: list[Conversation], who: Participant, truth: dict[str, tuple[Head, State]] | None = None
) -> list[dict[str, Any]]:
    """Rows as the API gives them; four look-ups (unread, labels, places, the truth when the caller has not
    got it) however many there are.
    """
    truth = _truth(rows) if truth is None else truth
    unread = receipts.unread_counts([str(row.id) for row in rows], who.kind)
    labels = _labels(rows, truth) if who.kind != "visitor" else {}
    waiting = _places([key for row in rows if _standing(row, truth.get(key := str(row.id)))[0] == "queued"])
    return [
        {
            **_shown(row, who, unread.get(str(row.id), 0), truth.get(str(row.id))),
            **_desk(row, who, truth.get(str(row.id)), labels.get(str(row.id), []), waiting.get(str(row.id))),
        }
        for row in rows
    ]


def _places(waiting: list[str]) -> Mapping[str, Place]:
    reception = ports.reception()
    return reception.places(waiting) if reception is not None and waiting else {}


def _labels(
    rows: list[Conversation], truth: dict[str, tuple[Head, State]]
) -> dict[str, list[dict[str, str]]]:
    """The labels of these rows: the log's where it is hot, else the rows'; as they are called now."""
    cold = [row for row in rows if str(row.id) not in truth]
    prefetch_related_objects(cold, "labels")
    worn = {str(row.id): [str(label.id) for label in row.labels.all()] for row in cold}
    worn |= {key: [label.id for label in state.labels] for key, (_, state) in truth.items()}
    ids = {label for labels in worn.values() for label in labels}
    known = {
        str(label.id): {"id": str(label.id), "name": label.name, "color": label.color}
        for label in (Label.objects.filter(pk__in=ids) if ids else ())
    }
    return {key: [known[label] for label in labels if label in known] for key, labels in worn.items()}


def _desk(
    row: Conversation,
    who: Participant,
    truth: tuple[Head, State] | None,
    labels: list[dict[str, str]],
    place: Place | None,
) -> dict[str, Any]:
    """What those who answer keep about a conversation; nothing of it is for visitors."""
    inside = who.kind != "visitor"
    state = truth[1] if truth is not None else state_of_row(row)
    return {
        "channel": row.channel,
        "group": person_of(state.group) if inside else None,
        "offered": state.offered and inside,
        "guests": [person_of(guest) for guest in state.guests] if inside else [],
        "queue": places.payload(place),
        "labels": labels,
        "snoozed_until": state.snoozed_until if inside else None,
        "priority": row.visitor.priority if inside else None,
        "summary": (row.summary or None) if inside else None,
        "category": (row.category or None) if inside else None,
        "attributes": row.attributes if inside else {},
    }


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
