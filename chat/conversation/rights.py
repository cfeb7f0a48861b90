"""Who may see a conversation, and the refusals that several decisions share. Pure."""

from __future__ import annotations

from chat.conversation.state import Participant, State, person_of
from chat.errors import KefuError


def may_read(state: State, participant: Participant) -> bool:
    """Whether the participant may see the conversation at all: visitors their own; agents those of their
    sites that are without a group, of one of their groups, theirs, or that they were invited to.
    """
    if participant.kind == "visitor":
        return participant.id == state.visitor
    if not participant.serves(state.site):
        return False
    groups, group = participant.groups, state.group
    if groups is None or group is None or group.id in groups:
        return True
    return owns(state, participant) or is_guest(state, participant)


def require_read(state: State, participant: Participant) -> None:
    """Raise `not_found` for a stranger: another's conversation does not even exist for them."""
    if not may_read(state, participant):
        raise KefuError("not_found", "no such conversation")


def owns(state: State, participant: Participant) -> bool:
    """Whether this agent answers it now."""
    return state.agent is not None and state.agent.id == participant.id


def is_guest(state: State, participant: Participant) -> bool:
    """Whether this agent was invited to it."""
    return any(guest.id == participant.id for guest in state.guests)


def leads(participant: Participant) -> bool:
    """Whether this agent may act on colleagues' conversations, too."""
    return participant.kind == "agent" and participant.role in ("supervisor", "admin")


def require_agent(state: State, agent: Participant) -> None:
    """Raise `not_found` for strangers, `forbidden` for whoever is no agent."""
    require_read(state, agent)
    if agent.kind != "agent":
        raise KefuError("forbidden", "only an agent may do this")


def require_system(participant: Participant) -> None:
    """Raise `forbidden` for people: this is routing's."""
    if participant.kind != "system":
        raise KefuError("forbidden", "only the system may do this")


def require_open(state: State) -> None:
    """Raise `conversation_closed`."""
    if state.status == "closed":
        raise KefuError("conversation_closed", "the conversation is closed")


def require_hand(state: State, agent: Participant) -> None:
    """Raise `not_owner`, naming the owner, when a colleague answers it and this agent leads nobody."""
    if state.status == "active" and not owns(state, agent) and not leads(agent):
        raise KefuError("not_owner", "another agent answers it", details={"agent": person_of(state.agent)})
