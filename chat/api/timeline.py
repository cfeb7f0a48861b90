"""A visitor's past: earlier conversations (of merged duplicates, too) and the pages the widget saw."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import OuterRef, Subquery
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat import merging, trail
from chat.api import rate
from chat.api.authentication import agent, caller
from chat.api.conversations import STATUSES, LabelRefSerializer, ms, shown, visible
from chat.api.fields import Text, WebAddress
from chat.api.paging import PageQuery, checked, listed, newest_first
from chat.api.schema import CURSOR, LIMIT, PersonRefSerializer, errors, page_of
from chat.api.visitors import find_visitor
from chat.errors import KefuError
from chat.models import Conversation, Message, PageVisit


class EpisodeSerializer(serializers.Serializer[Any]):
    """One conversation of a visitor's timeline. Times are ms since the epoch."""

    id = serializers.UUIDField()
    visitor = serializers.UUIDField(help_text="Who wrote it: the visitor or a merged duplicate.")
    merged = serializers.BooleanField(help_text="Whether it is a duplicate's.")
    site = serializers.UUIDField()
    status = serializers.ChoiceField(choices=STATUSES)
    channel = serializers.CharField()
    agent = PersonRefSerializer(allow_null=True)
    group = PersonRefSerializer(allow_null=True)
    category = serializers.CharField(allow_null=True)
    summary = serializers.CharField(allow_null=True)
    rating = serializers.IntegerField(allow_null=True)
    rating_text = serializers.CharField(allow_null=True)
    first_text = serializers.CharField(allow_null=True, help_text="The visitor's first words.")
    last_text = serializers.CharField(allow_null=True)
    labels = LabelRefSerializer(many=True)
    created_at = serializers.IntegerField()
    closed_at = serializers.IntegerField(allow_null=True)


class PageVisitSerializer(serializers.Serializer[Any]):
    """A page the visitor looked at. `at` in ms since the epoch."""

    id = serializers.UUIDField()
    visitor = serializers.UUIDField()
    url = serializers.CharField()
    title = serializers.CharField(allow_null=True)
    referrer = serializers.CharField(allow_null=True)
    at = serializers.IntegerField()


class SeenPageSerializer(serializers.Serializer[Any]):
    """The page the widget stands on. http and https only."""

    url = WebAddress(2000, required=True, allow_null=False, allow_blank=False)
    title = Text(300)
    referrer = WebAddress(2000)


class TimelineView(APIView):
    """Agents."""

    @extend_schema(
        operation_id="visitors_timeline",
        summary="A visitor's conversations",
        description=(
            "Newest first, with those of merged duplicates; only what the caller may read and a visitor has "
            "written in."
        ),
        tags=["visitors"],
        parameters=[CURSOR, LIMIT],
        responses={200: page_of("Episode", EpisodeSerializer), **errors(400, 401, 403, 404)},
    )
    def get(self, request: Request, visitor: uuid.UUID) -> Response:
        """A page."""
        who = agent(request)
        query = checked(PageQuery, request.query_params)
        family = [row.pk for row in merging.family_of(find_visitor(who, visitor))]
        words = Message.objects.filter(
            conversation=OuterRef("pk"), sender_kind="visitor", is_hidden=False
        ).exclude(kind="event")
        rows = visible(who).filter(visitor_id__in=family, visitor_seq__gt=0)
        first = Subquery(words.order_by("seq").values("text")[:1])
        page, meta = newest_first(rows.annotate(first_text=first), query)
        now = {row["id"]: row for row in shown(list(page), who)}
        return Response(listed([_episode(row, now[str(row.id)], visitor) for row in page], meta))


class PagesView(APIView):
    """Agents."""

    @extend_schema(
        operation_id="visitors_pages",
        summary="A visitor's page trail",
        description="Newest first: pages that showed the widget, for 30 days, with those of duplicates.",
        tags=["visitors"],
        parameters=[CURSOR, LIMIT],
        responses={200: page_of("PageVisit", PageVisitSerializer), **errors(400, 401, 403, 404)},
    )
    def get(self, request: Request, visitor: uuid.UUID) -> Response:
        """A page."""
        query = checked(PageQuery, request.query_params)
        family = [row.pk for row in merging.family_of(find_visitor(agent(request), visitor))]
        page, meta = newest_first(PageVisit.objects.filter(visitor_id__in=family), query)
        return Response(listed([_visit(row) for row in page], meta))


class SeenPageView(APIView):
    """Visitors, of themselves."""

    @extend_schema(
        operation_id="visitor_pages_create",
        summary="Tell which page the visitor looks at",
        description="Sent by the widget when its page changes. The same page again moves its time on.",
        tags=["visitors"],
        request=SeenPageSerializer,
        responses={204: None, **errors(400, 401, 403, 415, 429)},
        examples=[
            OpenApiExample(
                "cart", value={"url": "https://shop.example.com/cart", "title": "Cart"}, request_only=True
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """It is noted."""
        who = caller(request)
        if who.kind != "visitor" or who.id is None:
            raise KefuError("forbidden", "only a visitor's widget tells where it is")
        rate.check(request, "page", who)
        page = checked(SeenPageSerializer, request.data)
        trail.note_page(who.id, page["url"], page.get("title") or "", page.get("referrer") or "")
        return Response(status=204)


def _episode(row: Conversation, now: dict[str, Any], visitor: uuid.UUID) -> dict[str, Any]:
    kept = (
        "id", "site", "status", "channel", "agent", "group", "category", "summary", "rating", "rating_text",
        "last_text", "labels", "created_at", "closed_at",
    )  # fmt: skip
    words = getattr(row, "first_text", None)
    return {
        **{name: now[name] for name in kept},
        "visitor": str(row.visitor_id),
        "merged": row.visitor_id != visitor,
        "first_text": words[:200] if words else None,
    }


def _visit(row: PageVisit) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "visitor": str(row.visitor_id),
        "url": row.url,
        "title": row.title or None,
        "referrer": row.referrer or None,
        "at": ms(row.at),
    }
