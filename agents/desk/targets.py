"""Whom and what an act may name in a conversation: agents and groups of its site, labels, categories."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q

from agents.models import Agent, CloseCategory, Group
from chat.errors import KefuError
from chat.models import Label
from chat.protocol.entry import Person

MAX_DEPTH = 5  # of categories


def agent_of(site: UUID | str, agent: UUID | str) -> Person:
    """An enabled agent who answers for the site. Raises `invalid`."""
    able = Agent.objects.filter(pk=agent, is_enabled=True, user__is_active=True)
    row = able.filter(Q(sites=site) | Q(user__is_superuser=True)).distinct().first()
    if row is None:
        raise KefuError("invalid", "no such agent at this site")
    return Person(str(row.pk), row.display_name)


def group_of(site: UUID | str, group: UUID | str) -> Person:
    """An enabled group that answers for the site (or for all). Raises `invalid`."""
    open_groups = Group.objects.filter(pk=group, is_enabled=True)
    row = open_groups.filter(Q(sites=site) | Q(sites=None)).distinct().first()
    if row is None:
        raise KefuError("invalid", "no such group at this site")
    return Person(str(row.pk), row.name)


def labels_of(site: UUID | str, labels: Sequence[UUID | str]) -> list[Person]:
    """Labels that may be worn at the site. Raises `invalid` when one may not."""
    rows = Label.objects.filter(Q(site=None) | Q(site=site), pk__in=set(labels))
    found = [Person(str(row.pk), row.name) for row in rows]
    if len(found) != len({str(label) for label in labels}):
        raise KefuError("invalid", "no such label at this site")
    return found


def category_path(site: UUID | str, category: UUID | str) -> str:
    """A category's words from the top, at most 100 characters. Raises `invalid`."""
    row = CloseCategory.objects.filter(Q(site=None) | Q(site=site), pk=category).first()
    if row is None:
        raise KefuError("invalid", "no such category at this site")
    words = [row.name]
    while row.parent_id is not None and len(words) < MAX_DEPTH:
        row = CloseCategory.objects.get(pk=row.parent_id)
        words.insert(0, row.name)
    return " / ".join(words)[:100]
