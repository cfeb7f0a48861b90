"""`canned-replies/`: texts to send again."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.api.directory import groups_of
from agents.desk import canned
from agents.models import CannedReply
from chat.api.authentication import agent
from chat.api.conversations import ms, visible
from chat.api.paging import checked, listed
from chat.api.registry import SITE, found
from chat.api.schema import PersonRefSerializer, errors, page_of
from chat.conversation import Participant
from chat.errors import KefuError
from chat.registries import key_of, known_site, of_sites, own_site, require_change, save

MAX_OWN = 500


class CannedSerializer(serializers.Serializer[Any]):
    """A canned reply. `owner` null: shared; `site` null: at every site."""

    id = serializers.UUIDField()
    site = serializers.UUIDField(allow_null=True)
    group = PersonRefSerializer(allow_null=True)
    owner = PersonRefSerializer(allow_null=True)
    shared = serializers.BooleanField()
    shortcut = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField()
    category = serializers.CharField(allow_null=True)
    used_count = serializers.IntegerField()
    updated_at = serializers.IntegerField()
    editable = serializers.BooleanField(help_text="Whether the caller may change it.")


class CannedPatchSerializer(serializers.Serializer[Any]):
    """Absent fields stay."""

    shortcut = serializers.RegexField(r"^[^\s/]{1,40}\Z", required=False)
    title = serializers.CharField(max_length=100, required=False)
    text = serializers.CharField(max_length=4000, required=False, trim_whitespace=False)
    category = serializers.CharField(max_length=60, required=False, allow_null=True, allow_blank=True)
    site = serializers.UUIDField(required=False, allow_null=True)
    group = serializers.UUIDField(required=False, allow_null=True)
    shared = serializers.BooleanField(required=False)


class CannedCreateSerializer(CannedPatchSerializer):
    """A new one: one's own unless `shared`, which takes a supervisor."""

    shortcut = serializers.RegexField(r"^[^\s/]{1,40}\Z")
    title = serializers.CharField(max_length=100)
    text = serializers.CharField(max_length=4000, trim_whitespace=False)


class CannedQuery(serializers.Serializer[Any]):
    """What to look for."""

    q = serializers.CharField(required=False, max_length=100, allow_blank=True)
    site = serializers.UUIDField(required=False)
    conversation = serializers.UUIDField(required=False)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=200, default=25)


class ConversationRefSerializer(serializers.Serializer[Any]):
    """Where it is used."""

    conversation = serializers.UUIDField()


class FilledSerializer(serializers.Serializer[Any]):
    """The text for this conversation. `missing`: variables without a value, left in the text as written."""

    id = serializers.UUIDField()
    text = serializers.CharField()
    missing = serializers.ListField(child=serializers.CharField())


