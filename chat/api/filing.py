"""`conversations/{id}/whisper|notes/{seq}|labels|snooze|wake/`: what colleagues keep about it, as acts in the
log.
"""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.api.acting import ActedSerializer, Target, WordSerializer, carry_out
from chat.api.fields import MAX_SEQ, Seq
from chat.api.paging import checked
from chat.api.schema import errors
from chat.conversation import MAX_LABELS
from chat.errors import KefuError
from chat.protocol.commands import EditNote, SetLabels, Snooze, Wake, Whisper
from chat.protocol.entry import MAX_TEXT


class EditSerializer(serializers.Serializer[Any]):
    """The note's text from now on."""

    text = serializers.CharField(max_length=MAX_TEXT)


class LabelsSerializer(serializers.Serializer[Any]):
    """The labels as they shall be, by id; an empty list takes all off."""

    labels = serializers.ListField(child=serializers.UUIDField(), max_length=MAX_LABELS, allow_empty=True)


class SnoozeSerializer(serializers.Serializer[Any]):
    """Until when, at most a year from now."""

    until = Seq(help_text="Milliseconds since the epoch.")


class WhisperView(APIView):
    """Agents."""

    @extend_schema(
        operation_id="conversations_whisper",
        summary="Say something to the agent that the visitor never sees",
        description="With a `client_msg_id` it is stored once however often it is sent.",
        tags=["acts"],
        request=WordSerializer,
        responses={201: ActedSerializer, **errors(400, 401, 403, 404, 409, 415, 429, 503)},
        examples=[OpenApiExample("hint", value={"text": "Offer the voucher"}, request_only=True)],
    )
    def post(self, request: Request, conversation: uuid.UUID) -> Response:
        """It stands in the log."""
        body = checked(WordSerializer, request.data)
        whisper = Whisper(str(conversation), body["text"], body.get("client_msg_id") or None)
        return carry_out(request, whisper, status=201)


class NoteView(APIView):
    """Whoever wrote the note."""

    @extend_schema(
        operation_id="conversations_edit_note",
        summary="Change one's own note",
        description="An act of its own that names the note; the log keeps the words of before.",
        tags=["acts"],
        request=EditSerializer,
        responses={200: ActedSerializer, **errors(400, 401, 403, 404, 415, 429, 503)},
        examples=[OpenApiExample("note", value={"text": "Refund was sent"}, request_only=True)],
    )
    def patch(self, request: Request, conversation: uuid.UUID, seq: int) -> Response:
        """It says something else."""
        if seq > MAX_SEQ:
            raise KefuError("not_found", "no such note")
        body = checked(EditSerializer, request.data)
        return carry_out(request, EditNote(str(conversation), seq, body["text"]))


class ConversationLabelsView(APIView):
    """Agents."""

    @extend_schema(
        operation_id="conversations_labels",
        summary="Set the labels",
        tags=["acts"],
        request=LabelsSerializer,
        responses={200: ActedSerializer, **errors(400, 401, 403, 404, 409, 415, 429, 503)},
    )
    def post(self, request: Request, conversation: uuid.UUID) -> Response:
        """It bears exactly these."""
        body = checked(LabelsSerializer, request.data)
        labels = Target(request, conversation).labels(body["labels"])
        return carry_out(request, SetLabels(str(conversation), labels))


class SnoozeView(APIView):
    """Agents."""

    @extend_schema(
        operation_id="conversations_snooze",
        summary="Put a conversation aside",
        description="Until then, or until the visitor writes. 409 `conflict` while nobody answers it.",
        tags=["acts"],
        request=SnoozeSerializer,
        responses={200: ActedSerializer, **errors(400, 401, 403, 404, 409, 415, 429, 503)},
        examples=[OpenApiExample("tomorrow", value={"until": 1_763_766_000_000}, request_only=True)],
    )
    def post(self, request: Request, conversation: uuid.UUID) -> Response:
        """It rests."""
        body = checked(SnoozeSerializer, request.data)
        return carry_out(request, Snooze(str(conversation), body["until"]))


class WakeView(APIView):
    """Agents."""

    @extend_schema(
        operation_id="conversations_wake",
        summary="End a snooze",
        tags=["acts"],
        request=None,
        responses={200: ActedSerializer, **errors(401, 403, 404, 409, 429, 503)},
    )
    def post(self, request: Request, conversation: uuid.UUID) -> Response:
        """It is back."""
        return carry_out(request, Wake(str(conversation)))
