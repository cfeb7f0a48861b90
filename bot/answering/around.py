"""Where a talk began and with whom: what rules by page, attribute and priority look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final
from uuid import UUID

import msgspec

from chat.models import Conversation

AT_ONCE: Final = 500
"""Ids in one query: SQLite takes a limited number of parameters."""


class Around(msgspec.Struct, frozen=True):
    """`page`: url, title, referrer of the page the talk began on; `visitor`: name, attributes, priority."""

    page: dict[str, str] = {}
    visitor: dict[str, Any] = {}


NOWHERE: Final = Around()
"""Of a conversation that is not in the database yet, or not any more."""


def around(conversations: Iterable[str]) -> dict[str, Around]:
    """By conversation, as of now; one query for five hundred. Raises `DatabaseError`."""
    found: dict[str, Around] = {}
    for part in _parts(conversations):
        rows = Conversation.objects.filter(pk__in=[UUID(each) for each in part]).values_list(
            "pk", "page", "visitor__name", "visitor__attributes", "visitor__priority"
        )
        for pk, page, name, attributes, priority in rows:
            visitor = {"name": name, "attributes": attributes or {}, "priority": priority}
            found[str(pk)] = Around(page or {}, visitor)
    return found


def _parts(conversations: Iterable[str]) -> Iterator[Sequence[str]]:
    remaining = iter(conversations)
    while part := list(islice(remaining, AT_ONCE)):
        yield part
