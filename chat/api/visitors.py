"""`visitors/`: the people who ask, as agents of their site see them."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat import merging, profiles, visitors
from chat.api.authentication import agent
from chat.api.conversations import ms, visible
from chat.api.fields import Attributes, Text, WebAddress
from chat.api.paging import PageQuery, checked, listed, newest_first
from chat.api.registry import found
from chat.api.schema import CURSOR, LIMIT, PersonRefSerializer, errors, page_of
from chat.conversation import Participant
from chat.models import Visitor


class VisitorSerializer(serializers.Serializer[Any]):
    """A visitor. Times are ms since the epoch."""

    id = serializers.UUIDField()
    site = serializers.UUIDField()
    external_id = serializers.CharField(allow_null=True, help_text="The site's own user, proven; else null.")
    verified = serializers.BooleanField(help_text="Whether the site has proven who it is.")
    name = serializers.CharField(allow_null=True)
    email = serializers.CharField(allow_null=True)
    phone = serializers.CharField(allow_null=True)
    avatar_url = serializers.CharField(allow_null=True)
    attributes = serializers.DictField()
    page = serializers.DictField(help_text="Where the visitor is: url, title, referrer.")
    locale = serializers.CharField(allow_null=True)
    priority = serializers.IntegerField(help_text="0 to 10; ten is served first.")
    merged_into = PersonRefSerializer(
        allow_null=True, help_text="The same person, whom this one is shown as."
    )
    duplicates = PersonRefSerializer(many=True, help_text="Visitors shown as this one; empty in lists.")
    blocked_at = serializers.IntegerField(allow_null=True)
    created_at = serializers.IntegerField()
    last_seen_at = serializers.IntegerField(allow_null=True)


class VisitorPatchSerializer(serializers.Serializer[Any]):
    """What an agent may put right. Absent fields stay; null or "" empties one. Attributes are laid over those
    there (null removes a key); `priority` is for supervisors.
    """

    name = Text(100)
    email = Text(254)
    phone = Text(32)
    avatar_url = WebAddress(500)
    locale = Text(16)
    priority = serializers.IntegerField(required=False, min_value=0, max_value=10)
    attributes = Attributes(required=False, allow_null=True)


class VisitorQuery(PageQuery):
    """Filters; all of them narrow down."""

    site = serializers.UUIDField(required=False)
    blocked = serializers.BooleanField(required=False, allow_null=True, default=None)
    q = serializers.CharField(required=False, max_length=100, allow_blank=True)


class VisitorsView(APIView):
    """Those of the caller's sites."""

    @extend_schema(
        operation_id="visitors_list",
        summary="List visitors",
        description="Newest first.",
        tags=["visitors"],
        parameters=[
            OpenApiParameter("site", uuid.UUID),
            OpenApiParameter("blocked", bool),
            OpenApiParameter("q", str, description="Part of a name, e-mail or phone, or a whole user id."),
            CURSOR,
            LIMIT,
        ],
        responses={200: page_of("Visitor", VisitorSerializer), **errors(400, 401, 403)},
    )
    def get(self, request: Request) -> Response:
        """A page."""
        query = checked(VisitorQuery, request.query_params)
        rows = seen_by(agent(request)).select_related("merged_into")
        if "site" in query:
            rows = rows.filter(site_id=query["site"])
        if query["blocked"] is not None:
            rows = rows.filter(blocked_at__isnull=not query["blocked"])
        words = query.get("q", "")
        if words:
            rows = rows.filter(
                Q(name__icontains=words)
                | Q(email__icontains=words)
                | Q(phone__contains=words)
                | Q(external_id=words)
            )
        page, meta = newest_first(rows, query)
        return Response(listed([shown_visitor(row, []) for row in page], meta))


class VisitorView(APIView):
    """One visitor."""

    @extend_schema(
        operation_id="visitors_retrieve",
        summary="Read a visitor",
        tags=["visitors"],
        responses={200: VisitorSerializer, **errors(401, 403, 404)},
    )
    def get(self, request: Request, visitor: uuid.UUID) -> Response:
        """The visitor."""
        return Response(shown_visitor(find_visitor(agent(request), visitor)))

    @extend_schema(
        operation_id="visitors_partial_update",
        summary="Correct a visitor's data",
        tags=["visitors"],
        request=VisitorPatchSerializer,
        responses={200: VisitorSerializer, **errors(400, 401, 403, 404, 415)},
        examples=[OpenApiExample("name", value={"name": "Han Meimei"}, request_only=True)],
    )
    def patch(self, request: Request, visitor: uuid.UUID) -> Response:
        """The visitor as corrected."""
        who = agent(request)
        find_visitor(who, visitor)
        body = checked(VisitorPatchSerializer, request.data)
        return Response(shown_visitor(profiles.correct_visitor(visitor, body, who)))


class BlockView(APIView):
    """Shutting a visitor out."""

    @extend_schema(
        operation_id="visitors_block",
        summary="Block a visitor",
        description="No session from now on; open connections end within 5 s.",
        tags=["visitors"],
        request=None,
        responses={200: VisitorSerializer, **errors(401, 403, 404)},
    )
    def post(self, request: Request, visitor: uuid.UUID) -> Response:
        """The visitor, blocked."""
        who = agent(request)
        visitors.block(find_visitor(who, visitor).pk)
        return Response(shown_visitor(find_visitor(who, visitor)))


class UnblockView(APIView):
    """Letting a visitor in again."""

    @extend_schema(
        operation_id="visitors_unblock",
        summary="Unblock a visitor",
        tags=["visitors"],
        request=None,
        responses={200: VisitorSerializer, **errors(401, 403, 404)},
    )
    def post(self, request: Request, visitor: uuid.UUID) -> Response:
        """The visitor, welcome."""
        who = agent(request)
        visitors.unblock(find_visitor(who, visitor).pk)
        return Response(shown_visitor(find_visitor(who, visitor)))


def seen_by(who: Participant) -> QuerySet[Visitor]:
    """The visitors an agent may see."""
    return profiles.visible_visitors(who, visible(who))


def find_visitor(who: Participant, visitor: uuid.UUID) -> Visitor:
    """The visitor, when the agent may see it. Raises `not_found`."""
    return found(seen_by(who).select_related("merged_into"), visitor, "visitor")


def shown_visitor(row: Visitor, duplicates: list[Visitor] | None = None) -> dict[str, Any]:
    """The visitor as the API gives it; `duplicates` None: look them up."""
    if duplicates is None:
        duplicates = merging.family_of(row)[1:] if row.merged_into_id is None else []
    return {
        "id": str(row.id),
        "site": str(row.site_id),
        "external_id": row.external_id,
        "verified": row.external_id is not None,
        "name": row.name or None,
        "email": row.email or None,
        "phone": row.phone or None,
        "avatar_url": row.avatar_url or None,
        "attributes": row.attributes,
        "page": row.page,
        "locale": row.locale or None,
        "priority": row.priority,
        "merged_into": _ref(row.merged_into) if row.merged_into else None,
        "duplicates": [_ref(other) for other in duplicates],
        "blocked_at": ms(row.blocked_at),
        "created_at": ms(row.created_at),
        "last_seen_at": ms(row.last_seen_at),
    }


def _ref(row: Visitor) -> dict[str, str | None]:
    return {"id": str(row.id), "name": row.name or None}
