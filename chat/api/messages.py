"""`conversations/{id}/messages/`: reading the log, and sending where no socket is to be had."""

from __future__ import annotations

import uuid
from typing import Any, Final

import msgspec
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat import history, metrics, posting
from chat.api import rate
from chat.api.authentication import caller
from chat.api.fields import MAX_SEQ, Seq
from chat.api.paging import checked
from chat.api.schema import ENTRY_EXAMPLE, errors
from chat.errors import KefuError
from chat.protocol.commands import Send, SendPayload
from chat.protocol.entry import MAX_CLIENT_MSG_ID, MAX_TEXT

MAX_PAGE: Final = 200
DEFAULT_PAGE: Final = 50
_KINDS: Final = ("text", "image", "file", "card")


class SenderSerializer(serializers.Serializer[Any]):
    """Who wrote it."""

    kind = serializers.ChoiceField(choices=("visitor", "agent", "bot", "system"))
    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField(allow_null=True)


class AttachmentSerializer(serializers.Serializer[Any]):
    """A stored file; its addresses hold for at most an hour."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    type = serializers.CharField(help_text="Media type, told by the content.")
    size = serializers.IntegerField(help_text="Bytes.")
    width = serializers.IntegerField(allow_null=True, help_text="Pixels; pictures only.")
    height = serializers.IntegerField(allow_null=True)
    url = serializers.CharField(allow_null=True)
    thumbnail_url = serializers.CharField(allow_null=True)


class EventSerializer(serializers.Serializer[Any]):
    """An act."""

    name = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment]


class EntrySerializer(serializers.Serializer[Any]):
    """One line of the log. A `hidden` one bears `conversation`, `id`, `seq` and `kind` alone."""

    conversation = serializers.UUIDField()
    id = serializers.UUIDField()
    seq = serializers.IntegerField()
    client_msg_id = serializers.CharField(allow_null=True, required=False)
    sender = SenderSerializer(required=False)
    kind = serializers.ChoiceField(choices=(*_KINDS, "event", "hidden"))
    text = serializers.CharField(allow_null=True, required=False)
    attachment = AttachmentSerializer(allow_null=True, required=False)
    card = serializers.DictField(allow_null=True, required=False)
    event = EventSerializer(allow_null=True, required=False)
    reply_to = serializers.IntegerField(allow_null=True, required=False)
    created_at = serializers.IntegerField(required=False, help_text="Milliseconds since the epoch.")


class LogMetaSerializer(serializers.Serializer[Any]):
    """Where the log goes on."""

    head = serializers.IntegerField(help_text="The conversation's last seq.")
    has_more = serializers.BooleanField(help_text="Whether there is more in the direction of reading.")
    next_cursor = serializers.CharField(
        allow_null=True,
        help_text="The seq to go on from, as `after_seq` or (reading backwards) `before_seq`.",
    )


class LogPageSerializer(serializers.Serializer[Any]):
    """A page of the log, ascending by seq, without gaps."""

    data = EntrySerializer(many=True)  # type: ignore[assignment]
    meta = LogMetaSerializer()


class LogQuery(serializers.Serializer[Any]):
    """Where to read. Neither mark: the newest page."""

    after_seq = Seq(required=False)
    before_seq = Seq(required=False)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=MAX_PAGE, default=DEFAULT_PAGE)


class SendSerializer(serializers.Serializer[Any]):
    """A message to send. What is checked in the end is the socket's own `message.send`."""

    client_msg_id = serializers.CharField(
        max_length=MAX_CLIENT_MSG_ID, help_text="The sender's own name for it; sending it again is harmless."
    )
    kind = serializers.ChoiceField(choices=_KINDS)
    text = serializers.CharField(max_length=MAX_TEXT, required=False, allow_null=True, trim_whitespace=False)
    attachment = serializers.UUIDField(required=False, allow_null=True, help_text="An upload's id.")
    card = serializers.DictField(required=False, allow_null=True)
    reply_to = Seq(required=False, allow_null=True)


class AckSerializer(serializers.Serializer[Any]):
    """It is stored."""

    conversation = serializers.UUIDField()
    client_msg_id = serializers.CharField()
    id = serializers.UUIDField()
    seq = serializers.IntegerField()
    created_at = serializers.IntegerField(help_text="Milliseconds since the epoch.")


