"""`POST /api/v1/agent/sessions/`: a short session token for a signed-in agent (wire contract, section 1)."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.api.authentication import BearerAuthentication, ConsoleAuthentication, agent
from chat.realtime import tokens

SOCKET_PATH = "/ws/v1/"
POLL_PATH = "/api/v1/poll/"


class PersonSerializer(serializers.Serializer[object]):
    """A named id."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class AgentSessionSerializer(serializers.Serializer[object]):
    """What a client needs to open a socket or a long poll."""

    token = serializers.CharField(help_text="Opens a socket or a long poll; lives 10 minutes.")
    expires_at = serializers.IntegerField(help_text="Milliseconds since the epoch.")
    agent = PersonSerializer()
    socket = serializers.CharField(help_text="Path of the WebSocket.")
    poll = serializers.CharField(help_text="Path of the long poll.")


class AgentSessionView(APIView):
    """Bearer (JWT of `auth/token/`) or the console's login cookie with its CSRF token."""

    authentication_classes = (BearerAuthentication, ConsoleAuthentication)
    permission_classes = (IsAuthenticated,)

    @extend_schema(
        operation_id="agent_sessions_create",
        summary="Begin an agent's session",
        tags=["sessions"],
        request=None,
        responses={
            201: AgentSessionSerializer,
            401: OpenApiResponse(description="Not signed in."),
            403: OpenApiResponse(
                description="Signed in, but not an enabled agent; or the CSRF token is missing."
            ),
        },
    )
    def post(self, request: Request) -> Response:
        """Answer with a session token. Raises `forbidden` when the caller is not an enabled agent."""
        participant = agent(request)
        token, expires_at = tokens.issue(participant, None)
        return Response(
            {
                "token": token,
                "expires_at": expires_at,
                "agent": {"id": participant.id, "name": participant.name},
                "socket": SOCKET_PATH,
                "poll": POLL_PATH,
            },
            status=201,
            headers={"Cache-Control": "no-store"},
        )
