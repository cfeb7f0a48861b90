"""`labels/`: the words that sort conversations. Agents read them, supervisors keep them."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.api.authentication import agent
from chat.api.paging import checked
from chat.api.registry import MAX_ROWS, SITE, SiteQuery, found, whole
from chat.api.schema import errors, page_of
from chat.conversation import Participant
from chat.models import Label
from chat.models.sites import LABEL_COLORS
from chat.registries import may_change, of_sites, own_site, require_change, save


class LabelSerializer(serializers.Serializer[Any]):
    """A label. `site` null: for every site; `color` names a role of the design tokens."""

    id = serializers.UUIDField()
    site = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    color = serializers.ChoiceField(choices=[name for name, _ in LABEL_COLORS])
    editable = serializers.BooleanField(help_text="Whether the caller may change it.")


class LabelCreateSerializer(serializers.Serializer[Any]):
    """A new label. `site` absent: the caller's only site."""

    name = serializers.CharField(max_length=40)
    color = serializers.ChoiceField(
        choices=[name for name, _ in LABEL_COLORS], required=False, default="grey"
    )
    site = serializers.UUIDField(required=False, allow_null=True)


class LabelPatchSerializer(serializers.Serializer[Any]):
    """Absent fields stay."""

    name = serializers.CharField(max_length=40, required=False)
    color = serializers.ChoiceField(choices=[name for name, _ in LABEL_COLORS], required=False)


class LabelsView(APIView):
    """Those of the caller's sites."""

    @extend_schema(
        operation_id="labels_list",
        summary="List labels",
        tags=["labels"],
        parameters=[SITE],
        responses={200: page_of("Label", LabelSerializer), **errors(400, 401, 403)},
    )
    def get(self, request: Request) -> Response:
        """All of them, by name."""
        who = agent(request)
        query = checked(SiteQuery, request.query_params)
        rows = of_sites(Label.objects.order_by("name", "pk"), who, query.get("site"))
        return Response(whole([_shown(row, who) for row in rows[:MAX_ROWS]]))

    @extend_schema(
        operation_id="labels_create",
        summary="Make a label",
        description="Supervisors; a label for every site needs an administrator.",
        tags=["labels"],
        request=LabelCreateSerializer,
        responses={201: LabelSerializer, **errors(400, 401, 403, 409, 415)},
        examples=[OpenApiExample("refund", value={"name": "Refund", "color": "red"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """The label."""
        who = agent(request)
        body = checked(LabelCreateSerializer, request.data)
        site = own_site(who, body)
        require_change(who, site, "supervisor")
        row = Label(site_id=site, name=body["name"], color=body["color"])
        save(row, "label")
        return Response(_shown(row, who), status=201)


class LabelView(APIView):
    """One label."""

    @extend_schema(
        operation_id="labels_retrieve",
        summary="Read a label",
        tags=["labels"],
        responses={200: LabelSerializer, **errors(401, 403, 404)},
    )
    def get(self, request: Request, label: uuid.UUID) -> Response:
        """The label."""
        who = agent(request)
        return Response(_shown(_find(who, label), who))

    @extend_schema(
        operation_id="labels_partial_update",
        summary="Rename or recolour a label",
        tags=["labels"],
        request=LabelPatchSerializer,
        responses={200: LabelSerializer, **errors(400, 401, 403, 404, 409, 415)},
    )
    def patch(self, request: Request, label: uuid.UUID) -> Response:
        """The label as changed."""
        who = agent(request)
        row = _find(who, label)
        require_change(who, row.site_id, "supervisor")
        for field, value in checked(LabelPatchSerializer, request.data).items():
            setattr(row, field, value)
        save(row, "label")
        return Response(_shown(row, who))

    @extend_schema(
        operation_id="labels_destroy",
        summary="Delete a label",
        description="Conversations lose it; their logs still tell that they had it.",
        tags=["labels"],
        responses={204: None, **errors(401, 403, 404)},
    )
    def delete(self, request: Request, label: uuid.UUID) -> Response:
        """It is gone."""
        who = agent(request)
        row = _find(who, label)
        require_change(who, row.site_id, "supervisor")
        row.delete()
        return Response(status=204)


def _find(who: Participant, label: uuid.UUID) -> Label:
    return found(of_sites(Label.objects.all(), who), label, "label")


def _shown(row: Label, who: Participant) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "site": str(row.site_id) if row.site_id else None,
        "name": row.name,
        "color": row.color,
        "editable": may_change(who, row.site_id, "supervisor"),
    }
