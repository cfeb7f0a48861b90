"""Who answers: accepting, routing's queue and assignments, passing on, taking over, inviting. Pure.

Each decision gives the act to write, None when it is so already, or raises `KefuError`: `not_found` for
strangers, `conversation_closed`, `forbidden`, and what it says itself.
"""

from __future__ import annotations

from typing import Any, Final

from chat.conversation.rights import (
    is_guest,
    leads,
    owns,
    require_agent,
    require_hand,
    require_open,
    require_read,
    require_system,
)
from chat.conversation.state import Participant, State, person_of
from chat.errors import KefuError
from chat.protocol.entry import Event, Person

MAX_GUESTS: Final = 20


def decide_accept(state: State, agent: Participant) -> Event | None:
    """Take it. None when this agent has it for good. Raises `already_accepted`, naming who has it."""
    require_agent(state, agent)
    require_open(state)
    if state.status == "active" and state.agent is not None:
        if not owns(state, agent):
            raise KefuError(
                "already_accepted",
                "another agent has accepted it",
                details={"agent": person_of(state.agent)},
            )
        if not state.offered:
            return None
    return Event("accepted", {"agent": person_of(agent)})


def decide_queue(
    state: State, actor: Participant, group: Person | None, reason: str, owner: str | None = None
) -> Event | None:
    """Put it into a group's queue. `owner`: only while this agent has it, None: only while no agent has;
    else `conflict`.
    """
    require_system(actor)
    require_open(state)
    if _id(state.agent if state.status == "active" else None) != owner:
        raise KefuError("conflict", "another agent has it by now", details={"agent": person_of(state.agent)})
    if state.status == "queued" and _id(state.group) == _id(group):
        return None
    return Event("queued", {"group": person_of(group), "reason": reason, **_from(state)})


def decide_assign(
    state: State,
    actor: Participant,
    agent: Person,
    group: Person | None,
    decision: str | None,
    reason: str,
) -> Event | None:
    """Give a waiting one to an agent. Raises `conflict`, naming who has it, when it waits no more."""
    require_system(actor)
    require_open(state)
    if state.agent is not None and state.agent.id == agent.id:
        return None
    if state.status != "queued":
        raise KefuError("conflict", "it waits no more", details={"agent": person_of(state.agent)})
    data: dict[str, Any] = {"agent": person_of(agent), "group": person_of(group or state.group)}
    return Event("assigned", {**data, "decision": decision, "reason": reason})


def decide_transfer(
    state: State, agent: Participant, to: Person | None, group: Person | None, bot: bool
) -> Event | None:
    """Pass it on to exactly one of an agent, a group, the bot. Raises `invalid`, `not_owner`."""
    require_agent(state, agent)
    if (to is not None) + (group is not None) + bot != 1:
        raise KefuError("invalid", "transfer to one of agent, group, bot")
    require_open(state)
    require_hand(state, agent)
    if to is not None:
        if state.agent is not None and state.agent.id == to.id:
            return None
        if to.id == agent.id:
            raise KefuError("invalid", "accept it or take it over instead")
        return Event("transferred", {"from": person_of(agent), "agent": person_of(to)})
    if group is not None:
        if state.status == "queued" and _id(state.group) == group.id:
            return None
        return Event("transferred", {"from": person_of(agent), "group": person_of(group)})
    if state.status == "bot":
        return None
    return Event("transferred", {"from": person_of(agent), "bot": True})


def decide_refuse(state: State, agent: Participant, reason: str | None) -> Event:
    """Give back what was given and not yet accepted: to whom it came from, or to the queue.

    Raises `not_owner`, `not_offered`.
    """
    require_agent(state, agent)
    require_open(state)
    if not owns(state, agent):
        raise KefuError("not_owner", "it is not yours", details={"agent": person_of(state.agent)})
    if not state.offered:
        raise KefuError("not_offered", "it was accepted already")
    back = person_of(state.offered_by)
    return Event(
        "refused", {"agent": person_of(agent), "back": back, **({"reason": reason} if reason else {})}
    )


def decide_take_over(state: State, agent: Participant) -> Event | None:
    """A supervisor takes it from whoever has it."""
    require_agent(state, agent)
    if not leads(agent):
        raise KefuError("forbidden", "only a supervisor takes over")
    require_open(state)
    if owns(state, agent):
        return decide_accept(state, agent)
    return Event("transferred", {"agent": person_of(agent), "take_over": True, **_from(state)})


def decide_handoff(
    state: State, actor: Participant, reason: str | None, group: Person | None
) -> Event | None:
    """From the bot to people. None when people have it already."""
    require_read(state, actor)
    require_open(state)
    if state.status != "bot":
        return None
    data: dict[str, Any] = {"by": {"kind": actor.kind, **(person_of(actor) or {})}, "group": person_of(group)}
    return Event("handoff", {**data, **({"reason": reason} if reason else {})})


def decide_invite(state: State, agent: Participant, guest: Person) -> Event | None:
    """Bring a colleague in; the owner, a guest or a supervisor may. Raises `not_owner`, `conflict`."""
    require_agent(state, agent)
    require_open(state)
    if not is_guest(state, agent):
        require_hand(state, agent)
    if _id(state.agent) == guest.id or any(known.id == guest.id for known in state.guests):
        return None
    if len(state.guests) >= MAX_GUESTS:
        raise KefuError("conflict", f"at most {MAX_GUESTS} guests")
    return Event("invited", {"agent": person_of(guest), "by": person_of(agent)})


def decide_leave(state: State, agent: Participant) -> Event | None:
    """A guest goes."""
    require_agent(state, agent)
    return Event("left", {"agent": person_of(agent)}) if is_guest(state, agent) else None


def _from(state: State) -> dict[str, Any]:
    return {"from": person_of(state.agent)} if state.agent else {}


def _id(who: Person | None) -> str | None:
    return None if who is None else who.id
