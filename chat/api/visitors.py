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

from chat import visitors
from chat.api.authentication import agent
from chat.api.conversations import ms
from chat.api.fields import Attributes, Text, WebAddress
from chat.api.paging import PageQuery, checked, listed, newest_first
from chat.api.schema import CURSOR, LIMIT, errors, page_of
from chat.conversation import Participant
from chat.errors import KefuError
from chat.models import Visitor


class VisitorSerializer(serializers.Serializer[Any]):
    """A visitor. Times are ms since the epoch."""

    id = serializers.UUIDField()
    site = serializers.UUIDField()
    external_id = serializers.CharField(allow_null=True, help_text="The site's own user, proven; else null.")
    name = serializers.CharField(allow_null=True)
    email = serializers.CharField(allow_null=True)
    phone = serializers.CharField(allow_null=True)
    avatar_url = serializers.CharField(allow_null=True)
    attributes = serializers.DictField()
    page = serializers.DictField(help_text="Where the visitor is: url, title, referrer.")
    locale = serializers.CharField(allow_null=True)
    blocked_at = serializers.IntegerField(allow_null=True)
    created_at = serializers.IntegerField()
    last_seen_at = serializers.IntegerField(allow_null=True)


class VisitorPatchSerializer(serializers.Serializer[Any]):
    """What an agent may put right. Absent fields stay; null or "" empties one."""

    name = Text(100)
    email = Text(254)
    phone = Text(32)
    avatar_url = WebAddress(500)
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
        rows = _visible(agent(request))
        query = checked(VisitorQuery, request.query_params)
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
        return Response(listed([_shown(row) for row in page], meta))


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
        return Response(_shown(_find(agent(request), visitor)))

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
        row = _find(agent(request), visitor)
        body = checked(VisitorPatchSerializer, request.data)
        for field, value in body.items():
            setattr(row, field, value if value is not None else ({} if field == "attributes" else ""))
        if body:
            row.save(update_fields=list(body))
        return Response(_shown(row))


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
        visitors.block(_find(who, visitor).pk)
        return Response(_shown(_find(who, visitor)))


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
        visitors.unblock(_find(who, visitor).pk)
        return Response(_shown(_find(who, visitor)))


def _visible(who: Participant) -> QuerySet[Visitor]:
    rows = Visitor.objects.all()
    return rows if who.sites is None else rows.filter(site_id__in=who.sites)


def _find(who: Participant, visitor: uuid.UUID) -> Visitor:
    row = _visible(who).filter(pk=visitor).first()
    if row is None:
        raise KefuError("not_found", "no such visitor")
    return row


def _shown(row: Visitor) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "site": str(row.site_id),
        "external_id": row.external_id,
        "name": row.name or None,
        "email": row.email or None,
        "phone": row.phone or None,
        "avatar_url": row.avatar_url or None,
        "attributes": row.attributes,
        "page": row.page,
        "locale": row.locale or None,
        "blocked_at": ms(row.blocked_at),
        "created_at": ms(row.created_at),
        "last_seen_at": ms(row.last_seen_at),
    }
