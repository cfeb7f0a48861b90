"""Rows that belong to one site or to every site (labels, attributes, blacklist, canned replies, …): who sees
them, and who may change them.
"""

from __future__ import annotations

import uuid
from typing import Any, Final, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Model, Q, QuerySet

from chat import sites
from chat.attributes import Definition
from chat.conversation import Participant, Role
from chat.errors import KefuError
from chat.models import AttributeDefinition, AttributeTarget

_RANKS: Final[dict[str, int]] = {"agent": 0, "supervisor": 1, "admin": 2}
_Row = TypeVar("_Row", bound=Model)


def key_of(who: Participant) -> uuid.UUID:
    """The id of somebody who has one (an agent), as columns hold it."""
    return uuid.UUID(who.id or "")


def has_role(who: Participant, role: Role) -> bool:
    """Whether `who` is an agent of at least this role; whoever serves every site is an administrator."""
    if who.kind != "agent":
        return False
    return who.sites is None or _RANKS[who.role] >= _RANKS[role]


def require_role(who: Participant, role: Role) -> None:
    """Raise `forbidden` below this role."""
    if not has_role(who, role):
        raise KefuError("forbidden", f"only a {role} may do this")


def of_sites(rows: QuerySet[_Row], who: Participant, site: uuid.UUID | str | None = None) -> QuerySet[_Row]:
    """Those for every site and those for one that `who` serves; with `site`, only what counts there."""
    if site is not None:
        if not who.serves(str(site)):
            return rows.none()
        return rows.filter(Q(site=None) | Q(site=site))
    return rows if who.sites is None else rows.filter(Q(site=None) | Q(site__in=who.sites))


def may_change(who: Participant, site: uuid.UUID | str | None, role: Role) -> bool:
    """Whether `who` may change what belongs to `site`; what belongs to every site takes somebody who serves
    every site.
    """
    return has_role(who, role) and (who.sites is None if site is None else who.serves(str(site)))


def require_change(who: Participant, site: uuid.UUID | str | None, role: Role) -> None:
    """Raise `forbidden` when `who` may not change what belongs to `site`."""
    require_role(who, role)
    if not may_change(who, site, role):
        raise KefuError("forbidden", "only for sites of your own")


def own_site(who: Participant, given: dict[str, Any]) -> uuid.UUID | str | None:
    """The site a new row shall belong to: as given; not given, the caller's only one, and for those who serve
    every site: all. Raises `invalid` when it must be given or does not
    exist.
    """
    if "site" in given:
        return known_site(given["site"])
    if who.sites is None:
        return None
    if len(who.sites) == 1:
        return next(iter(who.sites))
    raise KefuError("invalid", "say for which site", details={"fields": {"site": ["Required."]}})


def known_site(site: uuid.UUID | str | None) -> uuid.UUID | str | None:
    """The same, when there is such a site. Raises `invalid`."""
    if site is not None and str(site) not in sites.all_ids():
        raise KefuError("invalid", "no such site", details={"fields": {"site": ["No such site."]}})
    return site


def save(row: Model, what: str) -> None:
    """Save; raise `conflict` when there is one like it, `invalid` when its site or other end does not
    exist.
    """
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if "foreign key" in str(error).lower():
            raise KefuError("invalid", "it refers to something that does not exist") from None
        raise KefuError("conflict", f"there is such a {what} already") from None


def definitions(site: uuid.UUID | str, target: AttributeTarget) -> list[Definition]:
    """The custom attributes of a site's visitors or conversations; the site's own before those of all."""
    rows = AttributeDefinition.objects.filter(Q(site=None) | Q(site=site), target=target)
    found = {
        row.key: Definition(row.key, row.kind, tuple(str(choice) for choice in row.choices))
        for row in sorted(rows, key=lambda row: row.site_id is not None)
    }
    return list(found.values())
