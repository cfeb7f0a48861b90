"""What the endpoints share: who is calling, refusals in the interface's words, lists by cursor."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.core.exceptions import ValidationError as ModelInvalid
from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound, PermissionDenied, ValidationError
from rest_framework.request import Request

from knowledge import ports
from knowledge.errors import NotAllowed, Overtaken, Refused
from knowledge.models import Language
from knowledge.ports import Person
from knowledge.publishing.pending import of_sites

_REASONS: Final = {
    400: "The request is not valid; `details.fields` names what is wrong.",
    401: "No token, or one that is forged, expired or revoked.",
    403: "Known, but not allowed.",
    404: "No such thing, or none that the caller may see.",
    409: "It contradicts how things stand.",
    415: "A media type that is not taken here.",
}
LANGUAGES: Final = [value for value in Language.values if value]
SITE: Final = OpenApiParameter("site", uuid.UUID, description="Only what is shown at this site.")
CURSOR: Final = OpenApiParameter("cursor", uuid.UUID, description="`meta.next_cursor` of the page before.")
LIMIT: Final = OpenApiParameter(
    "limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 25}, description="Rows a page."
)


class Conflict(APIException):
    """409."""

    status_code = 409
    default_code = "conflict"


class KnowledgeMetaSerializer(serializers.Serializer[Any]):
    """Where a list goes on."""

    next_cursor = serializers.UUIDField(allow_null=True)
    has_more = serializers.BooleanField()


class ListQuery(serializers.Serializer[Any]):
    """Which rows, and how many."""

    site = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(required=False, choices=["draft", "review", "published", "archived"])
    q = serializers.CharField(required=False, max_length=100, allow_blank=True)
    cursor = serializers.UUIDField(required=False)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=100, default=25)


def errors(*statuses: int) -> dict[int, OpenApiResponse]:
    """Descriptions of the refusals an endpoint may give, in the interface's one shape."""
    shape = {"$ref": "#/components/schemas/Error"}
    return {status: OpenApiResponse(shape, description=_REASONS[status]) for status in statuses}


def page_of(name: str, item: Any) -> Any:
    """`{"data": [item], "meta": …}`."""
    return inline_serializer(
        name=f"{name}Page", fields={"data": item(many=True), "meta": KnowledgeMetaSerializer()}
    )


def reader(request: Request) -> Person:
    """The calling agent. Raises the interface's refusal for others."""
    return ports.people().of_call(request)


def writer(request: Request) -> Person:
    """The calling supervisor. Raises `forbidden`."""
    who = reader(request)
    if not who.may_write:
        raise PermissionDenied("only a supervisor may do this")
    return who


def checked(query: Callable[..., serializers.BaseSerializer[Any]], given: Any) -> dict[str, Any]:
    """What the serializer reads. Raises DRF's ValidationError."""
    serializer = query(data=given)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def seen(rows: QuerySet[Any], who: Person, site: uuid.UUID | None = None) -> QuerySet[Any]:
    """Rows of the caller's sites; with `site`, what is shown there."""
    if site is None:
        return of_sites(rows, who)
    if not who.serves(site):
        return rows.none()
    return rows.filter(Q(site_id=None) | Q(site_id=site))


def found(rows: QuerySet[Any], key: uuid.UUID, what: str) -> Any:
    """The row with this id among those the caller may see. Raises `not_found`."""
    row = rows.filter(pk=key).first()
    if row is None:
        raise NotFound(f"no such {what}")
    return row


def newest_first(rows: QuerySet[Any], query: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """One page by age, newest first, and its `meta`; ids are time-ordered."""
    if "cursor" in query:
        rows = rows.filter(pk__lt=query["cursor"])
    page = list(rows.order_by("-pk")[: query["limit"] + 1])
    more = len(page) > query["limit"]
    page = page[: query["limit"]]
    return page, {"next_cursor": str(page[-1].pk) if more else None, "has_more": more}


@contextmanager
def refusals() -> Iterator[None]:
    """The knowledge room's refusals, and those of models, as the interface says them."""
    try:
        yield
    except NotAllowed as refusal:
        raise PermissionDenied(refusal.message) from None
    except Overtaken as refusal:
        raise Conflict(refusal.message) from None
    except Refused as refusal:
        raise ValidationError({"non_field_errors": [refusal.message]}) from None
    except ModelInvalid as error:
        fields = error.message_dict if hasattr(error, "error_dict") else {"non_field_errors": error.messages}
        raise ValidationError(fields) from None


def known_site(site: uuid.UUID | None) -> uuid.UUID | None:
    """The same, when there is such a site. Raises `invalid`."""
    if site is not None and str(site) not in {one.id for one in ports.sites().all()}:
        raise ValidationError({"site": ["No such site."]})
    return site
