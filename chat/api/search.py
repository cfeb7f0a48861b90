"""`search/`: full text over messages and visitors, for the people who answer."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.api import rate
from chat.api.authentication import agent
from chat.api.conversations import visible
from chat.api.messages import SenderSerializer
from chat.api.paging import DEFAULT_LIMIT, checked, listed
from chat.api.schema import CURSOR, LIMIT, PersonRefSerializer, errors, page_of
from chat.api.visitors import seen_by
from chat.models import ConversationStatus
from chat.search.finding import MessageHit, VisitorHit, find_messages, find_visitors
from chat.search.grams import MAX_QUERY

KINDS = ("message", "visitor")


class HitSerializer(serializers.Serializer[Any]):
    """Something found. A visitor has neither conversation, seq, sender nor status."""

    kind = serializers.ChoiceField(choices=KINDS)
    visitor = PersonRefSerializer()
    conversation = serializers.UUIDField(allow_null=True)
    seq = serializers.IntegerField(allow_null=True)
    status = serializers.ChoiceField(choices=ConversationStatus.choices, allow_null=True)
    sender = SenderSerializer(allow_null=True)
    at = serializers.IntegerField(allow_null=True, help_text="Milliseconds since the epoch.")
    text = serializers.CharField(help_text="A window around the first match.")
    matches = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2),
        help_text="[start, end) of the matches in `text`, in UTF-16 units.",
    )


class SearchQuery(serializers.Serializer[Any]):
    """What to look for."""

    q = serializers.CharField(max_length=MAX_QUERY)
    kind = serializers.ChoiceField(choices=KINDS, required=False, default="message")
    cursor = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=100, default=DEFAULT_LIMIT)


class SearchView(APIView):
    """Agents."""

    @extend_schema(
        operation_id="search",
        summary="Search messages or visitors",
        description=(
            "Any substring of one character and more, whatever the script; several words must all be found. "
            "Newest first; only what the caller may read. New messages are found within about two seconds."
        ),
        tags=["conversations"],
        parameters=[
            OpenApiParameter("q", str, required=True),
            OpenApiParameter("kind", str, enum=KINDS, description="`message` unless told."),
            CURSOR,
            LIMIT,
        ],
        responses={200: page_of("Hit", HitSerializer), **errors(400, 401, 403, 429, 503)},
    )
    def get(self, request: Request) -> Response:
        """A page of what was found."""
        who = agent(request)
        rate.check_reading(request, who)
        query = checked(SearchQuery, request.query_params)
        before, limit = query.get("cursor"), query["limit"]
        data: list[dict[str, Any]]
        if query["kind"] == "message":
            found, following = find_messages(query["q"], visible(who), before, limit)
            data = [_message(hit) for hit in found]
        else:
            among = seen_by(who).filter(merged_into=None)
            people, following = find_visitors(query["q"], among, before, limit)
            data = [_visitor(hit) for hit in people]
        meta = {
            "next_cursor": None if following is None else str(following),
            "has_more": following is not None,
        }
        return Response(listed(data, meta))


def _message(hit: MessageHit) -> dict[str, Any]:
    message, conversation = hit.message, hit.conversation
    return {
        "kind": "message",
        "visitor": {"id": str(conversation.visitor_id), "name": conversation.visitor.name or None},
        "conversation": str(conversation.pk),
        "seq": message.seq,
        "status": conversation.status,
        "sender": {
            "kind": message.sender_kind,
            "id": None if message.sender_id is None else str(message.sender_id),
            "name": message.sender_name,
        },
        "at": message.created_at,
        "text": hit.text,
        "matches": hit.spans,
    }


def _visitor(hit: VisitorHit) -> dict[str, Any]:
    return {
        "kind": "visitor",
        "visitor": {"id": str(hit.visitor.pk), "name": hit.visitor.name or None},
        "conversation": None,
        "seq": None,
        "status": None,
        "sender": None,
        "at": None,
        "text": hit.text,
        "matches": hit.spans,
    }
