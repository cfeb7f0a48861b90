"""`stats/live/`: the queue, the waits and the people of this moment, for screens watched all day."""

from __future__ import annotations

import uuid
from typing import Any, Final

import msgspec
from django.db.models import Count, Min
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.api.cards import EXAMPLE, SHOWN, AgentCardSerializer, card
from agents.api.directory import Q_PARAMETER, SITE, DirectoryQuery, found, groups_of
from agents.models import Agent
from agents.presence.overview import Figures, overview
from chat.api.authentication import agent, supervisor
from chat.api.paging import checked, listed, newest_first
from chat.api.schema import CURSOR, LIMIT, PersonRefSerializer, errors, page_of
from chat.models import Conversation
from chat.protocol.entry import now_ms

_FIGURES: Final = {
    "waiting": 3, "oldest_wait_ms": 42_000, "average_wait_ms": 15_500, "online": 4, "busy": 1, "away": 2,
    "load": 9, "capacity": 20, "open": 14, "first_replies": 61, "service_level": 0.9672,
}  # fmt: skip
_SHOP: Final = {"id": "0190b6a1-0000-7000-8000-000000000004", "name": "Shop"}


class FiguresSerializer(serializers.Serializer[Any]):
    """Queue, waits and people of a site or a group. Load and capacity are of those online."""

    waiting = serializers.IntegerField()
    oldest_wait_ms = serializers.IntegerField(help_text="0 when nobody waits.")
    average_wait_ms = serializers.IntegerField(
        allow_null=True, help_text="Of those routing gave to somebody in the last hour; null: none."
    )
    online = serializers.IntegerField()
    busy = serializers.IntegerField()
    away = serializers.IntegerField()
    load = serializers.IntegerField()
    capacity = serializers.IntegerField()
    open = serializers.IntegerField(help_text="Conversations that wait or are being answered.")
    first_replies = serializers.IntegerField(help_text="In the last hour.")
    service_level = serializers.FloatField(
        allow_null=True, help_text="Share of them within the site's target, wait included; null: none."
    )


class GroupFiguresSerializer(FiguresSerializer):
    """A group's; without a group: what has none."""

    group = PersonRefSerializer(allow_null=True)


class SiteFiguresSerializer(FiguresSerializer):
    """A site's, and those of its groups."""

    site = PersonRefSerializer()
    groups = GroupFiguresSerializer(many=True)


class AtSerializer(serializers.Serializer[Any]):
    """When it was so."""

    at = serializers.IntegerField(help_text="Ms since the epoch.")


class LiveAgentSerializer(AgentCardSerializer):
    """An agent and their work."""

    open = serializers.IntegerField(help_text="Conversations they answer.")
    unanswered = serializers.IntegerField(help_text="Of them, those whose visitor waits for a word.")
    longest_unanswered_ms = serializers.IntegerField(allow_null=True)


class LiveView(APIView):
    """Sites."""

    @extend_schema(
        operation_id="stats_live",
        summary="Read the figures of this moment",
        description=(
            "Supervisors and administrators see all of their sites, agents the queues of their groups and "
            "of conversations without one. Ten queries however large; ask every few seconds."
        ),
        tags=["statistics"],
        responses={
            200: inline_serializer(
                name="LiveFigures", fields={"data": SiteFiguresSerializer(many=True), "meta": AtSerializer()}
            ),
            **errors(401, 403),
        },
        examples=[
            OpenApiExample(
                "live",
                value={
                    "data": [{"site": _SHOP, **_FIGURES, "groups": [{"group": None, **_FIGURES}]}],
                    "meta": {"at": 1_763_680_000_000},
                },
                response_only=True,
            )
        ],
    )
    def get(self, request: Request) -> Response:
        """Sites by name."""
        who, at_ms = agent(request), now_ms()
        groups = groups_of(who)
        if who.groups is not None:
            groups = groups.filter(pk__in=who.groups)
        data = [
            {
                "site": {"id": str(each.site.pk), "name": each.site.name},
                **_plain(each.total),
                "groups": [
                    {"group": group and {"id": str(group.pk), "name": group.name}, **_plain(figures)}
                    for group, figures in each.groups
                ],
            }
            for each in overview(who, groups, at_ms)
        ]
        return Response({"data": data, "meta": {"at": at_ms}})


class LiveAgentsView(APIView):
    """People."""

    @extend_schema(
        operation_id="stats_live_agents",
        summary="List agents at work",
        description="Supervisors and administrators: the agents of their sites, with load and waits.",
        tags=["statistics"],
        parameters=[
            SITE,
            OpenApiParameter("group", uuid.UUID),
            OpenApiParameter("status", str, description=f"Any of {', '.join(SHOWN)}; several with commas."),
            Q_PARAMETER,
            CURSOR,
            LIMIT,
        ],
        responses={200: page_of("LiveAgent", LiveAgentSerializer), **errors(400, 401, 403)},
        examples=[
            OpenApiExample(
                "agents",
                value={
                    "data": [{**EXAMPLE, "open": 2, "unanswered": 1, "longest_unanswered_ms": 95_000}],
                    "meta": {"next_cursor": None, "has_more": False},
                },
                response_only=True,
            )
        ],
    )
    def get(self, request: Request) -> Response:
        """A page."""
        who, at_ms = supervisor(request), now_ms()
        query = checked(DirectoryQuery, request.query_params)
        page, meta = newest_first(found(who, query, at_ms), query)
        work = _work(page)
        return Response(
            listed([{**card(row, at_ms), **_worked(work.get(row.pk), at_ms)} for row in page], meta)
        )


def _plain(figures: Figures) -> dict[str, Any]:
    return msgspec.structs.asdict(figures)


def _work(page: list[Agent]) -> dict[Any, dict[str, Any]]:
    active = Conversation.objects.filter(agent_id__in=[row.pk for row in page], status="active")
    rows = (
        active.order_by()
        .values("agent_id")
        .annotate(open=Count("pk"), unanswered=Count("waiting_since"), since=Min("waiting_since"))
    )
    return {row["agent_id"]: dict(row) for row in rows}


def _worked(work: dict[str, Any] | None, at_ms: int) -> dict[str, Any]:
    if work is None:
        return {"open": 0, "unanswered": 0, "longest_unanswered_ms": None}
    since = work["since"]
    return {
        "open": work["open"],
        "unanswered": work["unanswered"],
        "longest_unanswered_ms": None if since is None else max(0, at_ms - since),
    }
