"""`views/`: saved views of the list, and how many conversations each list holds."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.desk import views
from agents.models import SavedView
from chat.api.authentication import agent
from chat.api.conversations import ms, visible
from chat.api.paging import checked
from chat.api.registry import whole
from chat.api.schema import PersonRefSerializer, errors, page_of
from chat.conversation import Participant
from chat.errors import KefuError
from chat.registries import key_of, require_change, require_role, save

_FILTERS = "As in `GET conversations/`, lists as arrays: status, agent, group, label, channel, site, q, …"


class SavedViewSerializer(serializers.Serializer[Any]):
    """A saved view. `owner` null: shared."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    owner = PersonRefSerializer(allow_null=True)
    shared = serializers.BooleanField()
    filters = serializers.DictField(help_text=_FILTERS)
    position = serializers.IntegerField()
    updated_at = serializers.IntegerField()
    editable = serializers.BooleanField(help_text="Whether the caller may change it.")


class SavedViewPatchSerializer(serializers.Serializer[Any]):
    """Absent fields stay."""

    name = serializers.CharField(max_length=60, required=False)
    filters = serializers.DictField(required=False, help_text=_FILTERS)
    position = serializers.IntegerField(required=False, min_value=0, max_value=32767)


class SavedViewCreateSerializer(SavedViewPatchSerializer):
    """A new one: one's own unless `shared`, which takes a supervisor."""

    name = serializers.CharField(max_length=60)
    filters = serializers.DictField(help_text=_FILTERS)
    shared = serializers.BooleanField(required=False, default=False)


class CountsSerializer(serializers.Serializer[Any]):
    """How many conversations the lists hold. A number above `cap` means "more than `cap`"."""

    cap = serializers.IntegerField()
    counts = serializers.DictField(
        child=serializers.IntegerField(), help_text="mine, mine_unread, waiting, snoozed, all, bot, closed"
    )
    views = serializers.DictField(
        child=serializers.IntegerField(), help_text="By saved view: the first 30 that do not search by text."
    )


class SavedViewsView(APIView):
    """One's own and the shared ones."""

    @extend_schema(
        operation_id="views_list",
        summary="List saved views",
        tags=["views"],
        responses={200: page_of("SavedView", SavedViewSerializer), **errors(401, 403)},
    )
    def get(self, request: Request) -> Response:
        """All of them, in their order."""
        who = agent(request)
        return Response(whole([_shown(view, who) for view in views.seen_by(who)]))

    @extend_schema(
        operation_id="views_create",
        summary="Save a view",
        tags=["views"],
        request=SavedViewCreateSerializer,
        responses={201: SavedViewSerializer, **errors(400, 401, 403, 409, 415)},
        examples=[
            OpenApiExample(
                "vip",
                value={
                    "name": "VIP waiting",
                    "filters": {"status": ["queued"], "priority": 5, "order": "waiting"},
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """The view."""
        who = agent(request)
        body = checked(SavedViewCreateSerializer, request.data)
        shared = body.pop("shared")
        if shared:
            require_role(who, "supervisor")
        elif SavedView.objects.filter(owner=key_of(who)).count() >= views.MAX_OWN:
            raise KefuError("conflict", f"at most {views.MAX_OWN} views of one's own")
        body["filters"] = views.read_filters(body["filters"], who, shared)
        row = SavedView(owner_id=None if shared else who.id, **body)
        save(row, "view")
        return Response(_shown(row, who), status=201)


class SavedViewView(APIView):
    """One saved view."""

    @extend_schema(
        operation_id="views_retrieve",
        summary="Read a saved view",
        tags=["views"],
        responses={200: SavedViewSerializer, **errors(401, 403, 404)},
    )
    def get(self, request: Request, view: uuid.UUID) -> Response:
        """The view."""
        who = agent(request)
        return Response(_shown(_find(who, view), who))

    @extend_schema(
        operation_id="views_partial_update",
        summary="Change a saved view",
        tags=["views"],
        request=SavedViewPatchSerializer,
        responses={200: SavedViewSerializer, **errors(400, 401, 403, 404, 409, 415)},
    )
    def patch(self, request: Request, view: uuid.UUID) -> Response:
        """The view as changed."""
        who = agent(request)
        row = _editable(who, view)
        body = checked(SavedViewPatchSerializer, request.data)
        if "filters" in body:
            body["filters"] = views.read_filters(body["filters"], who, row.owner_id is None)
        for field, value in body.items():
            setattr(row, field, value)
        if row.owner_id is None:
            require_change(who, row.filters.get("site"), "supervisor")
        save(row, "view")
        return Response(_shown(row, who))

    @extend_schema(
        operation_id="views_destroy",
        summary="Delete a saved view",
        tags=["views"],
        responses={204: None, **errors(401, 403, 404)},
    )
    def delete(self, request: Request, view: uuid.UUID) -> Response:
        """It is gone."""
        _editable(agent(request), view).delete()
        return Response(status=204)


class ViewCountsView(APIView):
    """Of what the caller may see."""

    @extend_schema(
        operation_id="views_counts",
        summary="How many conversations each list holds",
        tags=["views"],
        responses={200: CountsSerializer, **errors(401, 403)},
    )
    def get(self, request: Request) -> Response:
        """All numbers."""
        who = agent(request)
        fixed, saved = views.counts(who, visible(who), views.seen_by(who))
        return Response({"cap": views.CAP, "counts": fixed, "views": saved})


def _find(who: Participant, view: uuid.UUID) -> SavedView:
    row = next((one for one in views.seen_by(who) if one.pk == view), None)
    if row is None:
        raise KefuError("not_found", "no such view")
    return row


def _editable(who: Participant, view: uuid.UUID) -> SavedView:
    row = _find(who, view)
    if not views.may_edit(who, row):
        raise KefuError("forbidden", "shared views are kept by supervisors")
    return row


def _shown(row: SavedView, who: Participant) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "name": row.name,
        "owner": {"id": str(row.owner.id), "name": row.owner.display_name} if row.owner else None,
        "shared": row.owner_id is None,
        "filters": row.filters,
        "position": row.position,
        "updated_at": ms(row.updated_at),
        "editable": views.may_edit(who, row),
    }