class CannedRepliesView(APIView):
    """One's own, and the shared ones of one's sites and groups."""

    @extend_schema(
        operation_id="canned_replies_list",
        summary="Find canned replies",
        description=(
            "By shortcut, title, text, pinyin or initials (退货 is found by 退, tuihuo and th); own ones "
            "first, then by how well they match, then by use."
        ),
        tags=["canned replies"],
        parameters=[
            OpenApiParameter("q", str),
            SITE,
            OpenApiParameter("conversation", uuid.UUID, description="Only what counts in it."),
            OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 200, "default": 25}),
        ],
        responses={200: page_of("CannedReply", CannedSerializer), **errors(400, 401, 403, 404)},
    )
    def get(self, request: Request) -> Response:
        """The best ones."""
        who = agent(request)
        query = checked(CannedQuery, request.query_params)
        rows = canned.seen_by(who)
        if "site" in query:
            rows = of_sites(rows, who, query["site"])
        if "conversation" in query:
            rows = canned.fitting(rows, found(visible(who), query["conversation"], "conversation"))
        best, more = canned.search(rows, query.get("q", ""), query["limit"])
        return Response(listed([_shown(row, who) for row in best], {"next_cursor": None, "has_more": more}))

    @extend_schema(
        operation_id="canned_replies_create",
        summary="Keep a canned reply",
        tags=["canned replies"],
        request=CannedCreateSerializer,
        responses={201: CannedSerializer, **errors(400, 401, 403, 404, 409, 415)},
        examples=[
            OpenApiExample(
                "refund",
                value={"shortcut": "refund", "title": "Refund", "text": "Hello {{visitor.name|there}}, …"},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """The reply."""
        who = agent(request)
        body = checked(CannedCreateSerializer, request.data)
        shared = body.pop("shared", False)
        if not shared and canned.own_count(key_of(who)) >= MAX_OWN:
            raise KefuError("conflict", f"at most {MAX_OWN} replies of one's own")
        row = CannedReply(owner_id=None if shared else key_of(who))
        body["site"] = own_site(who, body) if shared else body.get("site")
        _write(row, body, who)
        return Response(_shown(row, who), status=201)


class CannedReplyView(APIView):
    """One canned reply."""

    @extend_schema(
        operation_id="canned_replies_retrieve",
        summary="Read a canned reply",
        tags=["canned replies"],
        responses={200: CannedSerializer, **errors(401, 403, 404)},
    )
    def get(self, request: Request, reply: uuid.UUID) -> Response:
        """The reply."""
        who = agent(request)
        return Response(_shown(found(canned.seen_by(who), reply, "canned reply"), who))

    @extend_schema(
        operation_id="canned_replies_partial_update",
        summary="Change a canned reply",
        tags=["canned replies"],
        request=CannedPatchSerializer,
        responses={200: CannedSerializer, **errors(400, 401, 403, 404, 409, 415)},
    )
    def patch(self, request: Request, reply: uuid.UUID) -> Response:
        """The reply as changed."""
        who = agent(request)
        row = _editable(who, reply)
        body = checked(CannedPatchSerializer, request.data)
        shared = body.pop("shared", row.owner_id is None)
        if shared != (row.owner_id is None):
            row.owner_id = None if shared else key_of(who)
            body.setdefault("site", row.site_id if row.site_id or not shared else own_site(who, {}))
        _write(row, body, who)
        return Response(_shown(row, who))

    @extend_schema(
        operation_id="canned_replies_destroy",
        summary="Delete a canned reply",
        tags=["canned replies"],
        responses={204: None, **errors(401, 403, 404)},
    )
    def delete(self, request: Request, reply: uuid.UUID) -> Response:
        """It is gone."""
        _editable(agent(request), reply).delete()
        return Response(status=204)


class UseCannedReplyView(APIView):
    """Agents who may read the conversation."""

    @extend_schema(
        operation_id="canned_replies_use",
        summary="Fill in a canned reply for a conversation",
        description="Counts the use. The text is given back, not sent.",
        tags=["canned replies"],
        request=ConversationRefSerializer,
        responses={200: FilledSerializer, **errors(400, 401, 403, 404, 415)},
    )
    def post(self, request: Request, reply: uuid.UUID) -> Response:
        """The text."""
        who = agent(request)
        row = found(canned.seen_by(who), reply, "canned reply")
        key = checked(ConversationRefSerializer, request.data)["conversation"]
        text, missing = canned.use(row, found(visible(who), key, "conversation"), who)
        return Response({"id": str(row.id), "text": text, "missing": missing})


def _editable(who: Participant, reply: uuid.UUID) -> CannedReply:
    row = found(canned.seen_by(who), reply, "canned reply")
    if not canned.may_edit(who, row):
        raise KefuError("forbidden", "shared replies are kept by supervisors")
    return row


def _write(row: CannedReply, body: dict[str, Any], who: Participant) -> None:
    """Fill in and save, when the caller may put it there."""
    if "site" in body:
        row.site_id = known_site(body.pop("site"))
    if row.site_id is not None and not who.serves(str(row.site_id)):
        raise KefuError("forbidden", "only for sites of your own")
    if "group" in body:
        key = body.pop("group")
        row.group = found(groups_of(who), key, "group") if key else None
        if key and who.groups is not None and str(key) not in who.groups:
            raise KefuError("forbidden", "only for groups of your own")
    for field, value in body.items():
        setattr(row, field, value or "")
    if row.owner_id is None:
        require_change(who, row.site_id, "supervisor")
    save(row, "canned reply")


def _shown(row: CannedReply, who: Participant) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "site": str(row.site_id) if row.site_id else None,
        "group": {"id": str(row.group.id), "name": row.group.name} if row.group else None,
        "owner": {"id": str(row.owner.id), "name": row.owner.display_name} if row.owner else None,
        "shared": row.owner_id is None,
        "shortcut": row.shortcut,
        "title": row.title,
        "text": row.text,
        "category": row.category or None,
        "used_count": row.used_count,
        "updated_at": ms(row.updated_at),
        "editable": canned.may_edit(who, row),
    }