_SEQ_SCHEMA: Final = {"type": "integer", "minimum": 0, "maximum": MAX_SEQ}


class MessagesView(APIView):
    """The log of one conversation."""

    @extend_schema(
        operation_id="messages_list",
        summary="Read the log",
        description="Holds whatever was acknowledged before it was asked. Attachments get fresh addresses.",
        tags=["messages"],
        parameters=[
            OpenApiParameter("after_seq", _SEQ_SCHEMA, description="Entries above it, oldest first."),
            OpenApiParameter("before_seq", _SEQ_SCHEMA, description="The entries just below it."),
            OpenApiParameter(
                "limit", {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": DEFAULT_PAGE}
            ),
        ],
        responses={
            200: OpenApiResponse(
                LogPageSerializer,
                examples=[
                    OpenApiExample(
                        "one message",
                        value={
                            "data": [ENTRY_EXAMPLE],
                            "meta": {"head": 1, "has_more": False, "next_cursor": None},
                        },
                    )
                ],
            ),
            **errors(400, 401, 403, 404, 429, 503),
        },
    )
    def get(self, request: Request, conversation: uuid.UUID) -> HttpResponse:
        """A page."""
        who = caller(request)
        rate.check_reading(request, who)
        query = checked(LogQuery, request.query_params)
        after, before = query.get("after_seq"), query.get("before_seq")
        key = str(conversation)
        head, _ = history.standing(key)
        page = history.history(key, viewer=who, after_seq=after, before_seq=before, limit=query["limit"])
        more = False
        cursor = None
        if page and after is not None:
            more = page[-1].seq < (head if before is None else min(head, before - 1))
            cursor = str(page[-1].seq) if more else None
        elif page:
            more = page[0].seq > 1
            cursor = str(page[0].seq) if more else None
        body = {
            "data": page,
            "meta": {
                "head": max(head, page[-1].seq if page else 0),
                "has_more": more,
                "next_cursor": cursor,
            },
        }
        return HttpResponse(
            msgspec.json.encode(body),
            content_type="application/json",
            headers={"Cache-Control": "private, no-store"},
        )

    @extend_schema(
        operation_id="messages_create",
        summary="Send a message",
        description=(
            "Stored when this answers. The same `client_msg_id` again answers 200 with the first one's "
            "place. A visitor's message to a conversation that was closed lately reopens it; later it is "
            "refused with `conversation_closed`, whose details name the new conversation."
        ),
        tags=["messages"],
        request=SendSerializer,
        responses={
            201: AckSerializer,
            200: OpenApiResponse(AckSerializer, description="It was stored before."),
            **errors(400, 401, 403, 404, 409, 413, 415, 429, 503),
        },
        examples=[
            OpenApiExample(
                "text", value={"client_msg_id": "m1", "kind": "text", "text": "Hello"}, request_only=True
            )
        ],
    )
    def post(self, request: Request, conversation: uuid.UUID) -> Response:
        """Translate, post, acknowledge."""
        who = caller(request)
        rate.check(request, "post", who)
        command = _send_of(str(conversation), request.data)
        posted = posting.post_blocking(command, who)
        metrics.ACKS.inc()
        ack = {
            "conversation": posted.conversation,
            "client_msg_id": command.client_msg_id,
            "id": posted.id,
            "seq": posted.seq,
            "created_at": posted.created_at,
        }
        return Response(ack, status=200 if posted.repeated else 201)


def _send_of(conversation: str, body: Any) -> Send:
    """The command in a body, held to the same shape as a frame. Raises `invalid`."""
    if not isinstance(body, dict):
        raise KefuError("invalid", "the body is a JSON object")
    try:
        payload = msgspec.convert({**body, "conversation": conversation}, SendPayload)
    except (msgspec.ValidationError, RecursionError) as error:
        raise KefuError("invalid", str(error)) from None
    return Send(
        payload.conversation,
        payload.client_msg_id,
        payload.kind,
        payload.text,
        payload.attachment,
        payload.card,
        payload.reply_to,
    )
