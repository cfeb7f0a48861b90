"""Who is told of a left message."""

from __future__ import annotations

from typing import Final

from django.db.models import Q

from agents.models import Agent, Role, SiteRouting
from chat.models import Site

MAX_RECIPIENTS: Final = 50
"""Mail servers refuse more than 100; a team of hundreds names one address in the admin."""


def recipients(site: Site) -> list[str]:
    """The addresses named for the site; else those of its default group and its supervisors, else those of
    the administrators. Sorted, without doubles.
    """
    routing = SiteRouting.objects.filter(site=site).first()
    named = _clean(routing.leave_message_emails if routing else [])
    if named:
        return named
    able = Agent.objects.filter(is_enabled=True, user__is_active=True).exclude(user__email="")
    wanted = Q(role__in=(Role.SUPERVISOR, Role.ADMIN), sites=site)
    if routing is not None and routing.default_group_id is not None:
        wanted |= Q(groups=routing.default_group_id)
    found = _clean(list(able.filter(wanted).values_list("user__email", flat=True)))
    if found:
        return found
    return _clean(list(able.filter(user__is_superuser=True).values_list("user__email", flat=True)))


def _clean(addresses: list[str]) -> list[str]:
    """Without doubles and without anything that could break out of a header."""
    kept = {
        text.strip() for text in addresses if isinstance(text, str) and "@" in text and text.isprintable()
    }
    return sorted(kept)[:MAX_RECIPIENTS]
