"""The agents as routing sees them now, kept ready in a `Pool` between steps and drains.

What changes rarely (skills, groups, sites, capacity) is read every five seconds; who is here and how many
seats they have at most twice a second, and before anybody is said to find nobody. Neither can overbook:
`seats.claim` looks again under the lock.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any, Final, cast

import msgspec
from django.db.models import Q

from agents.models import Agent, AgentSkill, Group, Lease, Seat, Standing
from agents.presence.reading import living
from agents.presence.status import Saying, shown
from agents.routing.pool import Pool
from agents.routing.terms import Availability, Candidate

LASTING_S: Final = 5.0
MOMENTARY_S: Final = 0.5


class Crew:
    """The pool and how old what it knows is. One thread at a time."""

    def __init__(self) -> None:
        self.pool = Pool()
        self._lasting: dict[str, Candidate] = {}
        self._sources: dict[str, Candidate] = {}  # what each agent's entry in the pool was made of
        self._lasting_at = self._momentary_at = -1e9
        self._known: set[str] = set()

    def refresh(self, now_ms: int, *, force: bool = False) -> None:
        """Bring the pool up to date. Two to nine queries, none when half a second has not passed."""
        moment = time.monotonic()
        if not force and moment - self._momentary_at < MOMENTARY_S:
            return
        if moment - self._lasting_at >= LASTING_S:
            fresh = _lasting()
            for agent, known in self._lasting.items():
                if fresh.get(agent) == known:
                    fresh[agent] = known
            self._lasting, self._lasting_at = fresh, moment
            for agent in [each for each in self._known if each not in self._lasting]:
                self.pool.drop(agent)
        self._momentary_at = moment
        self._known = set(self._lasting)
        standings = _standings(now_ms)
        by_channel = self._channels()
        for agent, lasting in self._lasting.items():
            now = standings.get(agent, _ABSENT)
            before = self.pool.get(agent)
            channels = by_channel.get(agent, _NOTHING) if lasting.channel_capacity else _NOTHING
            if before is not None and self._sources.get(agent) is lasting and now.is_of(before, channels):
                continue  # the many who did not change cost a comparison
            self._sources[agent] = lasting
            self.pool.put(
                msgspec.structs.replace(
                    lasting,
                    availability=now.availability,
                    used=now.used,
                    served_ms=now.served_ms,
                    quality=now.quality,
                    channel_used=channels,
                )
            )

    def correct(self, agents: Iterable[str], taken: dict[str, int]) -> None:
        """Take over what `seats.claim` counted under the lock; an agent it did not find is no more."""
        for agent in agents:
            known = self.pool.get(agent)
            if known is None:
                continue
            if agent not in taken:
                self.pool.drop(agent)
                self._lasting.pop(agent, None)
            elif known.used != taken[agent]:
                self.pool.put(msgspec.structs.replace(known, used=taken[agent]))

    def stale(self) -> None:
        """Read everything that may have changed anew next time: after a transaction that failed."""
        self._momentary_at = -1e9

    def _channels(self) -> dict[str, dict[str, int]]:
        limited = [agent for agent, lasting in self._lasting.items() if lasting.channel_capacity]
        if not limited:
            return {}
        counts = Counter(
            (str(agent), channel)
            for agent, channel in Seat.objects.filter(agent_id__in=limited).values_list("agent_id", "channel")
        )
        found: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for (agent, channel), count in counts.items():
            found[agent][channel] = count
        return found


class _Now(msgspec.Struct, frozen=True):
    availability: Availability
    used: int = 0
    served_ms: int = 0
    quality: float = 0.5

    def is_of(self, candidate: Candidate, channels: dict[str, int]) -> bool:
        """Whether the candidate stands so already."""
        return (
            candidate.availability == self.availability
            and candidate.used == self.used
            and candidate.served_ms == self.served_ms
            and candidate.quality == self.quality
            and (not candidate.channel_capacity or candidate.channel_used == channels)
        )


_ABSENT: Final = _Now("offline")
_NOTHING: Final[dict[str, int]] = {}


def _standings(now_ms: int) -> dict[str, _Now]:
    """Standings of everybody who has one; those who have just come in may have none yet and are online."""
    rows = Standing.objects.annotate(here=living(now_ms)).values_list(
        "agent_id", "availability", "until_ms", "used", "served_ms", "quality", "here"
    )
    found = {}
    for agent, availability, until_ms, used, served_ms, quality, here in rows:
        said = shown(Saying(availability, until_ms=until_ms), here, now_ms).status
        found[str(agent)] = _Now(cast(Availability, said), used, served_ms, quality)
    newcomers = Lease.objects.filter(expires_ms__gt=now_ms, agent__standing=None)
    for agent in newcomers.values_list("agent_id", flat=True).distinct():
        found[str(agent)] = _Now("online")
    return found


def _lasting() -> dict[str, Candidate]:
    """Every enabled agent with what an administrator set. Five queries, however many agents."""
    sites, groups = _pairs(Agent.sites.through, "site_id"), _pairs(Group.agents.through, "group_id")
    skills: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for agent, skill, level in AgentSkill.objects.values_list("agent_id", "skill_id", "level"):
        skills[str(agent)][str(skill)] = level
    rows = Agent.objects.filter(Q(is_enabled=True, user__is_active=True)).values_list(
        "pk", "display_name", "user__is_superuser", "languages", "capacity", "channel_capacity"
    )
    return {
        agent: Candidate(
            agent,
            name,
            None if is_superuser else frozenset(sites.get(agent, ())),
            frozenset(groups.get(agent, ())),
            skills.get(agent, {}),
            tuple(languages or ()),
            capacity,
            channel_capacity={str(name): int(limit) for name, limit in (channels or {}).items()},
        )
        for agent, name, is_superuser, languages, capacity, channels in (
            (str(row[0]), *row[1:]) for row in rows
        )
    }


def _pairs(through: Any, other: str) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for agent, thing in through.objects.values_list("agent_id", other):
        found[str(agent)].append(str(thing))
    return found
