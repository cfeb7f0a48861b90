"""What the knowledge room asks of the others, answered by the project, which knows them all: sites from chat,
people from chat and agents, rates from the API's limiter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from knowledge.ports import Act, Person, SiteInfo


class ChatSites:
    """The sites of the chat room."""

    def all(self) -> Sequence[SiteInfo]:
        """Every active site, by name."""
        from chat import sites

        found = [sites.by_id(site) for site in sites.all_ids()]
        return sorted((_info(site) for site in found if site.is_active), key=lambda site: site.name)

    def by_key(self, public_key: str) -> SiteInfo | None:
        """The active site with this key."""
        from chat import sites
        from chat.errors import KefuError

        try:
            return _info(sites.by_public_key(public_key))
        except KefuError:
            return None


class Team:
    """Agents, with the rights of this moment."""

    def of_call(self, request: Any) -> Person:
        """The agent behind a call. Raises `unauthorized`, `forbidden`."""
        from chat.api.authentication import agent
        from chat.registries import has_role

        who = agent(request)
        return Person(who.name or "", who.sites, has_role(who, "supervisor"))

    def of_login(self, request: Any) -> Person | None:
        """A superuser writes everywhere, an agent who is an administrator at their sites."""
        from agents.models import Agent, Role

        user = request.user
        if not user.is_active:
            return None
        if user.is_superuser:
            return Person(user.get_username(), None, True)
        agent = (
            Agent.objects.filter(user=user.pk, is_enabled=True, role=Role.ADMIN)
            .prefetch_related("sites")
            .first()
        )
        if agent is None:
            return None
        return Person(agent.display_name, frozenset(str(site.pk) for site in agent.sites.all()), True)


class Rates:
    """The API's limiter."""

    def wait(self, request: Any, act: Act) -> float:
        """0.0 when it may happen now, else the seconds until it may."""
        from chat.api import rate
        from chat.errors import KefuError

        try:
            rate.check_address(request, act)
        except KefuError as refusal:
            return refusal.retry_after_s or 1.0
        return 0.0


def connect() -> None:
    """Fill the knowledge room's ports (assignments; no query)."""
    from knowledge import ports

    ports.register(ChatSites(), Team(), Rates())


def _info(site: Any) -> SiteInfo:
    chat = reverse("chat:h5", args=[site.public_key])
    language = "zh" if site.locale.lower().startswith("zh") else "en"
    return SiteInfo(site.id, site.public_key, site.name, language, site.accent_color, chat)
