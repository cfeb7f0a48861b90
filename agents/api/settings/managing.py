"""Lists that administrators keep: one pair of endpoints for any model with a serializer and a scope."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Model, ProtectedError, Q, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.api.authentication import agent
from chat.api.paging import PageQuery, checked, listed, newest_first
from chat.api.registry import found
from chat.api.schema import CURSOR, LIMIT, errors, page_of
from chat.conversation import Participant
from chat.errors import KefuError
from chat.registries import require_role

_Row = TypeVar("_Row", bound=Model)
Scope = Callable[[QuerySet[Any], Participant], QuerySet[Any]]


def of_own_sites(path: str) -> Scope:
    """Rows whose site (or sites) at `path` the caller serves, and those that hold everywhere."""

    def scope(rows: QuerySet[Any], who: Participant) -> QuerySet[Any]:
        if who.sites is None:
            return rows
        own = Q(**{f"{path}__in": list(who.sites)}) | Q(**{f"{path}__isnull": True})
        return rows.filter(own).distinct()

    return scope


def everybodys(rows: QuerySet[Any], who: Participant) -> QuerySet[Any]:
    """Rows that belong to no site: all may be read."""
    return rows


def manager(request: Request) -> Participant:
    """The calling administrator, of some sites or of all. Raises `unauthorized`, `forbidden`."""
    who = agent(request)
    require_role(who, "admin")
    return who


def require_sites(who: Participant, sites: list[str]) -> None:
    """Raise `forbidden` unless all of these sites are the caller's; none at all means every site."""
    if who.sites is not None and (not sites or not set(sites) <= who.sites):
        raise KefuError("forbidden", "only for sites of your own")


class Managed(serializers.ModelSerializer[Any]):
    """A row as administrators read and write it. The caller is in `context["who"]`."""

    def sites_of(self, row: Any) -> list[str]:
        """Ids of the sites a row belongs to, none for every site. `row` may be None for a new one."""
        raise NotImplementedError

    def sites_given(self, values: dict[str, Any]) -> list[str] | None:
        """Ids of the sites that the values put the row at; None when they say nothing of sites."""
        raise NotImplementedError

    def validate(self, attrs: Any) -> Any:
        """Nobody reaches beyond their sites, neither with the row as it is nor as it shall be."""
        who: Participant = self.context["who"]
        if self.instance is not None:
            require_sites(who, self.sites_of(self.instance))
        given = self.sites_given(attrs)
        if given is not None or self.instance is None:
            require_sites(who, given or [])
        return attrs


def managed(
    name: str,
    plural: str,
    serializer: type[Managed],
    rows: Callable[[], QuerySet[Any]],
    scope: Scope,
    *,
    readers: Callable[[Request], Participant] = manager,
    deletable: bool = True,
    about: str = "",
) -> tuple[type[APIView], type[APIView]]:
    """Two views: the list (GET, POST) and one row (GET, PATCH, DELETE). `name` and `plural` as in URLs."""
    words, many = name.replace("-", " "), plural.replace("-", " ")
    keys = plural.replace("-", "_")
    title = "".join(part.title() for part in name.split("-"))
    shape: Any = serializer

    class List(APIView):
        """All of them that the caller may see."""

        def get(self, request: Request) -> Response:
            """A page, newest first."""
            who = readers(request)
            page, meta = newest_first(scope(rows(), who), checked(PageQuery, request.query_params))
            return Response(listed([shape(row, context={"who": who}).data for row in page], meta))

        def post(self, request: Request) -> Response:
            """The new row."""
            who = manager(request)
            return Response(_saved(shape(data=request.data, context={"who": who}), words), status=201)

    class One(APIView):
        """One of them."""

        def get(self, request: Request, key: uuid.UUID) -> Response:
            """As it is."""
            who = readers(request)
            return Response(shape(found(scope(rows(), who), key, words), context={"who": who}).data)

        def patch(self, request: Request, key: uuid.UUID) -> Response:
            """As changed."""
            who = manager(request)
            row = found(scope(rows(), who), key, words)
            return Response(_saved(shape(row, data=request.data, partial=True, context={"who": who}), words))

    listing = extend_schema_view(
        get=extend_schema(
            operation_id=f"{keys}_list", summary=f"List {many}", description=about, tags=["settings"],
            parameters=[CURSOR, LIMIT],
            responses={200: page_of(title, serializer), **errors(400, 401, 403)},
        ),
        post=extend_schema(
            operation_id=f"{keys}_create", summary=f"Make a {words}", tags=["settings"], request=serializer,
            responses={201: serializer, **errors(400, 401, 403, 409, 415)},
        ),
    )(List)  # fmt: skip
    schemas = {
        "get": extend_schema(
            operation_id=f"{keys}_retrieve", summary=f"Read a {words}", tags=["settings"],
            responses={200: serializer, **errors(401, 403, 404)},
        ),
        "patch": extend_schema(
            operation_id=f"{keys}_partial_update", summary=f"Change a {words}", tags=["settings"],
            request=serializer(partial=True),
            responses={200: serializer, **errors(400, 401, 403, 404, 409, 415)},
        ),
    }  # fmt: skip
    if not deletable:
        return listing, extend_schema_view(**schemas)(One)

    class Deletable(One):
        """One of them, which may go."""

        def delete(self, request: Request, key: uuid.UUID) -> Response:
            """Nothing."""
            who = manager(request)
            row = found(scope(rows(), who), key, words)
            require_sites(who, shape(row, context={"who": who}).sites_of(row))
            try:
                row.delete()
            except ProtectedError:
                raise KefuError("conflict", "it is in use") from None
            return Response(status=204)

    schemas["delete"] = extend_schema(
        operation_id=f"{keys}_destroy", summary=f"Delete a {words}", tags=["settings"],
        responses={204: None, **errors(401, 403, 404, 409)},
    )  # fmt: skip
    Deletable.__name__ = f"{title}View"
    return listing, extend_schema_view(**schemas)(Deletable)


def _saved(serializer: Any, words: str) -> Any:
    serializer.is_valid(raise_exception=True)
    try:
        with transaction.atomic():
            serializer.save()
    except IntegrityError:
        raise KefuError("conflict", f"another {words} has this name or place") from None
    return serializer.data
