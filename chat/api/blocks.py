"""`blocks/`: the blacklist of network addresses, users and visitors. Supervisors keep it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat import blocks
from chat.api.authentication import supervisor
from chat.api.conversations import ms
from chat.api.fields import Text
from chat.api.paging import PageQuery, checked, listed, newest_first
from chat.api.registry import SITE, found
from chat.api.schema import CURSOR, LIMIT, errors, page_of
from chat.conversation import Participant
from chat.models import Block, BlockKind, Visitor
from chat.networks import normal_network
from chat.registries import may_change, of_sites, own_site, require_change, save

KINDS = tuple(BlockKind.values)
_LAST_MS = 253_370_764_800_000  # the year 9999: what a database's clock can hold


class BlockSerializer(serializers.Serializer[Any]):
    """A blacklist entry. `site` null: at every site; `until` in ms since the epoch, null: for good."""

    id = serializers.UUIDField()
    site = serializers.UUIDField(allow_null=True)
    kind = serializers.ChoiceField(choices=KINDS)
    value = serializers.CharField(help_text="CIDR network, the site's user id, or a visitor's id.")
    reason = serializers.CharField(allow_null=True)
    until = serializers.IntegerField(allow_null=True)
    created_by = serializers.CharField(allow_null=True)
    created_at = serializers.IntegerField()
    editable = serializers.BooleanField(help_text="Whether the caller may change it.")


class BlockPatchSerializer(serializers.Serializer[Any]):
    """Absent fields stay; null empties one."""

    reason = Text(300)
    until = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=_LAST_MS)


class BlockCreateSerializer(BlockPatchSerializer):
    """A new entry. `site` absent: the caller's only site."""

    kind = serializers.ChoiceField(choices=KINDS)
    value = serializers.CharField(max_length=128)
    site = serializers.UUIDField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The value in its canonical form."""
        try:
            if attrs["kind"] == BlockKind.ADDRESS:
                attrs["value"] = normal_network(attrs["value"])
            elif attrs["kind"] == BlockKind.VISITOR:
                attrs["value"] = str(uuid.UUID(attrs["value"]))
        except ValueError as error:
            raise serializers.ValidationError({"value": [str(error)]}) from None
        return attrs


class BlockQuery(PageQuery):
    """Filters."""

    site = serializers.UUIDField(required=False)
    kind = serializers.ChoiceField(choices=KINDS, required=False)
    q = serializers.CharField(required=False, max_length=128, allow_blank=True)


class BlocksView(APIView):
    """Those of the caller's sites."""

    @extend_schema(
        operation_id="blocks_list",
        summary="List the blacklist",
        description="Newest first. Supervisors.",
        tags=["blacklist"],
        parameters=[
            SITE,
            OpenApiParameter("kind", str, enum=KINDS),
            OpenApiParameter("q", str, description="Part of the value or of the reason."),
            CURSOR,
            LIMIT,
        ],
        responses={200: page_of("Block", BlockSerializer), **errors(400, 401, 403)},
    )
    def get(self, request: Request) -> Response:
        """A page."""
        who = supervisor(request)
        query = checked(BlockQuery, request.query_params)
        rows = of_sites(Block.objects.all(), who, query.get("site"))
        if "kind" in query:
            rows = rows.filter(kind=query["kind"])
        if words := query.get("q"):
            rows = rows.filter(value__icontains=words) | rows.filter(reason__icontains=words)
        page, meta = newest_first(rows, query)
        return Response(listed([_shown(row, who) for row in page], meta))

    @extend_schema(
        operation_id="blocks_create",
        summary="Shut somebody out",
        description=(
            "No session from now on; open connections end within 5 s. Supervisors; an entry for every site "
            "needs an administrator. Networks are at least /8 (IPv4) or /16 (IPv6)."
        ),
        tags=["blacklist"],
        request=BlockCreateSerializer,
        responses={201: BlockSerializer, **errors(400, 401, 403, 404, 409, 415)},
        examples=[
            OpenApiExample("net", value={"kind": "address", "value": "203.0.113.0/24"}, request_only=True)
        ],
    )
    def post(self, request: Request) -> Response:
        """The entry."""
        who = supervisor(request)
        body = checked(BlockCreateSerializer, request.data)
        if body["kind"] == BlockKind.VISITOR:
            theirs = (
                Visitor.objects.all() if who.sites is None else Visitor.objects.filter(site_id__in=who.sites)
            )
            body["site"] = found(theirs, uuid.UUID(body["value"]), "visitor").site_id
        site = own_site(who, body)
        require_change(who, site, "supervisor")
        row = Block(
            site_id=site,
            kind=body["kind"],
            value=body["value"],
            reason=body.get("reason") or "",
            until=_moment(body.get("until")),
            created_by=(who.name or "")[:150],
        )
        save(row, "entry")
        blocks.forget()
        return Response(_shown(row, who), status=201)


class BlockEntryView(APIView):
    """One entry."""

    @extend_schema(
        operation_id="blocks_retrieve",
        summary="Read a blacklist entry",
        tags=["blacklist"],
        responses={200: BlockSerializer, **errors(401, 403, 404)},
    )
    def get(self, request: Request, block: uuid.UUID) -> Response:
        """The entry."""
        who = supervisor(request)
        return Response(_shown(_find(who, block), who))

    @extend_schema(
        operation_id="blocks_partial_update",
        summary="Change a blacklist entry",
        tags=["blacklist"],
        request=BlockPatchSerializer,
        responses={200: BlockSerializer, **errors(400, 401, 403, 404, 409, 415)},
    )
    def patch(self, request: Request, block: uuid.UUID) -> Response:
        """The entry as changed."""
        who = supervisor(request)
        row = _find(who, block)
        require_change(who, row.site_id, "supervisor")
        body = checked(BlockPatchSerializer, request.data)
        if "reason" in body:
            row.reason = body["reason"] or ""
        if "until" in body:
            row.until = _moment(body["until"])
        save(row, "entry")
        blocks.forget()
        return Response(_shown(row, who))

    @extend_schema(
        operation_id="blocks_destroy",
        summary="Let somebody in again",
        tags=["blacklist"],
        responses={204: None, **errors(401, 403, 404)},
    )
    def delete(self, request: Request, block: uuid.UUID) -> Response:
        """It is gone."""
        who = supervisor(request)
        row = _find(who, block)
        require_change(who, row.site_id, "supervisor")
        row.delete()
        blocks.forget()
        return Response(status=204)


def _find(who: Participant, block: uuid.UUID) -> Block:
    return found(of_sites(Block.objects.all(), who), block, "entry")


def _moment(given_ms: int | None) -> datetime | None:
    return None if given_ms is None else datetime.fromtimestamp(given_ms / 1000, tz=UTC)


def _shown(row: Block, who: Participant) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "site": str(row.site_id) if row.site_id else None,
        "kind": row.kind,
        "value": row.value,
        "reason": row.reason or None,
        "until": ms(row.until),
        "created_by": row.created_by or None,
        "created_at": ms(row.created_at),
        "editable": may_change(who, row.site_id, "supervisor"),
    }
