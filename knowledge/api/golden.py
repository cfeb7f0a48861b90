"""`knowledge/golden/`: what every release must answer. Agents read, supervisors write at their sites."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from knowledge.api.base import (
    CURSOR,
    LANGUAGES,
    LIMIT,
    SITE,
    Conflict,
    ListQuery,
    checked,
    errors,
    found,
    known_site,
    newest_first,
    page_of,
    reader,
    refusals,
    seen,
    writer,
)
from knowledge.models import GoldenQuestion, Question
from knowledge.ports import Person
from knowledge.publishing import editing


class GoldenSerializer(serializers.Serializer[Any]):
    """A query with what must come of it: the question `expected` answers it, or people take it (`to_people`),
    or, with neither, nothing may answer it.
    """

    id = serializers.UUIDField()
    query = serializers.CharField()
    expected = serializers.UUIDField(allow_null=True)
    to_people = serializers.BooleanField()
    site = serializers.UUIDField(allow_null=True, help_text="Null: at every site.")
    language = serializers.CharField(help_text='"zh", "en", "" for any.')


class GoldenPatchSerializer(serializers.Serializer[Any]):
    """Absent fields stay."""

    query = serializers.CharField(required=False, max_length=300)
    expected = serializers.UUIDField(required=False, allow_null=True)
    to_people = serializers.BooleanField(required=False)
    site = serializers.UUIDField(required=False, allow_null=True)
    language = serializers.ChoiceField(required=False, choices=LANGUAGES, allow_blank=True)


class GoldenCreateSerializer(GoldenPatchSerializer):
    """A new one, asked of the next release."""

    query = serializers.CharField(max_length=300)


class GoldenListView(APIView):
    """Golden questions of one's sites."""

    @extend_schema(
        operation_id="golden_list", summary="List golden questions", tags=["knowledge"],
        parameters=[SITE, CURSOR, LIMIT],
        responses={200: page_of("Golden", GoldenSerializer), **errors(400, 401, 403)},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Newest first."""
        who = reader(request)
        query = checked(ListQuery, request.query_params)
        page, meta = newest_first(_golden(who, query.get("site")), query)
        return Response({"data": [_shown(row) for row in page], "meta": meta})

    @extend_schema(
        operation_id="golden_create", summary="Write a golden question", tags=["knowledge"],
        request=GoldenCreateSerializer,
        responses={201: GoldenSerializer, **errors(400, 401, 403, 409, 415)},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """The golden question. Not given, its site is the caller's only one, or every site."""
        who = writer(request)
        body = checked(GoldenCreateSerializer, request.data)
        if "site" not in body and who.sites is not None and len(who.sites) == 1:
            body["site"] = uuid.UUID(next(iter(who.sites)))
        return Response(_shown(_written(GoldenQuestion(), body, who)), status=201)


class GoldenView(APIView):
    """One golden question."""

    @extend_schema(
        operation_id="golden_retrieve", summary="Read a golden question", tags=["knowledge"],
        responses={200: GoldenSerializer, **errors(401, 403, 404)},
    )  # fmt: skip
    def get(self, request: Request, golden: uuid.UUID) -> Response:
        """As it is."""
        return Response(_shown(found(_golden(reader(request)), golden, "golden question")))

    @extend_schema(
        operation_id="golden_partial_update", summary="Change a golden question", tags=["knowledge"],
        request=GoldenPatchSerializer,
        responses={200: GoldenSerializer, **errors(400, 401, 403, 404, 409, 415)},
    )  # fmt: skip
    def patch(self, request: Request, golden: uuid.UUID) -> Response:
        """As changed."""
        who = writer(request)
        row = found(_golden(who), golden, "golden question")
        return Response(_shown(_written(row, checked(GoldenPatchSerializer, request.data), who)))

    @extend_schema(
        operation_id="golden_destroy", summary="Delete a golden question", tags=["knowledge"],
        responses={204: None, **errors(401, 403, 404)},
    )  # fmt: skip
    def delete(self, request: Request, golden: uuid.UUID) -> Response:
        """It is gone."""
        who = writer(request)
        row = found(_golden(who), golden, "golden question")
        with refusals():
            editing.require(who, row.site_id)
        row.delete()
        return Response(status=204)


def _golden(who: Person, site: uuid.UUID | None = None) -> QuerySet[Any]:
    return seen(GoldenQuestion.objects.all(), who, site)


def _written(row: GoldenQuestion, body: dict[str, Any], who: Person) -> GoldenQuestion:
    """Nobody reaches beyond their sites: neither with the row as it is, nor as it shall be, nor by what must
    answer it.
    """
    with refusals():
        if not row._state.adding:
            editing.require(who, row.site_id)
        if row._state.adding or "site" in body:
            editing.require(who, body.get("site"))
    if "site" in body:
        row.site_id = known_site(body["site"])
    if "expected" in body:
        row.expected = _expected(body["expected"], who)
    for field in ("query", "to_people", "language"):
        if field in body:
            setattr(row, field, body[field])
    with refusals():
        row.full_clean(validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Conflict("the site has this golden question already") from None
    return row


def _expected(key: uuid.UUID | None, who: Person) -> Question | None:
    if key is None:
        return None
    row: Question | None = seen(Question.objects.all(), who).filter(pk=key).first()
    if row is None:
        raise ValidationError({"expected": ["No such question."]})
    return row


def _shown(row: GoldenQuestion) -> dict[str, Any]:
    return {
        "id": str(row.pk), "query": row.query, "to_people": row.to_people, "language": row.language,
        "expected": str(row.expected_id) if row.expected_id else None,
        "site": str(row.site_id) if row.site_id else None,
    }  # fmt: skip
