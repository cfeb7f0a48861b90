"""Who answers: the chat room's `Roster` port over the Agent table. Here a superuser becomes an agent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import cast

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db.models import QuerySet

from agents.models import Agent, Group
from chat.conversation import Participant, Role
from chat.ids import is_uuid
from chat.protocol.entry import Person


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
        known = [agent_id for agent_id in agent_ids if is_uuid(agent_id)]
        able = Agent.objects.filter(pk__in=known, is_enabled=True, user__is_active=True)
        agents = able.select_related("user").prefetch_related("sites", "groups")
        return {str(agent.pk): participant(agent) for agent in agents}

    def refresh(self, agent_id: str) -> Participant | None:
        """The agent with the sites, role and groups of this moment, None when disabled or gone."""
        return self.able_among([agent_id]).get(agent_id)

    def named(self, agent_ids: Sequence[str], site: str) -> dict[str, Person]:
        """Those who may answer for the site, by id."""
        able = self.able_among(list(agent_ids))
        return {key: Person(key, who.name) for key, who in able.items() if who.serves(site)}

    def groups_named(self, group_ids: Sequence[str], site: str) -> dict[str, Person]:
        """Those that are enabled and of the site (a group without sites is of every one), by id."""
        known = [group_id for group_id in group_ids if is_uuid(group_id)]
        found = _groups_of(Group.objects.filter(pk__in=known), frozenset((site,)))
        return {group.id: group for group in found if group.id is not None}

    def groups_at(self, sites: Collection[str] | None) -> list[Person]:
        """Those that are enabled and of any of the sites, by name."""
        return _groups_of(Group.objects.all(), sites)


def _groups_of(groups: QuerySet[Group], sites: Collection[str] | None) -> list[Person]:
    """Those that are enabled; a group without sites is of every one."""
    rows = groups.filter(is_enabled=True).order_by("name").prefetch_related("sites")
    return [
        Person(str(group.pk), group.name)
        for group in rows
        if sites is None
        or not (own := {str(each.pk) for each in group.sites.all()})
        or not own.isdisjoint(sites)
    ]


def participant(agent: Agent) -> Participant:
    """The agent as the chat room knows people: a superuser is an administrator of every site (`sites` None);
    supervisors and administrators see every group (`groups` None), agents their own.
    """
    if agent.user.is_superuser:
        return Participant("agent", str(agent.pk), agent.display_name, None, "admin")
    sites = frozenset(str(site.pk) for site in agent.sites.all())
    role, groups = cast(Role, agent.role), None
    if role == "agent":
        groups = frozenset(str(group.pk) for group in agent.groups.all() if group.is_enabled)
    return Participant("agent", str(agent.pk), agent.display_name, sites, role, groups)


def name_of(user: User) -> str:
    """What a login is called before anybody chose a display name (at most 100 characters)."""
    return (user.get_full_name().strip() or user.get_username())[:100]
