"""Lists that supervisors and administrators keep (intents, rules): a list and one row, within their sites."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bot.changes import taught
from chat.api.authentication import supervisor
from chat.api.paging import PageQuery, checked, listed, newest_first
from chat.api.registry import SITE, SiteQuery, found
from chat.api.schema import CURSOR, LIMIT, errors, page_of
from chat.conversation import Participant
from chat.errors import KefuError
from chat.registries import of_sites, own_site, require_change


class Kept(serializers.ModelSerializer[Any]):
    """A row with a site, null for every site. The caller is in `context["who"]`."""

    def validate(self, attrs: Any) -> Any:
        """Nobody reaches beyond their sites, neither with the row as it is nor as it shall be."""
        who: Participant = self.context["who"]
        if "site" not in self.initial_data:
            attrs.pop("site", None)  # a unique constraint over it makes the framework fill in null
        given = {"site": attrs["site"].pk if attrs["site"] else None} if "site" in attrs else {}
        if self.instance is not None:
            require_change(who, self.instance.site_id, "supervisor")
            if given:
                require_change(who, given["site"], "supervisor")
        else:
            site = own_site(who, given)
            require_change(who, site, "supervisor")
            attrs["site_id"] = site
        return attrs


class _Query(PageQuery, SiteQuery):
    pass


def kept(
    name: str, plural: str, serializer: type[Kept], rows: Callable[[], QuerySet[Any]], about: str
) -> tuple[type[APIView], type[APIView]]:
    """Two views: the list (GET, POST) and one row (GET, PATCH, DELETE)."""
    title = name.title()
    shape: Any = serializer

    class List(APIView):
        """Those that the caller may see."""

        def get(self, request: Request) -> Response:
            """A page, newest first."""
            who = supervisor(request)
            query = checked(_Query, request.query_params)
            page, meta = newest_first(of_sites(rows(), who, query.get("site")), query)
            return Response(listed([shape(row, context={"who": who}).data for row in page], meta))

        def post(self, request: Request) -> Response:
            """The new row."""
            who = supervisor(request)
            return Response(_saved(shape(data=request.data, context={"who": who}), name), status=201)

    class One(APIView):
        """One of them."""

        def get(self, request: Request, key: uuid.UUID) -> Response:
            """As it is."""
            who = supervisor(request)
            return Response(shape(found(of_sites(rows(), who), key, name), context={"who": who}).data)

        def patch(self, request: Request, key: uuid.UUID) -> Response:
            """As changed."""
            who = supervisor(request)
            row = found(of_sites(rows(), who), key, name)
            return Response(_saved(shape(row, data=request.data, partial=True, context={"who": who}), name))

        def delete(self, request: Request, key: uuid.UUID) -> Response:
            """Nothing."""
            who = supervisor(request)
            row = found(of_sites(rows(), who), key, name)
            require_change(who, row.site_id, "supervisor")
            with transaction.atomic():
                row.delete()
                taught()
            return Response(status=204)

    listing = extend_schema_view(
        get=extend_schema(
            operation_id=f"{plural}_list", summary=f"List {plural}", description=about, tags=["bot"],
            parameters=[SITE, CURSOR, LIMIT],
            responses={200: page_of(title, serializer), **errors(400, 401, 403)},
        ),
        post=extend_schema(
            operation_id=f"{plural}_create", summary=f"Make one of the {plural}", tags=["bot"],
            request=serializer, responses={201: serializer, **errors(400, 401, 403, 409, 415)},
        ),
    )(List)  # fmt: skip
    single = extend_schema_view(
        get=extend_schema(
            operation_id=f"{plural}_retrieve", summary=f"Read one of the {plural}", tags=["bot"],
            responses={200: serializer, **errors(401, 403, 404)},
        ),
        patch=extend_schema(
            operation_id=f"{plural}_partial_update", summary=f"Change one of the {plural}", tags=["bot"],
            request=serializer(partial=True),
            responses={200: serializer, **errors(400, 401, 403, 404, 409, 415)},
        ),
        delete=extend_schema(
            operation_id=f"{plural}_destroy", summary=f"Delete one of the {plural}", tags=["bot"],
            responses={204: None, **errors(401, 403, 404)},
        ),
    )(One)  # fmt: skip
    return listing, single


def refused(error: DjangoValidationError) -> serializers.ValidationError:
    """A rule of ours as a refusal of the API."""
    fields = error.message_dict if hasattr(error, "error_dict") else {"non_field_errors": error.messages}
    return serializers.ValidationError(fields)


def _saved(serializer: Any, name: str) -> Any:
    serializer.is_valid(raise_exception=True)
    try:
        with transaction.atomic():
            serializer.save()
            taught()
    except IntegrityError:
        raise KefuError("conflict", f"the site has such a {name} already") from None
    except DjangoValidationError as error:
        raise refused(error) from None
    return serializer.data
