"""Logins behind agents, and which of them may enter the back office."""

from __future__ import annotations

from agents.models import Agent, Role


def admit(agent: Agent) -> None:
    """Let an administrator's login into the back office, and nobody else's who was let in for that.

    A login with permissions or groups of its own (made by hand) is left as it is.
    """
    user = agent.user
    wanted = user.is_superuser or agent.role == Role.ADMIN
    if user.is_staff != wanted and not user.user_permissions.exists() and not user.groups.exists():
        user.is_staff = wanted
        user.save(update_fields=["is_staff"])
