"""An agent as colleagues see them, in the API's words: for the directory, the status and the overview."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import QuerySet
from rest_framework import serializers

from agents.models import Agent, Availability, Role
from agents.presence.reading import load_of, shown_of, with_presence
from chat.api.schema import PersonRefSerializer

SHOWN: Final = (*Availability.values, "offline")
EXAMPLE: Final = {
    "id": "0190b6a1-0000-7000-8000-000000000001", "name": "Li Lei", "avatar_url": None, "role": "agent",
    "status": "away", "reason": "lunch", "until": 1_763_683_200_000, "load": 2, "capacity": 5,
    "groups": [{"id": "0190b6a1-0000-7000-8000-000000000002", "name": "Returns"}],
    "skills": [{"id": "0190b6a1-0000-7000-8000-000000000003", "name": "French", "level": 4}],
    "languages": ["zh-CN"],
}  # fmt: skip


class SkillLevelSerializer(serializers.Serializer[Any]):
    """Something an agent can do, and how well."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    level = serializers.IntegerField(min_value=1, max_value=5)


class AgentCardSerializer(serializers.Serializer[Any]):
    """An agent as colleagues see them."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    avatar_url = serializers.CharField(allow_null=True)
    role = serializers.ChoiceField(choices=Role.values)
    status = serializers.ChoiceField(choices=SHOWN)
    reason = serializers.CharField(help_text="Empty for the online and the offline.", allow_blank=True)
    until = serializers.IntegerField(
        allow_null=True, help_text="Milliseconds since the epoch: online again then."
    )
    load = serializers.IntegerField(help_text="Conversations they have.")
    capacity = serializers.IntegerField(help_text="Conversations at once that routing may give.")
    groups = PersonRefSerializer(many=True)
    skills = SkillLevelSerializer(many=True)
    languages = serializers.ListField(child=serializers.CharField())


def readable(agents: QuerySet[Agent], at_ms: int) -> QuerySet[Agent]:
    """The agents with all that a card shows: three queries in all, however many."""
    return with_presence(agents, at_ms).prefetch_related("groups", "skill_levels__skill")


def card(agent: Agent, at_ms: int) -> dict[str, Any]:
    """An agent read by `readable`."""
    status = shown_of(agent, at_ms)
    groups = sorted(agent.groups.all(), key=lambda group: group.name)
    levels = sorted(agent.skill_levels.all(), key=lambda level: (-level.level, level.skill.name))
    return {
        "id": str(agent.pk),
        "name": agent.display_name,
        "avatar_url": agent.avatar_url or None,
        "role": role_of(agent),
        "status": status.status,
        "reason": status.reason,
        "until": status.until,
        "load": load_of(agent),
        "capacity": agent.capacity,
        "groups": [{"id": str(group.pk), "name": group.name} for group in groups],
        "skills": [
            {"id": str(each.skill_id), "name": each.skill.name, "level": each.level} for each in levels
        ],
        "languages": agent.languages,
    }


def role_of(agent: Agent) -> str:
    """A superuser is an administrator whatever the row says."""
    return Role.ADMIN.value if agent.user.is_superuser else agent.role
