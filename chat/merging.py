"""Duplicates: visitors who are the same person are shown as one, and can be taken apart again.

A merge is a pointer (`Visitor.merged_into`) and some contact data copied. Conversations stay whose they were:
tokens, `may_read` and the one open conversation per visitor go by the visitor who wrote, so the duplicate's
browser never sees a word of the other's history; only those who answer read both as one timeline.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet

from chat import merge_rules, posting
from chat.conversation import SYSTEM, Participant
from chat.errors import KefuError
from chat.models import Conversation, ConversationStatus, Visitor
from chat.protocol.commands import Merged
from chat.protocol.entry import Person
from chat.search.indexing import index_visitor

_LOG = structlog.get_logger(__name__)

MAX_FAMILY: Final = 50  # visitors shown as one
MAX_SUGGESTED: Final = 20
_SAME: Final = ("email", "phone", "external_id")


def merge(duplicate: UUID, into: UUID, who: Participant) -> Visitor:
    """Show `duplicate` as one person with `into`; returns the one that stays, which is the end of the chain
    when `into` was merged itself. Merging again changes nothing.

    The caller has made sure that `who` may see both. Raises `not_found`, `invalid` (the same visitor, or of
    two sites), `conflict` (merged elsewhere already, the other way round, or too many).
    """
    with transaction.atomic():
        rows = {row.pk: row for row in _locked(duplicate, into)}
        if len(rows) < 2:
            raise KefuError("invalid" if duplicate == into else "not_found", "two visitors are needed")
        gone, stays = rows[duplicate], rows[into]
        if gone.site_id != stays.site_id:
            raise KefuError("invalid", "they are visitors of two sites")
        family = family_of(stays)
        root = family[0]
        if gone.merged_into_id is not None:
            if family_of(gone)[0].pk == root.pk and gone.pk != root.pk:
                return root
            raise KefuError("conflict", "this visitor is merged with another already")
        if root.pk == gone.pk:
            raise KefuError("conflict", "they are merged the other way round")
        if len(family) + len(family_of(gone)) > MAX_FAMILY:
            raise KefuError("conflict", f"at most {MAX_FAMILY} visitors are shown as one")
        if root.pk != stays.pk:
            root = _locked(root.pk)[0]
        gave = merge_rules.gains(_data(root), _data(gone))
        _write(root, merge_rules.apply(_data(root), gave))
        gone.merged_into, gone.merge_gave = root, gave
        gone.save(update_fields=["merged_into", "merge_gave"])
    _tell(gone, root, who)
    return root


def split(duplicate: UUID) -> Visitor:
    """Take a merge back: the visitor is on its own, and data copied and not changed since is as before.

    Raises `not_found`. Splitting again changes nothing.
    """
    with transaction.atomic():
        row = next(iter(_locked(duplicate)), None)
        if row is None:
            raise KefuError("not_found", "no such visitor")
        if row.merged_into_id is None:
            return row
        root = next(iter(_locked(row.merged_into_id)), None)
        if root is not None:
            _write(root, merge_rules.undo(_data(root), row.merge_gave))
        row.merged_into, row.merge_gave = None, {}
        row.save(update_fields=["merged_into", "merge_gave"])
    return row


def family_of(visitor: Visitor) -> list[Visitor]:
    """All that are shown as one person with `visitor`, the one that stays first; bounded in depth and
    number.
    """
    root = visitor
    seen = {root.pk}
    while root.merged_into_id is not None and root.merged_into_id not in seen and len(seen) < MAX_FAMILY:
        above = Visitor.objects.filter(pk=root.merged_into_id).first()
        if above is None:
            break
        root = above
        seen.add(root.pk)
    family, generation = {root.pk: root}, [root.pk]
    while generation and len(family) < MAX_FAMILY:
        below = Visitor.objects.filter(merged_into__in=generation).exclude(pk__in=list(family))
        children = list(below.order_by("pk")[: MAX_FAMILY - len(family)])
        family |= {child.pk: child for child in children}
        generation = [child.pk for child in children]
    return list(family.values())


def suggested(visitor: Visitor, among: QuerySet[Visitor]) -> list[tuple[Visitor, list[str]]]:
    """Visitors of the same site that may be the same person, with what they share, best first."""
    family = {member.pk for member in family_of(visitor)}
    alike = Q()
    for field in _SAME:
        if value := getattr(visitor, field):
            alike |= Q(**{f"{field}__iexact": value})
    if not alike:
        return []
    rows = among.filter(alike, site_id=visitor.site_id).exclude(pk__in=family)
    found = [
        (row, [field for field in _SAME if _same(getattr(row, field), getattr(visitor, field))])
        for row in rows.order_by("-pk")[: 5 * MAX_SUGGESTED]
    ]
    return sorted(found, key=lambda pair: -len(pair[1]))[:MAX_SUGGESTED]


def _same(one: str | None, other: str | None) -> bool:
    return bool(one) and bool(other) and str(one).casefold() == str(other).casefold()


def _locked(*visitors: UUID) -> list[Visitor]:
    """In order of id, so that two merges at once do not wait for each other."""
    return list(Visitor.objects.select_for_update().filter(pk__in=visitors).order_by("pk"))


def _data(row: Visitor) -> dict[str, Any]:
    data = {field: getattr(row, field) for field in merge_rules.FIELDS}
    verified = row.external_id is not None
    return {**data, "priority": row.priority, "attributes": row.attributes, "verified": verified}


def _write(row: Visitor, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        setattr(row, name, value)
    if fields:
        row.save(update_fields=list(fields))
        index_visitor(row)


def _tell(gone: Visitor, stays: Visitor, who: Participant) -> None:
    """Leave a line in the open conversations of both. The merge stands also where a line could not be
    written.
    """
    by = Person(who.id, who.name) if who.id else None
    for one, other in ((gone, stays), (stays, gone)):
        rows = Conversation.objects.filter(visitor=one).exclude(status=ConversationStatus.CLOSED)
        for conversation in rows.values_list("pk", flat=True):
            line = Merged(str(conversation), Person(str(other.pk), other.name or None), by)
            try:
                posting.post_blocking(line, SYSTEM)
            except KefuError as error:
                _LOG.warning("merge.not_told", conversation=str(conversation), code=error.code)
