"""`POST conversations/{id}/accept|close|reopen|rate|notes|recall/`: each is one act in the conversation's
log.
"""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat import posting
from chat.api import rate
from chat.api.authentication import caller
from chat.api.conversations import STATUSES
from chat.api.fields import Seq, Text
from chat.api.messages import EntrySerializer
from chat.api.paging import checked
from chat.api.schema import PersonRefSerializer, errors
from chat.protocol.commands import Accept, Act, Close, Note, Rate, Recall, Reopen
from chat.protocol.entry import MAX_TEXT


class StandingSerializer(serializers.Serializer[Any]):
    """Where the conversation stands after the act."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=STATUSES)
    agent = PersonRefSerializer(allow_null=True)
    rating = serializers.IntegerField(allow_null=True)
    closed_at = serializers.IntegerField(allow_null=True, help_text="Milliseconds since the epoch.")


class ActedSerializer(serializers.Serializer[Any]):
    """What became of an act. `entry` is null when it changed nothing: it was so already."""

    conversation = StandingSerializer()
    entry = EntrySerializer(allow_null=True)


class CloseSerializer(serializers.Serializer[Any]):
    """Why, if anybody wants to say."""

    reason = Text(200)


class RateSerializer(serializers.Serializer[Any]):
    """One to five, and a word."""

    rating = serializers.IntegerField(min_value=1, max_value=5)
    text = Text(1000)


class NoteSerializer(serializers.Serializer[Any]):
    """A word among the people who answer; visitors never see it."""

    text = serializers.CharField(max_length=MAX_TEXT)


class RecallSerializer(serializers.Serializer[Any]):
    """Which of one's own messages to take back."""

    seq = Seq(min_value=1)


def _act(request: Request, command: Act, status: int = 200) -> Response:
    who = caller(request)
    rate.check(request, "post", who)
    posted = posting.post_blocking(command, who)
    state = posted.state
    standing = {
        "id": state.conversation,
        "status": state.status,
        "agent": {"id": state.agent.id, "name": state.agent.name} if state.agent else None,
        "rating": state.rating,
        "closed_at": state.closed_at,
    }
    entry = msgspec.json.decode(posted.entries[-1].body) if posted.entries else None
    return Response({"conversation": standing, "entry": entry}, status=status)


class AcceptView(APIView):
    """Agents."""

    @extend_schema(
        operation_id="conversations_accept",
        summary="Accept a conversation",
        description=(
            "By its owner again: 200 and nothing changes. When another agent has it: 409 "
            "`already_accepted`, whose details name them."
        ),
        tags=["acts"],
        request=None,
        responses={200: ActedSerializer, **errors(401, 403, 404, 409, 429, 503)},
    )
    def post(self, request: Request, conversation: uuid.UUID) -> Response:
        """The conversation is the caller's."""
        return _act(request, Accept(str(conversation)))


class CloseView(APIView):
    """Agents."""

    @extend_schema(
        operation_id="conversations_close",
        summary="Close a conversation",
        tags=["acts"],
        request=CloseSerializer,
        responses={200: ActedSerializer, **errors(400, 401, 403, 404, 415, 429, 503)},
        examples=[OpenApiExample("solved", value={"reason": "solved"}, request_only=True)],
    )
    def post(self, request: Request, conversation: uuid.UUID) -> Response:
        """It is closed."""
        body = checked(CloseSerializer, request.data)
        return _act(request, Close(str(conversation), body.get("reason") or None))


class ReopenView(APIView):
    """Agents; visitors reopen by writing."""

    @extend_schema(
        operation_id="conversations_reopen",
        summary="Open a closed conversation again",
        description="Refused with 409 `conversation_closed` when the visitor has a newer conversation.",
        tags=["acts"],
        request=None,
        responses={200: ActedSerializer, **errors(401, 403, 404, 409, 429, 503)},
    )
    def post(self, request: Request, conversation: uuid.UUID) -> Response:
        """It is open."""
        return _act(request, Reopen(str(conversation)))


class RateView(APIView):
    """Visitors."""

    @extend_schema(
        operation_id="conversations_rate",
        summary="Rate a closed conversation",
        tags=["acts"],
        request=RateSerializer,
        responses={200: ActedSerializer, **errors(400, 401, 403, 404, 409, 415, 429, 503)},
        examples=[OpenApiExample("glad", value={"rating": 5, "text": "Quick help"}, request_only=True)],
    )
    def post(self, request: Request, conversation: uuid.UUID) -> Response:
        """It is rated."""
        body = checked(RateSerializer, request.data)
        return _act(request, Rate(str(conversation), body["rating"], body.get("text") or None))


class NotesView(APIView):
    """Agents."""

    @extend_schema(
        operation_id="conversations_notes",
        summary="Leave a note",
        tags=["acts"],
        request=NoteSerializer,
        responses={201: ActedSerializer, **errors(400, 401, 403, 404, 415, 429, 503)},
        examples=[OpenApiExample("note", value={"text": "Refund is on its way"}, request_only=True)],
    )
    def post(self, request: Request, conversation: uuid.UUID) -> Response:
        """It stands in the log."""
        body = checked(NoteSerializer, request.data)
        return _act(request, Note(str(conversation), body["text"]), status=201)


class RecallView(APIView):
    """Whoever wrote it, within two minutes."""

    @extend_schema(
        operation_id="conversations_recall",
        summary="Take back one's own message",
        tags=["acts"],
        request=RecallSerializer,
        responses={200: ActedSerializer, **errors(400, 401, 403, 404, 409, 415, 429, 503)},
        examples=[OpenApiExample("recall", value={"seq": 7}, request_only=True)],
    )
    def post(self, request: Request, conversation: uuid.UUID) -> Response:
        """Everybody sees a hidden entry in its place."""
        body = checked(RecallSerializer, request.data)
        return _act(request, Recall(str(conversation), body["seq"]))
