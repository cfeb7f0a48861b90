"""`attribute-definitions/` and a conversation's attributes: what people may fill in, and what they filled
in.
"""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat import profiles
from chat.api.authentication import agent
from chat.api.conversations import visible
from chat.api.fields import Attributes
from chat.api.paging import checked
from chat.api.registry import MAX_ROWS, SITE, SiteQuery, found, whole
from chat.api.schema import errors, page_of
from chat.conversation import Participant
from chat.models import AttributeDefinition, AttributeKind, AttributeTarget
from chat.registries import may_change, of_sites, own_site, require_change, save

TARGETS = tuple(AttributeTarget.values)
KINDS = tuple(AttributeKind.values)
MAX_CHOICES = 100


class DefinitionSerializer(serializers.Serializer[Any]):
    """A custom attribute. `site` null: for every site."""

    id = serializers.UUIDField()
    site = serializers.UUIDField(allow_null=True)
    target = serializers.ChoiceField(choices=TARGETS)
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.ChoiceField(choices=KINDS)
    choices = serializers.ListField(child=serializers.CharField())
    position = serializers.IntegerField()
    editable = serializers.BooleanField(help_text="Whether the caller may change it.")


class DefinitionPatchSerializer(serializers.Serializer[Any]):
    """What may change; the key and what it describes stay."""

    label = serializers.CharField(max_length=60, required=False)  # type: ignore[assignment]
    choices = serializers.ListField(
        child=serializers.CharField(max_length=100), required=False, max_length=MAX_CHOICES
    )
    position = serializers.IntegerField(required=False, min_value=0, max_value=32767)


class DefinitionCreateSerializer(DefinitionPatchSerializer):
    """A new one. `site` absent: the caller's only site."""

    target = serializers.ChoiceField(choices=TARGETS)
    key = serializers.RegexField(r"^[A-Za-z0-9_-]{1,40}\Z")
    label = serializers.CharField(max_length=60)
    kind = serializers.ChoiceField(choices=KINDS, required=False, default="text")
    site = serializers.UUIDField(required=False, allow_null=True)


class DefinitionQuery(SiteQuery):
    """Filters."""

    target = serializers.ChoiceField(choices=TARGETS, required=False)


class DefinitionsView(APIView):
    """Those of the caller's sites."""

    @extend_schema(
        operation_id="attribute_definitions_list",
        summary="List custom attributes",
        tags=["attributes"],
        parameters=[SITE, OpenApiParameter("target", str, enum=TARGETS)],
        responses={200: page_of("AttributeDefinition", DefinitionSerializer), **errors(400, 401, 403)},
    )
    def get(self, request: Request) -> Response:
        """All of them, in their order."""
        who = agent(request)
        query = checked(DefinitionQuery, request.query_params)
        rows = of_sites(AttributeDefinition.objects.order_by("target", "position", "label", "pk"), who)
        if "site" in query:
            rows = of_sites(rows, who, query["site"])
        if "target" in query:
            rows = rows.filter(target=query["target"])
        return Response(whole([_shown(row, who) for row in rows[:MAX_ROWS]]))

    @extend_schema(
        operation_id="attribute_definitions_create",
        summary="Make a custom attribute",
        description="Administrators.",
        tags=["attributes"],
        request=DefinitionCreateSerializer,
        responses={201: DefinitionSerializer, **errors(400, 401, 403, 409, 415)},
        examples=[
            OpenApiExample(
                "order",
                value={"target": "conversation", "key": "order_no", "label": "Order", "kind": "text"},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """The attribute."""
        who = agent(request)
        body = checked(DefinitionCreateSerializer, request.data)
        site = own_site(who, body)
        require_change(who, site, "admin")
        row = AttributeDefinition(
            **{key: value for key, value in body.items() if key != "site"}, site_id=site
        )
        save(row, "attribute")
        return Response(_shown(row, who), status=201)


class DefinitionView(APIView):
    """One custom attribute."""

    @extend_schema(
        operation_id="attribute_definitions_retrieve",
        summary="Read a custom attribute",
        tags=["attributes"],
        responses={200: DefinitionSerializer, **errors(401, 403, 404)},
    )
    def get(self, request: Request, definition: uuid.UUID) -> Response:
        """The attribute."""
        who = agent(request)
        return Response(_shown(_find(who, definition), who))

    @extend_schema(
        operation_id="attribute_definitions_partial_update",
        summary="Change a custom attribute",
        tags=["attributes"],
        request=DefinitionPatchSerializer,
        responses={200: DefinitionSerializer, **errors(400, 401, 403, 404, 409, 415)},
    )
    def patch(self, request: Request, definition: uuid.UUID) -> Response:
        """The attribute as changed."""
        who = agent(request)
        row = _find(who, definition)
        require_change(who, row.site_id, "admin")
        for field, value in checked(DefinitionPatchSerializer, request.data).items():
            setattr(row, field, value)
        save(row, "attribute")
        return Response(_shown(row, who))

    @extend_schema(
        operation_id="attribute_definitions_destroy",
        summary="Delete a custom attribute",
        description="Values already filled in stay where they are.",
        tags=["attributes"],
        responses={204: None, **errors(401, 403, 404)},
    )
    def delete(self, request: Request, definition: uuid.UUID) -> Response:
        """It is gone."""
        who = agent(request)
        row = _find(who, definition)
        require_change(who, row.site_id, "admin")
        row.delete()
        return Response(status=204)


class ConversationAttributesSerializer(serializers.Serializer[Any]):
    """Keys of custom attributes; null removes one, what is not named stays."""

    attributes = Attributes()


class ConversationAttributesView(APIView):
    """Agents."""

    @extend_schema(
        operation_id="conversations_attributes",
        summary="Fill in a conversation's attributes",
        tags=["attributes"],
        request=ConversationAttributesSerializer,
        responses={200: ConversationAttributesSerializer, **errors(400, 401, 403, 404, 409, 415)},
        examples=[
            OpenApiExample("order", value={"attributes": {"order_no": "A1", "old": None}}, request_only=True)
        ],
    )
    def patch(self, request: Request, conversation: uuid.UUID) -> Response:
        """All of its attributes."""
        who = agent(request)
        body = checked(ConversationAttributesSerializer, request.data)
        found(visible(who), conversation, "conversation")
        result = profiles.set_conversation_attributes(conversation, body["attributes"])
        return Response({"attributes": result})


def _find(who: Participant, definition: uuid.UUID) -> AttributeDefinition:
    return found(of_sites(AttributeDefinition.objects.all(), who), definition, "attribute")


def _shown(row: AttributeDefinition, who: Participant) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "site": str(row.site_id) if row.site_id else None,
        "target": row.target,
        "key": row.key,
        "label": row.label,
        "kind": row.kind,
        "choices": [str(choice) for choice in row.choices],
        "position": row.position,
        "editable": may_change(who, row.site_id, "admin"),
    }
