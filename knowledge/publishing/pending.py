"""What the next release would change: what waits, and who may send it out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec
from django.db.models import Q, QuerySet

from knowledge.models import Article, Question, Release, Status
from knowledge.ports import Person
from knowledge.publishing import facts

Kind = Literal["question", "article"]
Act = Literal["new", "changed", "removed"]
MODELS: dict[str, type[Question] | type[Article]] = {"question": Question, "article": Article}


class Change(msgspec.Struct, frozen=True):
    """A text that differs from what is live."""

    kind: Kind
    id: str
    title: str
    act: Act
    status: str
    site: str | None
    by: str


class Pending(msgspec.Struct, frozen=True):
    """All changes that wait, those in review first, and how many facts differ from the live ones."""

    changes: tuple[Change, ...]
    facts: int

    def chosen(self, *, drafts: bool, only: Iterable[str] | None = None) -> tuple[Change, ...]:
        """What a release would take: what is in review and what was archived, drafts too where wanted;
        `only` narrows it down to these ids.
        """
        ids = None if only is None else set(only)
        return tuple(
            change
            for change in self.changes
            if (ids is None or change.id in ids)
            and (drafts or ids is not None or change.status != Status.DRAFT)
        )


def waiting(person: Person) -> Pending:
    """What this person may publish."""
    found: list[Change] = []
    for kind, model in MODELS.items():
        found.extend(_change(kind, row) for row in _rows(model, person))  # type: ignore[arg-type]
    found.sort(key=lambda change: change.status == Status.DRAFT)
    last = Release.objects.only("facts").first()
    live = facts.facts_of(last.facts if last else {})
    return Pending(tuple(found), facts.differences(live, facts.current()))


def of_sites(rows: QuerySet[Any], person: Person, path: str = "site_id") -> QuerySet[Any]:
    """Rows for every site and for those of this person."""
    if person.sites is None:
        return rows
    return rows.filter(Q(**{f"{path}__isnull": True}) | Q(**{f"{path}__in": person.sites}))


def keys(changes: Sequence[Change], kind: Kind) -> list[str]:
    """Ids of the changes of one kind."""
    return [change.id for change in changes if change.kind == kind]


def _rows(model: type[Question] | type[Article], person: Person) -> QuerySet[Any]:
    open_ = Q(status__in=(Status.DRAFT, Status.REVIEW)) | Q(status=Status.ARCHIVED, live__isnull=False)
    rows: QuerySet[Any] = model._default_manager.filter(open_)
    if person.sites is not None:
        rows = rows.filter(site_id__in=person.sites)  # what stands at every site is not theirs to publish
    return rows.order_by("-updated_at")


def _change(kind: Kind, row: Question | Article) -> Change:
    act: Act = "removed" if row.status == Status.ARCHIVED else "changed" if row.live_id else "new"
    site = str(row.site_id) if row.site_id else None
    return Change(kind, str(row.pk), str(row), act, row.status, site, row.changed_by)
