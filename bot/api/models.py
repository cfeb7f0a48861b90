"""`bot/models/`: learnt models, learning anew, and which of them answers."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bot.changes import taught
from bot.learning import progress
from bot.learning.training import activate
from bot.models import TrainedModel
from chat.api.authentication import admin
from chat.api.paging import PageQuery, checked, listed, newest_first
from chat.api.registry import found
from chat.api.schema import CURSOR, LIMIT, errors, page_of
from chat.errors import KefuError


class ModelSerializer(serializers.Serializer[Any]):
    """A learnt model. `report`: what learning said of it; see `bot.intents.learning.Report`."""

    id = serializers.UUIDField()
    version = serializers.CharField(help_text="Such as v3.")
    active = serializers.BooleanField()
    canary_percent = serializers.IntegerField(
        help_text="Share of conversations it answers beside the active one."
    )
    report = serializers.DictField()
    note = serializers.CharField()
    created_by = serializers.CharField()
    created_at = serializers.IntegerField(help_text="Milliseconds since the epoch.")


class LearnSerializer(serializers.Serializer[Any]):
    """How to learn."""

    note = serializers.CharField(required=False, max_length=200, allow_blank=True, default="")
    canary_percent = serializers.IntegerField(required=False, min_value=0, max_value=100, default=0)


class LearningSerializer(serializers.Serializer[Any]):
    """The newest learning. Ask again until it is done or failed."""

    state = serializers.CharField(help_text="none, waiting, running, done, failed.")
    by = serializers.CharField()
    since = serializers.FloatField(help_text="Seconds since the epoch.")
    number = serializers.IntegerField(allow_null=True, help_text="Of the model it made.")
    error = serializers.CharField()


class ShareSerializer(serializers.Serializer[Any]):
    """The share of a canary."""

    canary_percent = serializers.IntegerField(min_value=0, max_value=100)


class ModelsView(APIView):
    """Administrators of every site."""

    @extend_schema(
        operation_id="bot_models_list",
        summary="List learnt models",
        tags=["bot"],
        parameters=[CURSOR, LIMIT],
        responses={200: page_of("LearntModel", ModelSerializer), **errors(400, 401, 403)},
    )
    def get(self, request: Request) -> Response:
        """A page."""
        admin(request)
        query = checked(PageQuery, request.query_params)
        page, meta = newest_first(TrainedModel.objects.defer("data"), query, by="number")
        return Response(listed([shown(row) for row in page], meta))


class LearningView(APIView):
    """Administrators of every site."""

    @extend_schema(
        operation_id="bot_models_learning",
        summary="How far learning is",
        tags=["bot"],
        responses={200: LearningSerializer, **errors(401, 403)},
    )
    def get(self, request: Request) -> Response:
        """The newest."""
        admin(request)
        return Response(msgspec.to_builtins(progress.current()))

    @extend_schema(
        operation_id="bot_models_learn",
        summary="Learn anew",
        description="From the examples of all enabled intents. While one is under way, it is that one.",
        tags=["bot"],
        request=LearnSerializer,
        responses={202: LearningSerializer, **errors(400, 401, 403, 415)},
    )
    def post(self, request: Request) -> Response:
        """Begun."""
        who = admin(request)
        body = checked(LearnSerializer, request.data)
        begun = progress.begin(who.name or "", body["note"], body["canary_percent"])
        return Response(msgspec.to_builtins(begun), status=202)


class ModelView(APIView):
    """Administrators of every site."""

    @extend_schema(
        operation_id="bot_models_partial_update",
        summary="Give a model a share",
        description="Of the conversations, as a canary beside the one that answers; 0 ends it.",
        tags=["bot"],
        request=ShareSerializer,
        responses={200: ModelSerializer, **errors(400, 401, 403, 404, 409, 415)},
    )
    def patch(self, request: Request, key: uuid.UUID) -> Response:
        """As changed."""
        admin(request)
        body = checked(ShareSerializer, request.data)
        row = found(TrainedModel.objects.defer("data"), key, "model")
        if row.active:
            raise KefuError("conflict", "it answers already")
        with transaction.atomic():
            row.canary_percent = body["canary_percent"]
            row.save(update_fields=["canary_percent"])
            taught()
        return Response(shown(row))


class ActivateView(APIView):
    """Administrators of every site."""

    @extend_schema(
        operation_id="bot_models_activate",
        summary="Have a model answer",
        tags=["bot"],
        request=None,
        responses={200: ModelSerializer, **errors(401, 403, 404)},
    )
    def post(self, request: Request, key: uuid.UUID) -> Response:
        """As it is now; everywhere within two seconds."""
        admin(request)
        row = found(TrainedModel.objects.defer("data"), key, "model")
        activate(row)
        row.refresh_from_db(fields=["active", "canary_percent"])
        return Response(shown(row))


def shown(row: TrainedModel) -> dict[str, Any]:
    """A model as administrators read it."""
    return {
        "id": str(row.pk),
        "version": f"v{row.number}",
        "active": row.active,
        "canary_percent": row.canary_percent,
        "report": row.report,
        "note": row.note,
        "created_by": row.created_by,
        "created_at": int(row.created_at.timestamp() * 1000),
    }
