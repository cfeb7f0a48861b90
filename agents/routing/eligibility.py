"""Who may take a conversation, and why somebody may not. Pure.

Three things decide, and are kept apart because they change at different speeds: whom it concerns at all
(`concerns`), what a person is and can do (`unfit`), and whether a seat is free (`seatless`).
"""

from __future__ import annotations

from agents.routing.language import speaks
from agents.routing.terms import Candidate, Exclusion, Waiter, Wants


def concerns(wants: Wants, candidate: Candidate) -> bool:
    """Whether the agent is of the site, and of the group if one is wanted; others are not even counted."""
    if candidate.sites is not None and wants.site not in candidate.sites:
        return False
    return wants.group is None or wants.group in candidate.groups


def unfit(wants: Wants, candidate: Candidate) -> Exclusion | None:
    """Why the agent can take none of these conversations, however free, or None."""
    if candidate.availability != "online":
        return candidate.availability
    if not speaks(candidate.languages, wants.language):
        return "language"
    if wants.skills and not any(candidate.skills.get(skill, 0) > 0 for skill in wants.skills):
        return "skills"
    return None


def seatless(channel: str, candidate: Candidate) -> Exclusion | None:
    """Why the agent has no seat for a conversation of this channel, or None. An empty channel is any."""
    if candidate.used >= candidate.capacity:
        return "full"
    limit = candidate.channel_capacity.get(channel)
    if limit is not None and candidate.channel_used.get(channel, 0) >= limit:
        return "channel_full"
    return None


def exclusion(waiter: Waiter, candidate: Candidate) -> Exclusion | None:
    """Why this agent may not take this conversation, or None. The definition the pool is held to."""
    reason = unfit(waiter.wants, candidate)
    if reason is not None:
        return reason
    if candidate.id in waiter.refused:
        return "refused"
    return seatless(waiter.wants.channel, candidate)
