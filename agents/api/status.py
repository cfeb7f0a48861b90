"""`agents/me/` and `…/status/`: who I am, how I stand, and how others are set by those who lead them."""

from __future__ import annotations

import uuid
from typing import Any, Final

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.api.cards import EXAMPLE, SHOWN, AgentCardSerializer, card, readable
from agents.models import Agent, Availability
from agents.presence.reading import colleagues
from agents.presence.saying import set_status
from chat.api.authentication import agent, supervisor
from chat.api.paging import checked
from chat.api.schema import PersonRefSerializer, errors
from chat.conversation import Participant
from chat.errors import KefuError
from chat.models import Site
from chat.protocol.entry import now_ms

MAX_MS: Final = 2**53 - 1


class StatusSerializer(serializers.Serializer[Any]):
    """How an agent stands."""

    status = serializers.ChoiceField(choices=SHOWN, help_text="What others see; offline: no connection.")
    availability = serializers.ChoiceField(
        choices=Availability.values, help_text="What the agent says; counts while they are connected."
    )
    reason = serializers.CharField(allow_blank=True)
    until = serializers.IntegerField(allow_null=True, help_text="Online again then (ms since the epoch).")
    load = serializers.IntegerField()
    capacity = serializers.IntegerField()


class StatusWriteSerializer(serializers.Serializer[Any]):
    """What an agent says from now on."""

    availability = serializers.ChoiceField(choices=Availability.values)
    reason = serializers.CharField(
        max_length=100, required=False, default="", allow_blank=True, help_text="Dropped for online."
    )
    until = serializers.IntegerField(
        min_value=0, max_value=MAX_MS, required=False, allow_null=True, default=None,
        help_text="Ms since the epoch, at most 31 days ahead: online again then. Not for online.",
    )  # fmt: skip


class OwnCardSerializer(AgentCardSerializer):
    """The calling agent."""

    availability = serializers.ChoiceField(choices=Availability.values)
    sites = PersonRefSerializer(many=True, help_text="Those the agent answers for.")
    all_sites = serializers.BooleanField(help_text="Answers for every site, also for new ones.")
    channel_capacity = serializers.DictField(child=serializers.IntegerField())


_AWAY: Final = OpenApiExample(
    "lunch",
    value={"availability": "away", "reason": "lunch", "until": 1_763_683_200_000},
    request_only=True,
)


class OwnCardView(APIView):
    """The calling agent."""

    @extend_schema(
        operation_id="agents_me",
        summary="Read who I am",
        description="Profile, role, sites, groups, status, load and capacity of the calling agent.",
        tags=["agents"],
        responses={200: OwnCardSerializer, **errors(401, 403)},
        examples=[
            OpenApiExample(
                "me",
                value={
                    **EXAMPLE,
                    "availability": "away",
                    "sites": [],
                    "all_sites": True,
                    "channel_capacity": {},
                },
                response_only=True,
            )
        ],
    )
    def get(self, request: Request) -> Response:
        """The card and what only its owner needs."""
        who, at_ms = agent(request), now_ms()
        row = readable(Agent.objects.filter(pk=who.id or ""), at_ms).get()
        sites = Site.objects.order_by("name")
        served = sites if who.sites is None else sites.filter(pk__in=who.sites)
        return Response(
            {
                **card(row, at_ms),
                "availability": standing_as_said(row),
                "sites": [{"id": str(site.pk), "name": site.name} for site in served],
                "all_sites": who.sites is None,
                "channel_capacity": row.channel_capacity,
            }
        )


class OwnStatusView(APIView):
    """How the calling agent stands."""

    @extend_schema(
        operation_id="agents_me_status",
        summary="Read my status",
        tags=["agents"],
        responses={200: StatusSerializer, **errors(401, 403)},
    )
    def get(self, request: Request) -> Response:
        """The status."""
        return Response(_status(_row(agent(request), None)))

    @extend_schema(
        operation_id="agents_me_status_update",
        summary="Set my status",
        description=(
            "Busy and away get nothing from routing; what they have they keep. With `until` it ends by "
            "itself. Told to everybody at the agent's sites by a `presence` frame."
        ),
        tags=["agents"],
        request=StatusWriteSerializer,
        responses={200: StatusSerializer, **errors(400, 401, 403, 415)},
        examples=[_AWAY],
    )
    def put(self, request: Request) -> Response:
        """The status as set."""
        return _set(request, agent(request), None)


class AgentStatusView(APIView):
    """How another agent stands."""

    @extend_schema(
        operation_id="agents_status",
        summary="Read an agent's status",
        tags=["agents"],
        responses={200: StatusSerializer, **errors(401, 403, 404)},
    )
    def get(self, request: Request, agent_id: uuid.UUID) -> Response:
        """The status."""
        return Response(_status(_row(agent(request), agent_id)))

    @extend_schema(
        operation_id="agents_status_update",
        summary="Set an agent's status",
        description="Supervisors and administrators, for agents who answer for a site of theirs.",
        tags=["agents"],
        request=StatusWriteSerializer,
        responses={200: StatusSerializer, **errors(400, 401, 403, 404, 415)},
        examples=[_AWAY],
    )
    def put(self, request: Request, agent_id: uuid.UUID) -> Response:
        """The status as set."""
        return _set(request, supervisor(request), agent_id)


def standing_as_said(row: Agent) -> str:
    """What the agent says, while it lasts; online when they never said anything."""
    said_by = getattr(row, "standing", None)
    if said_by is None or (said_by.until_ms is not None and said_by.until_ms <= now_ms()):
        return Availability.ONLINE.value
    return str(said_by.availability)


def _row(who: Participant, agent_id: uuid.UUID | None) -> Agent:
    found = readable(colleagues(who), now_ms()).filter(pk=agent_id or who.id or "").first()
    if found is None:
        raise KefuError("not_found", "no such agent")
    return found


def _status(row: Agent) -> dict[str, Any]:
    whole = card(row, now_ms())
    fields = ("status", "reason", "until", "load", "capacity")
    return {**{field: whole[field] for field in fields}, "availability": standing_as_said(row)}


def _set(request: Request, who: Participant, agent_id: uuid.UUID | None) -> Response:
    row = _row(who, agent_id)
    given = checked(StatusWriteSerializer, request.data)
    set_status(str(row.pk), given["availability"], given["reason"], given["until"])
    return Response(_status(_row(who, agent_id)))
