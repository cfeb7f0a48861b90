"""`agents/` and `groups/`: whom a conversation can be handed to, invited or mentioned. Read-only."""

from __future__ import annotations

import uuid
from typing import Any, Final

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.api.cards import EXAMPLE, SHOWN, AgentCardSerializer, card, readable
from agents.models import Agent, Group, Waiting
from agents.presence.reading import at_sites, colleagues, status_is, with_presence
from chat.api.authentication import agent
from chat.api.paging import PageQuery, checked, listed, newest_first
from chat.api.schema import CURSOR, LIMIT, errors, page_of
from chat.conversation import Participant
from chat.errors import KefuError
from chat.models import Site
from chat.protocol.entry import now_ms

SITE: Final = OpenApiParameter("site", uuid.UUID, description="Of this site only.")
Q_PARAMETER: Final = OpenApiParameter("q", str, description="A part of the name.")


class DirectoryQuery(PageQuery):
    """Filters; all of them narrow down."""

    site = serializers.UUIDField(required=False)
    group = serializers.UUIDField(required=False)
    status = serializers.CharField(required=False, max_length=40)
    q = serializers.CharField(required=False, max_length=100, allow_blank=True)

    def validate_status(self, value: str) -> list[str]:
        """One status or several with commas."""
        wanted = [part.strip() for part in value.split(",")]
        if not set(wanted) <= set(SHOWN):
            raise serializers.ValidationError(f"Any of {', '.join(SHOWN)}.")
        return wanted


class GroupQuery(PageQuery):
    """Filters of groups."""

    site = serializers.UUIDField(required=False)
    q = serializers.CharField(required=False, max_length=100, allow_blank=True)


class GroupCardSerializer(serializers.Serializer[Any]):
    """A group as agents see it. Counts are of the caller's sites."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    agents = serializers.IntegerField(help_text="Enabled agents in it.")
    online = serializers.IntegerField(help_text="Of them, those who are online now.")
    waiting = serializers.IntegerField(help_text="Conversations in its queue.")
    mine = serializers.BooleanField(help_text="The caller is in it.")


class DirectoryView(APIView):
    """Colleagues."""

    @extend_schema(
        operation_id="agents_list",
        summary="List colleagues",
        description=(
            "Enabled agents who answer for a site of the caller's. Status and load are as of now; changes "
            "come as `presence` frames."
        ),
        tags=["agents"],
        parameters=[
            SITE,
            OpenApiParameter("group", uuid.UUID),
            OpenApiParameter("status", str, description=f"Any of {', '.join(SHOWN)}; several with commas."),
            Q_PARAMETER,
            CURSOR,
            LIMIT,
        ],
        responses={200: page_of("AgentCard", AgentCardSerializer), **errors(400, 401, 403)},
        examples=[
            OpenApiExample(
                "colleagues",
                value={"data": [EXAMPLE], "meta": {"next_cursor": None, "has_more": False}},
                response_only=True,
            )
        ],
    )
    def get(self, request: Request) -> Response:
        """A page."""
        who, at_ms = agent(request), now_ms()
        query = checked(DirectoryQuery, request.query_params)
        page, meta = newest_first(found(who, query, at_ms), query)
        return Response(listed([card(row, at_ms) for row in page], meta))


class GroupsView(APIView):
    """Groups."""

    @extend_schema(
        operation_id="groups_list",
        summary="List groups",
        description="Enabled groups of the caller's sites, with who is online and how many wait.",
        tags=["agents"],
        parameters=[SITE, Q_PARAMETER, CURSOR, LIMIT],
        responses={200: page_of("GroupCard", GroupCardSerializer), **errors(400, 401, 403)},
    )
    def get(self, request: Request) -> Response:
        """A page. Six queries, however many groups."""
        who, at_ms = agent(request), now_ms()
        query = checked(GroupQuery, request.query_params)
        rows = groups_of(who)
        if "site" in query:
            rows = rows.filter(_of_site(_served(who, query["site"])))
        if query.get("q"):
            rows = rows.filter(name__icontains=query["q"])
        page, meta = newest_first(rows, query)
        counts = _counts(who, [group.pk for group in page], at_ms)
        own = set(Group.objects.filter(agents__in=[who.id or ""]).values_list("pk", flat=True))
        data = [
            {
                "id": str(group.pk), "name": group.name, "mine": group.pk in own,
                "agents": counts["agents"].get(group.pk, 0), "online": counts["online"].get(group.pk, 0),
                "waiting": counts["waiting"].get(group.pk, 0),
            }
            for group in page
        ]  # fmt: skip
        return Response(listed(data, meta))


def found(who: Participant, query: dict[str, Any], at_ms: int) -> QuerySet[Agent]:
    """The colleagues that a query leaves, as `readable`. Raises `invalid` for a foreign site."""
    rows = readable(colleagues(who), at_ms)
    if "site" in query:
        rows = rows.filter(at_sites([_served(who, query["site"])]))
    if "group" in query:
        rows = rows.filter(Exists(Group.objects.filter(pk=query["group"], agents=OuterRef("pk"))))
    if query.get("q"):
        rows = rows.filter(display_name__icontains=query["q"])
    if "status" in query:
        wanted = Q()
        for status in query["status"]:
            wanted |= status_is(status, at_ms)
        rows = rows.filter(wanted)
    return rows


def groups_of(who: Participant) -> QuerySet[Group]:
    """The enabled groups that work for a site of this participant; a group without sites works for all."""
    rows = Group.objects.filter(is_enabled=True)
    if who.sites is None:
        return rows
    return rows.filter(_of_site(*who.sites))


def _of_site(*sites: str) -> Q:
    named = Site.objects.filter(groups=OuterRef("pk"))
    return ~Q(Exists(named)) | Q(Exists(named.filter(pk__in=sites)))


def _served(who: Participant, site: uuid.UUID) -> str:
    if not who.serves(str(site)):
        raise KefuError(
            "invalid", "not a site of yours", details={"fields": {"site": ["Not a site of yours."]}}
        )
    return str(site)


def _counts(who: Participant, groups: list[uuid.UUID], at_ms: int) -> dict[str, dict[uuid.UUID, int]]:
    members = with_presence(colleagues(who).filter(groups__in=groups), at_ms)
    waiting = Waiting.objects.filter(group__in=groups)
    if who.sites is not None:
        waiting = waiting.filter(site_id__in=list(who.sites))
    by_group = members.select_related(None).values("groups").order_by()
    everybody = by_group.annotate(many=Count("pk", distinct=True))
    online = by_group.filter(status_is("online", at_ms)).annotate(many=Count("pk", distinct=True))
    queued = waiting.values("group").order_by().annotate(many=Count("pk"))
    return {
        "agents": {row["groups"]: row["many"] for row in everybody},
        "online": {row["groups"]: row["many"] for row in online},
        "waiting": {row["group"]: row["many"] for row in queued},
    }
