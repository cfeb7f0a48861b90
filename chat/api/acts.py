"""`POST conversations/{id}/accept|close|reopen|rate|notes|recall/`: each is one act in the conversation's
log.
"""

from __future__ import annotations

import uuid
from typing import Any, Final

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.api.acting import ActedSerializer, Target, WordSerializer, carry_out
from chat.api.fields import Seq, Text
from chat.api.paging import checked
from chat.api.schema import errors
from chat.protocol.commands import Accept, Close, Note, Rate, Recall, Reopen

MAX_MENTIONS: Final = 20


class CloseSerializer(serializers.Serializer[Any]):
    """What to remember of it, if anybody wants to say; visitors see none of it."""

    reason = Text(200)
    summary = Text(2000)
    category = Text(100)


class RateSerializer(serializers.Serializer[Any]):
    """One to five, and a word."""

    rating = serializers.IntegerField(min_value=1, max_value=5)
    text = Text(1000)


class NoteSerializer(WordSerializer):
    """A note, and the agents it is meant for."""

    mentions = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=MAX_MENTIONS)


class RecallSerializer(serializers.Serializer[Any]):
    """Which of one's own messages to take back."""

    seq = Seq(min_value=1)


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
        return carry_out(request, Accept(str(conversation)))


class CloseView(APIView):
    """Agents."""

    @extend_schema(
        operation_id="conversations_close",
        summary="Close a conversation",
        description=(
            "Its owner, a supervisor, or anybody while nobody answers it; else 409 `not_owner`. Without a "
            "`category` where the site asks for one: 409 `category_required`."
        ),
        tags=["acts"],
        request=CloseSerializer,
        responses={200: ActedSerializer, **errors(400, 401, 403, 404, 409, 415, 429, 503)},
        examples=[
            OpenApiExample(
                "solved", value={"summary": "Lamp replaced", "category": "returns"}, request_only=True
            )
        ],
    )
    def post(self, request: Request, conversation: uuid.UUID) -> Response:
        """It is closed."""
        body = checked(CloseSerializer, request.data)
        kept = (body.get(name) or None for name in ("reason", "summary", "category"))
        return carry_out(request, Close(str(conversation), *kept))


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
        return carry_out(request, Reopen(str(conversation)))


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
        return carry_out(request, Rate(str(conversation), body["rating"], body.get("text") or None))


class NotesView(APIView):
    """Agents."""

    @extend_schema(
        operation_id="conversations_notes",
        summary="Leave a note",
        description="With a `client_msg_id` it is stored once however often it is sent.",
        tags=["acts"],
        request=NoteSerializer,
        responses={201: ActedSerializer, **errors(400, 401, 403, 404, 415, 429, 503)},
        examples=[OpenApiExample("note", value={"text": "Refund is on its way"}, request_only=True)],
    )
    def post(self, request: Request, conversation: uuid.UUID) -> Response:
        """It stands in the log."""
        body = checked(NoteSerializer, request.data)
        target = Target(request, conversation)
        mentions = tuple(target.agents(body.get("mentions") or []))
        note = Note(str(conversation), body["text"], body.get("client_msg_id") or None, mentions)
        return carry_out(request, note, status=201)


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
        return carry_out(request, Recall(str(conversation), body["seq"]))
