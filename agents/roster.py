"""Who answers: the chat room's `Roster` port over the Agent table. Here a superuser becomes an agent."""

from __future__ import annotations

import uuid
from typing import cast

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User

from agents.models import Agent
from chat.conversation import Participant, Role


class DatabaseRoster:
    """The port's implementation. Every method reads the database: callers on the event loop use a thread."""

    def agent_of(self, user_id: int) -> Participant | None:
        """The agent this login is, None when it is none, disabled or its login inactive.

        A superuser without a row gets one, so that a fresh installation's admin can answer at once.
        """
        user = get_user_model().objects.filter(pk=user_id, is_active=True).first()
        if user is None:
            return None
        agent = Agent.objects.filter(user=user).first()
        if agent is None:
            if not user.is_superuser:
                return None
            agent, _ = Agent.objects.get_or_create(user=user, defaults={"display_name": name_of(user)})
        agent.user = user
        return participant(agent) if agent.is_enabled else None

    def able_among(self, agent_ids: list[str]) -> dict[str, Participant]:
        """Those who may act, by id: enabled, not deleted, their login active. Three queries."""
        known = [agent_id for agent_id in agent_ids if _is_uuid(agent_id)]
        able = Agent.objects.filter(pk__in=known, is_enabled=True, user__is_active=True)
        agents = able.select_related("user").prefetch_related("sites", "groups")
        return {str(agent.pk): participant(agent) for agent in agents}

    def refresh(self, agent_id: str) -> Participant | None:
        """The agent with the sites of this moment, None when disabled or gone."""
        return self.able_among([agent_id]).get(agent_id)


def participant(agent: Agent) -> Participant:
    """The agent as the chat room knows people: a superuser is an administrator of every site (`sites` None);
    supervisors and administrators see every group (`groups` None), agents their own.
    """
    if agent.user.is_superuser:
        return Participant("agent", str(agent.pk), agent.display_name, None, "admin")
    sites = frozenset(str(site.pk) for site in agent.sites.all())
    role, groups = cast(Role, agent.role), None
    if role == "agent":
        groups = frozenset(str(group.pk) for group in agent.groups.all())
    return Participant("agent", str(agent.pk), agent.display_name, sites, role, groups)


def name_of(user: User) -> str:
    """What a login is called before anybody chose a display name (at most 100 characters)."""
    return (user.get_full_name().strip() or user.get_username())[:100]


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
