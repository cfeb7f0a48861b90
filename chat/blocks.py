"""The blacklist: network addresses, users and visitors who may not come in.

Asked at the door (a session opens, a token is used) from what each process read at most `TTL_S` ago, and by
the sweep that ends connections within 5 s.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterable
from typing import Final, TypeVar
from uuid import UUID

import msgspec
from django.db import DatabaseError
from django.db.models import Q, QuerySet
from django.utils import timezone

from chat.errors import KefuError
from chat.ids import is_uuid
from chat.models import Block, BlockKind, Visitor
from chat.networks import AddressBook

TTL_S: Final = 2.0
"""A change has to count everywhere within 5 s, and the sweep that ends connections takes 2 of them."""

MAX_ENTRIES: Final = 100_000  # about 20 MB; the entries changed last count
_AT_ONCE: Final = 500  # below SQLite's bound of terms in a statement
_T = TypeVar("_T")


class Blacklist(msgspec.Struct, frozen=True):
    """All entries that count. `names`: (kind, site or None for every site, value)."""

    addresses: AddressBook
    names: frozenset[tuple[str, str | None, str]]
    expires: float = 0.0

    def names_visitor(self, visitor: str, site: str, user: str | None) -> bool:
        """Whether an entry names this visitor, or the site's user it stands for."""
        keys = {(BlockKind.VISITOR.value, place, visitor) for place in (None, site)}
        if user:
            keys |= {(BlockKind.USER.value, place, user) for place in (None, site)}
        return not self.names.isdisjoint(keys)


_kept: Blacklist | None = None


def blacklist() -> Blacklist:
    """The entries as of at most `TTL_S` ago; while the database is away, as they were last. May touch the
    database.
    """
    global _kept
    kept = _kept
    if kept is not None and kept.expires > time.monotonic():
        return kept
    try:
        _kept = _load()
    except DatabaseError:
        if kept is None:
            raise
        _kept = msgspec.structs.replace(kept, expires=time.monotonic() + TTL_S)
    return _kept


def forget() -> None:
    """Read anew with the next question; called by whoever changes an entry."""
    global _kept
    _kept = None


def standing() -> QuerySet[Block]:
    """The entries that count now."""
    return Block.objects.filter(Q(until=None) | Q(until__gt=timezone.now()))


def refuse_address(address: str, site: str) -> None:
    """Raise `blocked` when nobody from this address may come in at the site."""
    if blacklist().addresses.covers(address, site):
        raise KefuError("blocked", "this network address is blocked")


def refuse_visitor(visitor: Visitor) -> None:
    """Raise `blocked` when the visitor, or the user it stands for, is shut out."""
    if visitor.blocked_at is not None or blacklist().names_visitor(
        str(visitor.pk), str(visitor.site_id), visitor.external_id
    ):
        raise KefuError("blocked", "this visitor is blocked")


def named_since(moment: datetime.datetime) -> set[str]:
    """Ids of visitors named by entries made or changed since `moment`, directly or as a user.

    Those named before hold no living token. Few queries, however many visitors there are.
    """
    rows = standing().filter(updated_at__gte=moment).exclude(kind=BlockKind.ADDRESS)
    entries = {(kind, site, value) for kind, site, value in rows.values_list("kind", "site_id", "value")}
    visitors = [UUID(value) for kind, _, value in entries if kind == BlockKind.VISITOR and is_uuid(value)]
    users = [value for kind, _, value in entries if kind == BlockKind.USER]
    found = {
        str(pk)
        for chunk in _chunks(visitors)
        for pk, site in Visitor.objects.filter(pk__in=chunk).values_list("pk", "site_id")
        if not entries.isdisjoint({(BlockKind.VISITOR, place, str(pk)) for place in (None, site)})
    }
    for chunk in _chunks(users):
        rows_of = Visitor.objects.filter(external_id__in=chunk)
        for pk, site, user in rows_of.values_list("pk", "site_id", "external_id"):
            if not entries.isdisjoint({(BlockKind.USER, place, user) for place in (None, site)}):
                found.add(str(pk))
    return found


def _load() -> Blacklist:
    rows = standing().order_by("-updated_at").values_list("kind", "site_id", "value")[:MAX_ENTRIES]
    entries = [(kind, str(site) if site else None, value) for kind, site, value in rows]
    return Blacklist(
        AddressBook((site, value) for kind, site, value in entries if kind == BlockKind.ADDRESS),
        frozenset(entry for entry in entries if entry[0] != BlockKind.ADDRESS),
        time.monotonic() + TTL_S,
    )


def _chunks(items: list[_T]) -> Iterable[list[_T]]:
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))
