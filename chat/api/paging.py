"""Lists by cursor: no offsets, no counting, so the millionth row costs what the first one does."""

from __future__ import annotations

import base64
import functools
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import msgspec
from django.db.models import Model, Q, QuerySet
from rest_framework import serializers

from chat.errors import KefuError

DEFAULT_LIMIT: Final = 25
MAX_LIMIT: Final = 100
_MAX_BIGINT: Final = 2**63 - 1
_Row = TypeVar("_Row", bound=Model)


class PageQuery(serializers.Serializer[Any]):
    """`cursor` and `limit` of any list."""

    cursor = serializers.CharField(required=False, max_length=200)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT)


def newest_first(
    rows: QuerySet[_Row], query: dict[str, Any], by: str | None = None
) -> tuple[list[_Row], dict[str, Any]]:
    """One page, newest first, and its `meta`.

    Rows are ordered by the integer column `by` (when given) and by id, which for our ids is by age. Raises
    `invalid` for a cursor that we did not make.
    """
    limit = int(query["limit"])
    if query.get("cursor"):
        mark, key = _decode(query["cursor"])
        rows = rows.filter(
            Q(pk__lt=key) if by is None else Q(**{f"{by}__lt": mark}) | Q(**{by: mark}, pk__lt=key)
        )
    page = list(rows.order_by(*([] if by is None else [f"-{by}"]), "-pk")[: limit + 1])
    more = len(page) > limit
    page = page[:limit]
    cursor = _encode(0 if by is None else getattr(page[-1], by), page[-1].pk) if more else None
    return page, {"next_cursor": cursor, "has_more": more}


def in_order(
    rows: QuerySet[_Row], query: dict[str, Any], columns: Sequence[str]
) -> tuple[list[_Row], dict[str, Any]]:
    """One page ordered by these integer columns ("-" is descending, "__" follows a relation) and, among
    equals, newest first; and its `meta`. No column may be null in `rows`.

    Raises `invalid` for a cursor that we did not make for these columns.
    """
    limit = int(query["limit"])
    if query.get("cursor"):
        *marks, key = _decode_marks(query["cursor"], len(columns))
        equal, after = Q(), Q()
        for column, mark in zip(columns, marks, strict=True):
            name = column.lstrip("-")
            after |= equal & Q(**{f"{name}__{'lt' if column.startswith('-') else 'gt'}": mark})
            equal &= Q(**{name: mark})
        rows = rows.filter(after | (equal & Q(pk__lt=key)))
    page = list(rows.order_by(*columns, "-pk")[: limit + 1])
    more = len(page) > limit
    page = page[:limit]
    cursor = None
    if more:
        marks = [functools.reduce(getattr, column.lstrip("-").split("__"), page[-1]) for column in columns]
        cursor = _packed([*marks, str(page[-1].pk)])
    return page, {"next_cursor": cursor, "has_more": more}


def listed(data: Sequence[Any], meta: dict[str, Any]) -> dict[str, Any]:
    """The envelope of every list."""
    return {"data": list(data), "meta": meta}


def checked(query: Callable[..., serializers.BaseSerializer[Any]], given: Any) -> dict[str, Any]:
    """Query parameters as the serializer reads them. Raises DRF's ValidationError."""
    serializer = query(data=given)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _encode(mark: int, key: uuid.UUID) -> str:
    return _packed([mark, str(key)])


def _packed(parts: list[Any]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).rstrip(b"=").decode()


def _decode(cursor: str) -> tuple[int, uuid.UUID]:
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        mark, key = msgspec.json.decode(raw, type=tuple[int, uuid.UUID])
    except (ValueError, msgspec.MsgspecError, RecursionError):
        raise KefuError("invalid", "the cursor is not one of ours") from None
    if not 0 <= mark <= _MAX_BIGINT:
        raise KefuError("invalid", "the cursor is not one of ours")
    return mark, key


def _decode_marks(cursor: str, columns: int) -> list[Any]:
    """The marks and the key of a cursor over so many columns."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        parts = msgspec.json.decode(raw, type=list[int | str])
        marks, key = parts[:-1], uuid.UUID(str(parts[-1]))
    except (ValueError, IndexError, msgspec.MsgspecError, RecursionError):
        raise KefuError("invalid", "the cursor is not one of ours") from None
    if len(marks) != columns or not all(isinstance(m, int) and 0 <= m <= _MAX_BIGINT for m in marks):
        raise KefuError("invalid", "the cursor is not one of ours")
    return [*marks, key]
