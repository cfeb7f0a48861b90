"""Ids that came from outside: what is no UUID names nothing here."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID


def parse_ids(texts: Iterable[str]) -> list[UUID]:
    """The well-formed ids among them, in their order."""
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except (ValueError, AttributeError, TypeError):  # the log's own data may hold anything
            continue
    return found


def is_uuid(text: str) -> bool:
    """Whether the database could know this id."""
    return bool(parse_ids((text,)))
