"""`agents/me/presence/`: being here without a connection, for programs that answer by REST alone."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.presence.leases import hold_for, let_go
from chat.api import rate
from chat.api.authentication import agent
from chat.api.paging import checked
from chat.api.schema import errors

LONGEST_S: Final = 600
"""Whoever vanishes without a word keeps nobody waiting for longer."""
USUAL_S: Final = 120


class PresenceWriteSerializer(serializers.Serializer[Any]):
    """For how long the caller counts as here."""

    seconds = serializers.IntegerField(min_value=5, max_value=LONGEST_S, required=False, default=USUAL_S)


class PresenceSerializer(serializers.Serializer[Any]):
    """Until when."""

    until = serializers.IntegerField(help_text="Ms since the epoch; say it again before then.")


class OwnPresenceView(APIView):
    """Whether the calling agent is here, besides their sockets and polls."""

    @extend_schema(
        operation_id="agents_me_presence_update",
        summary="Be here without a connection",
        description=(
            "An agent with a socket or a long poll is here as long as it is open and needs none of this. One "
            "who works by REST alone says so again and again: routing gives conversations to those who are "
            "here, and takes them from those who have gone for longer than the grace period."
        ),
        tags=["agents"],
        request=PresenceWriteSerializer,
        responses={200: PresenceSerializer, **errors(400, 401, 403, 415, 429)},
        examples=[
            OpenApiExample("two minutes", value={"seconds": 120}, request_only=True),
            OpenApiExample("so long", value={"until": 1_763_683_200_000}, response_only=True),
        ],
    )
    def put(self, request: Request) -> Response:
        """From now on, for so long."""
        who = agent(request)
        rate.check(request, "post", who)
        given = checked(PresenceWriteSerializer, request.data)
        return Response({"until": hold_for(who.id or "", given["seconds"])})

    @extend_schema(
        operation_id="agents_me_presence_delete",
        summary="Be here no longer",
        description="Connections that are open still count.",
        tags=["agents"],
        responses={204: None, **errors(401, 403, 429)},
    )
    def delete(self, request: Request) -> Response:
        """From now on only by connections."""
        who = agent(request)
        rate.check(request, "post", who)
        let_go(who.id or "")
        return Response(status=204)
