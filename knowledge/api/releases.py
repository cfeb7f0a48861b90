"""`knowledge/`: searching what is live, releases, and what was asked in vain."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from knowledge.api import shapes
from knowledge.api.base import (
    CURSOR,
    LANGUAGES,
    LIMIT,
    ListQuery,
    checked,
    errors,
    found,
    newest_first,
    page_of,
    reader,
    refusals,
    seen,
    writer,
)
from knowledge.errors import GoldenFailed
from knowledge.learning import unanswered
from knowledge.models import Release, Unanswered, UnansweredStatus
from knowledge.publishing import pending
from knowledge.publishing.live import live_index
from knowledge.publishing.publish import publish, roll_back
from knowledge.publishing.rows import ms


class SearchQuery(serializers.Serializer[Any]):
    """What to look for, and where."""

    q = serializers.CharField(max_length=500, allow_blank=True)
    site = serializers.UUIDField()
    language = serializers.ChoiceField(required=False, choices=LANGUAGES)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=20, default=8)


class KnowledgeHitSerializer(serializers.Serializer[Any]):
    """An answer that fits. `score`: 0 to 1, the share of questions with this score it answers rightly; `url`:
    below the site's help page.
    """

    id = serializers.CharField()
    kind = serializers.ChoiceField(choices=["question", "passage", "article", "graph"])
    title = serializers.CharField()
    answer = serializers.CharField()
    category = serializers.CharField()
    matched = serializers.CharField()
    score = serializers.FloatField()
    url = serializers.CharField()


class KnowledgeHitsSerializer(serializers.Serializer[Any]):
    """What was found, best first, in which release."""

    release = serializers.IntegerField()
    results = KnowledgeHitSerializer(many=True)


class ReleaseSerializer(serializers.Serializer[Any]):
    """A release: what was live from its moment until the next one."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    published_at = serializers.IntegerField()
    published_by = serializers.CharField()
    notes = serializers.CharField()
    override_reason = serializers.CharField()
    rolled_back_to = serializers.IntegerField(allow_null=True)
    golden_passed = serializers.IntegerField()
    golden_all = serializers.IntegerField()


class PublishSerializer(serializers.Serializer[Any]):
    """What goes live: what is in review and was archived, `drafts` too, or just `only` these ids."""

    drafts = serializers.BooleanField(required=False, default=False)
    only = serializers.ListField(required=False, child=serializers.UUIDField(), max_length=1000)
    notes = serializers.CharField(required=False, max_length=500, allow_blank=True, default="")
    override_reason = serializers.CharField(required=False, max_length=500, allow_blank=True, default="")


class RollBackSerializer(serializers.Serializer[Any]):
    """Why, when golden questions get worse by it."""

    override_reason = serializers.CharField(required=False, max_length=500, allow_blank=True, default="")


class UnansweredSerializer(serializers.Serializer[Any]):
    """A question asked in vain. `cluster`: the same for those that mean one thing."""

    id = serializers.UUIDField()
    site = serializers.UUIDField()
    language = serializers.CharField()
    query = serializers.CharField()
    count = serializers.IntegerField()
    cluster = serializers.UUIDField(allow_null=True)
    last_at = serializers.IntegerField()


class UnansweredIdsSerializer(serializers.Serializer[Any]):
    """Which of them."""

    ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=200)


class KnowledgeSearchView(APIView):
    """What a visitor of the site would be answered."""

    @extend_schema(
        operation_id="knowledge_search", summary="Search the knowledge base of a site", tags=["knowledge"],
        parameters=[
            OpenApiParameter("q", {"type": "string", "maxLength": 500}, required=True),
            OpenApiParameter("site", uuid.UUID, required=True),
            OpenApiParameter("language", str, enum=LANGUAGES),
            OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 20, "default": 8}),
        ],
        responses={200: KnowledgeHitsSerializer, **errors(400, 401, 403)},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """The best answers."""
        who = reader(request)
        query = checked(SearchQuery, request.query_params)
        if not who.serves(query["site"]):
            raise PermissionDenied("only for sites of your own")
        live = live_index()
        answers = []
        hits = live.index.search(
            query["q"], limit=query["limit"], site=str(query["site"]), language=query.get("language")
        )
        for hit in hits:
            entry = live.index.entry(hit.id)
            answers.append(
                {
                    "id": entry.id, "kind": entry.kind, "title": entry.question, "answer": entry.answer,
                    "category": entry.category, "matched": hit.matched, "score": round(float(hit.score), 4),
                    "url": entry.source.get("url", ""),
                }
            )  # fmt: skip
        return Response({"release": live.number, "results": answers})


