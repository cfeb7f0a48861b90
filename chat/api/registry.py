"""What the endpoints of small per-site lists share: finding a row, reading its whole list, describing it."""

from __future__ import annotations

import uuid
from typing import Any, Final, TypeVar

from django.db.models import Model, QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from chat.api.paging import listed
from chat.errors import KefuError

SITE: Final = OpenApiParameter("site", uuid.UUID, description="Only what counts at this site.")
MAX_ROWS: Final = 1000  # of a registry that is read whole
_Row = TypeVar("_Row", bound=Model)


class SiteQuery(serializers.Serializer[Any]):
    """Which site's."""

    site = serializers.UUIDField(required=False)


def found(rows: QuerySet[_Row], key: uuid.UUID, what: str) -> _Row:
    """The row with this id among those the caller may see. Raises `not_found`."""
    row = rows.filter(pk=key).first()
    if row is None:
        raise KefuError("not_found", f"no such {what}")
    return row


def whole(data: list[Any]) -> dict[str, Any]:
    """The envelope of a list that comes at once."""
    return listed(data, {"next_cursor": None, "has_more": False})
