"""`questions/` and `articles/`: reading and writing texts, their status and versions."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from knowledge.api import shapes
from knowledge.api.base import (
    CURSOR,
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
from knowledge.models import Article, Category, Question, Section
from knowledge.ports import Person
from knowledge.publishing import editing
from knowledge.publishing.rows import moment
from knowledge.text import fold

_STATUS = OpenApiParameter("status", str, enum=shapes.STATUSES)
_Q = OpenApiParameter("q", str, description="Words of it.")
_ACTS = {"review": editing.submit, "draft": editing.withdraw, "archived": editing.archive}


class QuestionsView(APIView):
    """Questions of one's sites."""

    @extend_schema(
        operation_id="questions_list", summary="List questions", tags=["knowledge"],
        parameters=[SITE, _STATUS, _Q, CURSOR, LIMIT],
        responses={200: page_of("Question", shapes.QuestionSerializer), **errors(400, 401, 403)},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Newest first."""
        who = reader(request)
        query = checked(ListQuery, request.query_params)
        rows = _narrowed(_questions(who, query.get("site")), query, "searchable")
        page, meta = newest_first(rows, query)
        return Response({"data": [shapes.question_shown(row) for row in page], "meta": meta})

    @extend_schema(
        operation_id="questions_create", summary="Write a question", tags=["knowledge"],
        request=shapes.QuestionCreateSerializer,
        responses={201: shapes.QuestionSerializer, **errors(400, 401, 403, 409, 415)},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """The draft. Not given, its site is the caller's only one, or every site."""
        who = writer(request)
        body = checked(shapes.QuestionCreateSerializer, request.data)
        row = _write_question(Question(), _at_own_site(who, body), who)
        return Response(shapes.question_shown(row), status=201)


class QuestionView(APIView):
    """One question."""

    @extend_schema(
        operation_id="questions_retrieve", summary="Read a question", tags=["knowledge"],
        responses={200: shapes.QuestionSerializer, **errors(401, 403, 404)},
    )  # fmt: skip
    def get(self, request: Request, question: uuid.UUID) -> Response:
        """The text at hand."""
        return Response(shapes.question_shown(found(_questions(reader(request)), question, "question")))

    @extend_schema(
        operation_id="questions_partial_update", summary="Change a question", tags=["knowledge"],
        request=shapes.QuestionPatchSerializer,
        responses={200: shapes.QuestionSerializer, **errors(400, 401, 403, 404, 409, 415)},
    )  # fmt: skip
    def patch(self, request: Request, question: uuid.UUID) -> Response:
        """The draft; what is live stays until the next release."""
        who = writer(request)
        row = found(_questions(who), question, "question")
        body = checked(shapes.QuestionPatchSerializer, request.data)
        return Response(shapes.question_shown(_write_question(row, body, who)))

    @extend_schema(
        operation_id="questions_destroy", summary="Delete a question that is not live", tags=["knowledge"],
        responses={204: None, **errors(401, 403, 404)},
    )  # fmt: skip
    def delete(self, request: Request, question: uuid.UUID) -> Response:
        """It is gone."""
        who = writer(request)
        with refusals():
            editing.delete(found(_questions(who), question, "question"), who)
        return Response(status=204)


class QuestionStatusView(APIView):
    """Where a question stands."""

    @extend_schema(
        operation_id="questions_status", summary="Send a question to review, back, or to the archive",
        tags=["knowledge"], request=shapes.StatusSerializer,
        responses={200: shapes.QuestionSerializer, **errors(400, 401, 403, 404, 415)},
    )  # fmt: skip
    def post(self, request: Request, question: uuid.UUID) -> Response:
        """The question."""
        who = writer(request)
        row = found(_questions(who), question, "question")
        with refusals():
            _ACTS[checked(shapes.StatusSerializer, request.data)["status"]](row, who)
        return Response(shapes.question_shown(row))


class QuestionVersionsView(APIView):
    """What a question said in earlier releases."""

    @extend_schema(
        operation_id="questions_versions", summary="Published versions of a question", tags=["knowledge"],
        responses={200: shapes.VersionSerializer(many=True), **errors(401, 403, 404)},
    )  # fmt: skip
    def get(self, request: Request, question: uuid.UUID) -> Response:
        """Newest first, at most a hundred."""
        row = found(_questions(reader(request)), question, "question")
        return Response([shapes.version_shown(version) for version in row.versions.all()[:100]])

    @extend_schema(
        operation_id="questions_roll_back", summary="Make an earlier version the draft", tags=["knowledge"],
        request=shapes.VersionNumberSerializer,
        responses={200: shapes.QuestionSerializer, **errors(400, 401, 403, 404, 415)},
    )  # fmt: skip
    def post(self, request: Request, question: uuid.UUID) -> Response:
        """The draft."""
        who = writer(request)
        row = found(_questions(who), question, "question")
        number = checked(shapes.VersionNumberSerializer, request.data)["version"]
        version = row.versions.filter(number=number).first()
        found(row.versions.all(), version.pk if version else uuid.uuid4(), "version")
        with refusals():
            editing.roll_back(row, number, who)
        return Response(shapes.question_shown(row))


class ArticlesView(APIView):
    """Articles of one's sites."""

    @extend_schema(
        operation_id="articles_list", summary="List articles", tags=["knowledge"],
        parameters=[SITE, _STATUS, _Q, CURSOR, LIMIT],
        responses={200: page_of("Article", shapes.ArticleSerializer), **errors(400, 401, 403)},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Newest first."""
        who = reader(request)
        query = checked(ListQuery, request.query_params)
        rows = _narrowed(_articles(who, query.get("site")), query, "title")
        page, meta = newest_first(rows, query)
        return Response({"data": [shapes.article_shown(row) for row in page], "meta": meta})

    @extend_schema(
        operation_id="articles_create", summary="Write an article", tags=["knowledge"],
        request=shapes.ArticleCreateSerializer,
        responses={201: shapes.ArticleSerializer, **errors(400, 401, 403, 409, 415)},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """The draft."""
        who = writer(request)
        body = checked(shapes.ArticleCreateSerializer, request.data)
        row = _write_article(Article(), _at_own_site(who, body), who)
        return Response(shapes.article_shown(row), status=201)


class ArticleView(APIView):
    """One article."""

    @extend_schema(
        operation_id="articles_retrieve", summary="Read an article", tags=["knowledge"],
        responses={200: shapes.ArticleSerializer, **errors(401, 403, 404)},
    )  # fmt: skip
    def get(self, request: Request, article: uuid.UUID) -> Response:
        """The text at hand."""
        return Response(shapes.article_shown(found(_articles(reader(request)), article, "article")))

    @extend_schema(
        operation_id="articles_partial_update", summary="Change an article", tags=["knowledge"],
        request=shapes.ArticlePatchSerializer,
        responses={200: shapes.ArticleSerializer, **errors(400, 401, 403, 404, 409, 415)},
    )  # fmt: skip
    def patch(self, request: Request, article: uuid.UUID) -> Response:
        """The draft."""
        who = writer(request)
        row = found(_articles(who), article, "article")
        body = checked(shapes.ArticlePatchSerializer, request.data)
        return Response(shapes.article_shown(_write_article(row, body, who)))

    @extend_schema(
        operation_id="articles_destroy", summary="Delete an article that is not live", tags=["knowledge"],
        responses={204: None, **errors(401, 403, 404)},
    )  # fmt: skip
    def delete(self, request: Request, article: uuid.UUID) -> Response:
        """It is gone."""
        who = writer(request)
        with refusals():
            editing.delete(found(_articles(who), article, "article"), who)
        return Response(status=204)


class ArticleStatusView(APIView):
    """Where an article stands."""

    @extend_schema(
        operation_id="articles_status", summary="Send an article to review, back, or to the archive",
        tags=["knowledge"], request=shapes.StatusSerializer,
        responses={200: shapes.ArticleSerializer, **errors(400, 401, 403, 404, 415)},
    )  # fmt: skip
    def post(self, request: Request, article: uuid.UUID) -> Response:
        """The article."""
        who = writer(request)
        row = found(_articles(who), article, "article")
        with refusals():
            _ACTS[checked(shapes.StatusSerializer, request.data)["status"]](row, who)
        return Response(shapes.article_shown(row))


def _questions(who: Person, site: uuid.UUID | None = None) -> QuerySet[Any]:
    return seen(Question.objects.select_related("category"), who, site)


def _articles(who: Person, site: uuid.UUID | None = None) -> QuerySet[Any]:
    return seen(Article.objects.select_related("category").prefetch_related("sections"), who, site)


def _narrowed(rows: QuerySet[Any], query: dict[str, Any], column: str) -> QuerySet[Any]:
    if "status" in query:
        rows = rows.filter(status=query["status"])
    for word in query.get("q", "").split():
        rows = rows.filter(**{f"{column}__icontains": fold(word) if column == "searchable" else word})
    return rows


def _at_own_site(who: Person, body: dict[str, Any]) -> dict[str, Any]:
    if "site" not in body and who.sites is not None and len(who.sites) == 1:
        body["site"] = uuid.UUID(next(iter(who.sites)))
    return body


def _write_question(row: Question, body: dict[str, Any], who: Person) -> Question:
    names = {"question": "text", "similar": "wordings", "answer": "answer", "key": "key"}
    for field, column in names.items():
        if field in body:
            setattr(row, column, body[field])
    for field in ("links", "images"):
        if field in body:
            setattr(row, field, [dict(each) for each in body[field]])
    if "card" in body:
        row.card = dict(body["card"]) if body["card"] else None
    _write(row, body, who)
    with refusals():
        _unique(row)
        try:
            with transaction.atomic():
                editing.save_question(row, who)
        except IntegrityError:
            raise Conflict("it contradicts what is there already") from None
    return row


def _write_article(row: Article, body: dict[str, Any], who: Person) -> Article:
    for field in ("title", "summary"):
        if field in body:
            setattr(row, field, body[field])
    _write(row, body, who)
    with refusals(), transaction.atomic():
        editing.save_article(row, who)
        if "sections" in body:
            row.sections.all().delete()
            Section.objects.bulk_create(
                Section(article=row, heading=part["heading"], text=part["text"], position=position)
                for position, part in enumerate(body["sections"])
            )
    return Article.objects.select_related("category").get(pk=row.pk)


def _write(row: Question | Article, body: dict[str, Any], who: Person) -> None:
    """What both have; nobody reaches beyond their sites, neither with the row as it is nor as it shall be."""
    with refusals():
        editing.require(who, body.get("site") if row._state.adding else row.site_id)
    if "site" in body:
        row.site_id = known_site(body["site"])
    if "language" in body:
        row.language = body["language"]
    for field in ("valid_from", "valid_until"):
        if field in body:
            setattr(row, field, moment(body[field]))
    if "category" in body:
        name = body["category"]
        row.category = _category(name, row.site_id) if name else None
    with refusals():
        row.clean_fields(exclude=["searchable", "folded"])
    if row.valid_from and row.valid_until and row.valid_from >= row.valid_until:
        raise ValidationError({"valid_until": ["Must be after valid_from."]})


def _category(name: str, site: uuid.UUID | None) -> Category:
    known = Category.objects.filter(Q(site_id=site) | Q(site_id=None), name=name)
    first = known.order_by(F("site_id").asc(nulls_last=True)).first()
    return first or Category.objects.create(site_id=site, name=name)


def _unique(row: Question) -> None:
    same = Question.objects.filter(site_id=row.site_id, key=row.key).exclude(pk=row.pk)
    if row.key and same.exists():
        raise Conflict("there is a question with this key already")