class ReleasesView(APIView):
    """What was live, and making something live."""

    @extend_schema(
        operation_id="releases_list", summary="List releases", tags=["knowledge"],
        parameters=[CURSOR, LIMIT],
        responses={200: page_of("Release", ReleaseSerializer), **errors(400, 401, 403)},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Newest first."""
        reader(request)
        rows = Release.objects.defer("contents", "facts", "changes")
        page, meta = newest_first(rows, checked(ListQuery, request.query_params))
        return Response({"data": [_release(row) for row in page], "meta": meta})

    @extend_schema(
        operation_id="releases_create", summary="Publish", tags=["knowledge"], request=PublishSerializer,
        description=(
            "Runs the golden questions; 409 with `details.golden` when some got worse and no "
            "`override_reason` is given. Every process serves the release within two seconds."
        ),
        responses={201: ReleaseSerializer, **errors(400, 401, 403, 409, 415)},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """The release."""
        who = writer(request)
        body = checked(PublishSerializer, request.data)
        only = [str(key) for key in body["only"]] if "only" in body else None
        with refusals():
            try:
                chosen = pending.waiting(who).chosen(drafts=body["drafts"], only=only)
                release = publish(chosen, who, notes=body["notes"], override_reason=body["override_reason"])
            except GoldenFailed as refusal:
                return _golden_refusal(refusal)
        return Response(_release(release), status=201)


class ReleaseRollBackView(APIView):
    """Going back."""

    @extend_schema(
        operation_id="releases_roll_back", summary="Make an earlier release live again", tags=["knowledge"],
        request=RollBackSerializer,
        responses={201: ReleaseSerializer, **errors(400, 401, 403, 404, 409, 415)},
    )  # fmt: skip
    def post(self, request: Request, release: uuid.UUID) -> Response:
        """The release that was made by it."""
        who = writer(request)
        row = found(Release.objects.all(), release, "release")
        reason = checked(RollBackSerializer, request.data)["override_reason"]
        with refusals():
            try:
                made = roll_back(row.number, who, override_reason=reason)
            except GoldenFailed as refusal:
                return _golden_refusal(refusal)
        return Response(_release(made), status=201)


class UnansweredView(APIView):
    """What was asked in vain."""

    @extend_schema(
        operation_id="unanswered_list", summary="List unanswered questions", tags=["knowledge"],
        parameters=[OpenApiParameter("site", uuid.UUID), CURSOR, LIMIT],
        responses={200: page_of("Unanswered", UnansweredSerializer), **errors(400, 401, 403)},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Newest first."""
        who = reader(request)
        query = checked(ListQuery, request.query_params)
        rows = seen(Unanswered.objects.filter(status=UnansweredStatus.OPEN), who, query.get("site"))
        page, meta = newest_first(rows, query)
        return Response({"data": [_unanswered(row) for row in page], "meta": meta})

    @extend_schema(
        operation_id="unanswered_draft", summary="Make a draft of unanswered questions", tags=["knowledge"],
        request=UnansweredIdsSerializer,
        responses={201: shapes.QuestionSerializer, **errors(400, 401, 403, 415)},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """The draft, without an answer yet."""
        who = writer(request)
        ids = checked(UnansweredIdsSerializer, request.data)["ids"]
        with refusals():
            row = unanswered.draft(list(seen(Unanswered.objects.filter(pk__in=ids), who)), who)
        return Response(shapes.question_shown(row), status=201)


def _release(row: Release) -> dict[str, Any]:
    return {
        "id": str(row.pk), "number": row.number, "published_at": ms(row.published_at),
        "published_by": row.published_by, "notes": row.notes, "override_reason": row.override_reason,
        "rolled_back_to": row.rolled_back_to, "golden_all": len(row.golden),
        "golden_passed": sum(1 for one in row.golden if one["passed"]),
    }  # fmt: skip


def _unanswered(row: Unanswered) -> dict[str, Any]:
    return {
        "id": str(row.pk), "site": str(row.site_id), "language": row.language, "query": row.query,
        "count": row.count, "cluster": str(row.cluster) if row.cluster else None, "last_at": ms(row.last_at),
    }  # fmt: skip


def _golden_refusal(refusal: GoldenFailed) -> Response:
    """The interface's one shape, with the results that got worse."""
    body = {"code": "conflict", "message": refusal.message, "details": refusal.details}
    return Response(body, status=409)
