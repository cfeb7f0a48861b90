"""Saved views: a name for a list with its filters, and how many conversations each list holds now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q, QuerySet

from agents.models import SavedView
from chat.api.listing import ConversationFilters, filtered
from chat.api.paging import checked
from chat.conversation import Participant
from chat.errors import KefuError
from chat.models import Conversation
from chat.registries import may_change, own_site

MAX_OWN: Final = 50
CAP: Final = 999  # beyond it, "999+" is all anybody wants to know
MAX_COUNTED: Final = 30
"""Saved views with a number beside them, the first in their order: every open console asks each 15 s."""
_OPEN: Final = ["bot", "queued", "active"]

#: The console's own lists, as filters.
FIXED: Final[dict[str, dict[str, Any]]] = {
    "mine": {"agent": "me", "status": _OPEN, "snoozed": False},
    "mine_unread": {"agent": "me", "status": _OPEN, "unread": True},
    "waiting": {"status": ["queued"]},
    "snoozed": {"agent": "me", "status": _OPEN, "snoozed": True},
    "all": {"status": _OPEN, "snoozed": False},
    "bot": {"status": ["bot"]},
    "closed": {"status": ["closed"]},
}


def seen_by(who: Participant) -> list[SavedView]:
    """One's own and the shared ones, without those of sites that are not one's own; at most 200."""
    rows = SavedView.objects.filter(Q(owner=who.id) | Q(owner=None)).select_related("owner")
    ordered = rows.order_by("position", "name", "pk")[:200]
    return [view for view in ordered if _site_of(view) is None or who.serves(str(_site_of(view)))]


def may_edit(who: Participant, view: SavedView) -> bool:
    """One's own; shared ones as a supervisor of its site."""
    if view.owner_id is not None:
        return str(view.owner_id) == who.id
    return may_change(who, _site_of(view), "supervisor")


def read_filters(raw: Any, who: Participant, shared: bool) -> dict[str, Any]:
    """Filters as they are stored: what `GET conversations/` takes, nothing empty. Shared by somebody who
    does not serve every site, they name a site.

    Raises DRF's ValidationError, `invalid`, `forbidden` for another's site.
    """
    if not isinstance(raw, Mapping):
        raise KefuError(
            "invalid", "the filters are not valid", details={"fields": {"filters": ["An object."]}}
        )
    unknown = set(raw) - set(ConversationFilters().fields)
    if unknown:
        named = {key: ["No such filter."] for key in sorted(str(key)[:40] for key in unknown)}
        raise KefuError("invalid", "the filters are not valid", details={"fields": {"filters": named}})
    given = {key: value for key, value in raw.items() if value is not None and value != "" and value != []}
    found = {key: value for key, value in checked(ConversationFilters, given).items() if key in given}
    if "site" in found:
        if not who.serves(str(found["site"])):
            raise KefuError("forbidden", "only for sites of your own")
        found["site"] = str(found["site"])
    elif shared and (site := own_site(who, {})) is not None:
        found["site"] = str(site)
    return found


def counts(
    who: Participant, rows: QuerySet[Conversation], views: list[SavedView]
) -> tuple[dict[str, int], dict[str, int]]:
    """How many of `rows` (what `who` may see) each fixed list and each saved view holds, by name and by id;
    at most `CAP` + 1. One query.

    Only the first `MAX_COUNTED` saved views are counted, and none that searches by text: no index finds a
    part of a name, so that each would read every row there is. Those are absent.
    """
    views = [view for view in views if not view.filters.get("q")][:MAX_COUNTED]
    wanted = [*FIXED.values(), *(view.filters for view in views)]
    numbers = _count([_rows_of(rows, who, filters) for filters in wanted])
    fixed = dict(zip(FIXED, numbers, strict=False))
    saved = {str(view.pk): n for view, n in zip(views, numbers[len(FIXED) :], strict=True)}
    return fixed, saved


def _rows_of(
    rows: QuerySet[Conversation], who: Participant, filters: dict[str, Any]
) -> QuerySet[Conversation]:
    usual = {"q": "", "order": "latest", **filters}
    if "site" in usual:
        usual["site"] = UUID(str(usual["site"]))
    return filtered(rows, who, usual)


def _count(lists: list[QuerySet[Conversation]]) -> list[int]:
    """All counts by one statement: each counts what its list holds up to the cap."""
    parts: list[str] = []
    parameters: list[Any] = []
    empty: set[int] = set()
    for place, rows in enumerate(lists):
        capped = rows.select_related(None).order_by().values("pk")[: CAP + 1]
        try:
            sql, given = capped.query.get_compiler(connection=connection).as_sql()
        except EmptyResultSet:
            empty.add(place)
            continue
        parts.append(f"(SELECT COUNT(*) FROM ({sql}) AS list_{place})")
        parameters += given
    numbers: list[int] = []
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(parts)}", parameters)
            numbers = [int(number) for number in cursor.fetchone() or ()]
    rest = iter(numbers)
    return [0 if place in empty else next(rest) for place in range(len(lists))]


def _site_of(view: SavedView) -> str | None:
    return view.filters.get("site") if isinstance(view.filters, dict) else None
