"""`conversations/{id}/decisions/`: why routing gave a conversation to whom it did, or to nobody."""

from __future__ import annotations

import uuid
from typing import Any, Final

import msgspec
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.routing.explain import decisions_of
from chat.api import rate
from chat.api.authentication import agent
from chat.api.conversations import visible
from chat.api.paging import listed
from chat.api.schema import PersonRefSerializer, errors, page_of
from chat.errors import KefuError

_ID: Final = "0190b6a1-0000-7000-8000-000000000001"
_CANDIDATE: Final = {
    "agent": _ID, "name": "Li Lei", "score": 0.81, "parts": {"skill": 1.0, "capacity": 0.8, "quality": 0.63},
    "used": 1, "capacity": 5, "chosen": True,
}  # fmt: skip
EXAMPLE: Final = {
    "id": "0190b6a1-0000-7000-8000-0000000000d1", "at": 1_763_680_000_000, "strategy": "weighted",
    "reason": "best", "agent": {"id": _ID, "name": "Li Lei"}, "group": None, "waited_ms": 4200,
    "weights": {"skill": 30, "capacity": 40, "quality": 30},
    "waiter": {"language": "zh-CN", "channel": "web", "priority": 0, "skills": []},
    "candidates": [_CANDIDATE], "excluded": {"full": 3, "away": 1},
}  # fmt: skip


class CandidateSerializer(serializers.Serializer[Any]):
    """An agent who could have taken it, as they stood then."""

    agent = serializers.UUIDField()
    name = serializers.CharField()
    score = serializers.FloatField(help_text="0 to 1; the highest was chosen.")
    parts = serializers.DictField(child=serializers.FloatField(), help_text="What the score was made of.")
    used = serializers.IntegerField(help_text="Conversations the agent had.")
    capacity = serializers.IntegerField()
    chosen = serializers.BooleanField()


class DecisionSerializer(serializers.Serializer[Any]):
    """One decision of routing and its reasons."""

    id = serializers.UUIDField()
    at = serializers.IntegerField(help_text="Ms since the epoch.")
    strategy = serializers.CharField(allow_blank=True, help_text="Empty: nobody was asked.")
    reason = serializers.CharField(
        help_text="best, sticky; nobody, closed, blocked, full, or what left out most agents."
    )
    agent = PersonRefSerializer(allow_null=True, help_text="null: nobody was found.")
    group = PersonRefSerializer(allow_null=True)
    waited_ms = serializers.IntegerField()
    weights = serializers.DictField(child=serializers.IntegerField())
    waiter = serializers.DictField(help_text="What the conversation asked for.")
    candidates = CandidateSerializer(many=True, help_text="Best first, at most 50.")
    excluded = serializers.DictField(
        child=serializers.IntegerField(), help_text="How many agents each reason left out."
    )


class DecisionsView(APIView):
    """The decisions about one conversation."""

    @extend_schema(
        operation_id="conversation_decisions_list",
        summary="Explain routing's decisions",
        description="The latest first, at most 100; kept for 90 days. For agents who may see it.",
        tags=["routing"],
        responses={200: page_of("Decision", DecisionSerializer), **errors(401, 403, 404, 429)},
        examples=[
            OpenApiExample(
                "chosen", value={"data": [EXAMPLE], "meta": {"next_cursor": None, "has_more": False}},
                response_only=True,
            )
        ],
    )  # fmt: skip
    def get(self, request: Request, conversation: uuid.UUID) -> Response:
        """All of them. Raises `not_found` for strangers."""
        who = agent(request)
        rate.check_reading(request, who)
        if not visible(who).filter(pk=conversation).exists():
            raise KefuError("not_found", "no such conversation")
        found = [msgspec.structs.asdict(each) for each in decisions_of(str(conversation))]
        return Response(listed(found, {"next_cursor": None, "has_more": False}))
