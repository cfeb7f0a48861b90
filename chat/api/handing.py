"""`POST conversations/{id}/transfer|refuse|take-over|handoff|invite|leave/`: who answers, each one act."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.api.acting import ActedSerializer, Target, carry_out
from chat.api.authentication import caller
from chat.api.fields import Text
from chat.api.paging import checked
from chat.api.schema import errors
from chat.errors import KefuError
from chat.protocol.commands import Handoff, Invite, Leave, Refuse, TakeOver, Transfer

_EXAMPLE_ID = "0190b6a1-0000-7000-8000-000000000001"


class TransferSerializer(serializers.Serializer[Any]):
    """To exactly one of an agent, a group or the bot; the note is for colleagues."""

    agent = serializers.UUIDField(required=False, allow_null=True)
    group = serializers.UUIDField(required=False, allow_null=True)
    bot = serializers.BooleanField(required=False, default=False)
    note = Text(1000)


class ReasonSerializer(serializers.Serializer[Any]):
    """Why, if anybody wants to say."""

    reason = Text(200)


class HandoffSerializer(ReasonSerializer):
    """Agents may name a group."""

    group = serializers.UUIDField(required=False, allow_null=True)


class InviteSerializer(serializers.Serializer[Any]):
    """Whom to bring in."""

    agent = serializers.UUIDField()


class TransferView(APIView):
    """Agents."""

    @extend_schema(
        operation_id="conversations_transfer",
        summary="Pass a conversation on",
        description=(
            "An agent becomes its owner at once and may refuse until they accept or answer; a group gets it "
            "into its queue. Its owner or a supervisor may; else 409 `not_owner`. To the bot while none "
            "answers: 409 `bot_unavailable`."
        ),
        tags=["acts"],
        request=TransferSerializer,
        responses={200: ActedSerializer, **errors(400, 401, 403, 404, 409, 415, 429, 503)},
        examples=[
            OpenApiExample("to an agent", value={"agent": _EXAMPLE_ID, "note": "VIP"}, request_only=True)
        ],
    )
    def post(self, request: Request, conversation: uuid.UUID) -> Response:
        """It is somebody else's."""
        body = checked(TransferSerializer, request.data)
        target = Target(request, conversation)
        to, group = target.agent(body.get("agent")), target.group(body.get("group"))
        note = body.get("note") or None
        return carry_out(request, Transfer(str(conversation), to, group, body["bot"], note))


class RefuseView(APIView):
    """Agents."""

    @extend_schema(
        operation_id="conversations_refuse",
        summary="Give back what was given",
        description=(
            "To whom it came from, or to the queue when routing gave it. 409 `not_offered` once it was "
            "accepted or answered, 409 `not_owner` when it is not the caller's."
        ),
        tags=["acts"],
        request=ReasonSerializer,
        responses={200: ActedSerializer, **errors(400, 401, 403, 404, 409, 415, 429, 503)},
        examples=[OpenApiExample("busy", value={"reason": "in a call"}, request_only=True)],
    )
    def post(self, request: Request, conversation: uuid.UUID) -> Response:
        """It is not the caller's any more."""
        body = checked(ReasonSerializer, request.data)
        return carry_out(request, Refuse(str(conversation), body.get("reason") or None))


class TakeOverView(APIView):
    """Supervisors."""

    @extend_schema(
        operation_id="conversations_take_over",
        summary="Take a conversation from whoever has it",
        tags=["acts"],
        request=None,
        responses={200: ActedSerializer, **errors(401, 403, 404, 409, 429, 503)},
    )
    def post(self, request: Request, conversation: uuid.UUID) -> Response:
        """It is the caller's."""
        return carry_out(request, TakeOver(str(conversation)))


class HandoffView(APIView):
    """Visitors and agents."""

    @extend_schema(
        operation_id="conversations_handoff",
        summary="From the bot to people",
        description="Changes nothing when people have it already.",
        tags=["acts"],
        request=HandoffSerializer,
        responses={200: ActedSerializer, **errors(400, 401, 403, 404, 409, 415, 429, 503)},
        examples=[OpenApiExample("asked", value={"reason": "asked for a person"}, request_only=True)],
    )
    def post(self, request: Request, conversation: uuid.UUID) -> Response:
        """It waits for somebody."""
        body = checked(HandoffSerializer, request.data)
        if body.get("group") and caller(request).kind == "visitor":
            raise KefuError("forbidden", "only agents choose the group")
        group = Target(request, conversation).group(body.get("group"))
        return carry_out(request, Handoff(str(conversation), body.get("reason") or None, group))


class InviteView(APIView):
    """Agents."""

    @extend_schema(
        operation_id="conversations_invite",
        summary="Bring a colleague in",
        description="They may then read and write it whatever their groups.",
        tags=["acts"],
        request=InviteSerializer,
        responses={200: ActedSerializer, **errors(400, 401, 403, 404, 409, 415, 429, 503)},
        examples=[OpenApiExample("colleague", value={"agent": _EXAMPLE_ID}, request_only=True)],
    )
    def post(self, request: Request, conversation: uuid.UUID) -> Response:
        """They are in."""
        body = checked(InviteSerializer, request.data)
        (guest,) = Target(request, conversation).agents([body["agent"]])
        return carry_out(request, Invite(str(conversation), guest))


class LeaveView(APIView):
    """Agents who were invited."""

    @extend_schema(
        operation_id="conversations_leave",
        summary="Leave a conversation one was invited to",
        tags=["acts"],
        request=None,
        responses={200: ActedSerializer, **errors(401, 403, 404, 429, 503)},
    )
    def post(self, request: Request, conversation: uuid.UUID) -> Response:
        """The caller is out."""
        return carry_out(request, Leave(str(conversation)))
