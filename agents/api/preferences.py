"""`agents/me/preferences/`: the caller's own settings of the console."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.desk import preferences
from agents.models import Preferences
from chat.api.authentication import agent
from chat.api.schema import errors
from chat.conversation import Participant
from chat.registries import key_of


class PreferencesSerializer(serializers.Serializer[Any]):
    """Settings of the console. `ui`: what the console remembers of its looks; 8 KB altogether."""

    theme = serializers.ChoiceField(choices=("auto", "light", "dark"), required=False)
    locale = serializers.CharField(required=False, allow_blank=True, help_text="zh-cn, en or empty.")
    enter_sends = serializers.BooleanField(required=False, help_text="false: Ctrl+Enter sends.")
    sound = serializers.BooleanField(required=False)
    notifications = serializers.BooleanField(required=False)
    density = serializers.ChoiceField(choices=("comfortable", "compact"), required=False)
    suggest_replies = serializers.BooleanField(
        required=False, help_text="Whether the bot offers replies while one writes."
    )
    away_after_min = serializers.IntegerField(required=False, min_value=0, max_value=240)
    ui = serializers.DictField(required=False)


class PreferencesView(APIView):
    """One's own; nobody else's."""

    @extend_schema(
        operation_id="preferences_retrieve",
        summary="Read one's preferences",
        description="All of them; defaults where nothing was chosen.",
        tags=["preferences"],
        responses={200: PreferencesSerializer, **errors(401, 403)},
    )
    def get(self, request: Request) -> Response:
        """The preferences."""
        row = Preferences.objects.filter(agent=key_of(agent(request))).first()
        return Response(preferences.complete(row.values if row else {}))

    @extend_schema(
        operation_id="preferences_update",
        summary="Replace one's preferences",
        description="What is absent goes back to its default.",
        tags=["preferences"],
        request=PreferencesSerializer,
        responses={200: PreferencesSerializer, **errors(400, 401, 403, 415)},
        examples=[OpenApiExample("dark", value={"theme": "dark", "sound": False}, request_only=True)],
    )
    def put(self, request: Request) -> Response:
        """The preferences as they are now."""
        return _keep(agent(request), preferences.read(request.data))

    @extend_schema(
        operation_id="preferences_partial_update",
        summary="Change some of one's preferences",
        description="What is absent stays.",
        tags=["preferences"],
        request=PreferencesSerializer,
        responses={200: PreferencesSerializer, **errors(400, 401, 403, 415)},
    )
    def patch(self, request: Request) -> Response:
        """The preferences as they are now."""
        who = agent(request)
        row = Preferences.objects.filter(agent=key_of(who)).first()
        change = preferences.read(request.data)
        return _keep(who, preferences.read({**preferences.complete(row.values if row else {}), **change}))


def _keep(who: Participant, values: dict[str, Any]) -> Response:
    Preferences.objects.update_or_create(agent_id=key_of(who), defaults={"values": values})
    return Response(preferences.complete(values))
