"""What routing talks about: who may take a conversation, what a conversation wants, what was decided. Pure.

Ids are strings. Times named `_ms` are ms since the epoch. Scores and their parts are shares, 0 to 1.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

Availability = Literal["online", "busy", "away", "offline"]
#: Why an agent was left out, in the order it is found out: the first that holds is the one counted.
Exclusion = Literal["offline", "busy", "away", "language", "skills", "refused", "full", "channel_full"]

MAX_LEVEL: Final = 5  # of a skill
EXPLAINED: Final = 10  # candidates a decision keeps to explain itself; twenty cost a third more an assignment
DEFAULT_STRATEGY: Final = "weighted"
DEFAULT_WEIGHTS: Final = {"skill": 30, "capacity": 40, "quality": 30}


class Candidate(msgspec.Struct, frozen=True):
    """An agent as routing sees them now.

    `sites`: ids they answer for, None for every site. `skills`: {skill id: level 1 to 5}. `languages`: BCP 47
    tags, empty for any. `channel_capacity`: at most so many of `capacity` on a channel; a channel that is not
    named has no limit of its own. `served_ms`: the last assignment by routing, 0 for never.
    """

    id: str
    name: str
    sites: frozenset[str] | None = None
    groups: frozenset[str] = frozenset()
    skills: dict[str, int] = msgspec.field(default_factory=dict)
    languages: tuple[str, ...] = ()
    capacity: int = 5
    used: int = 0
    channel_capacity: dict[str, int] = msgspec.field(default_factory=dict)
    channel_used: dict[str, int] = msgspec.field(default_factory=dict)
    quality: float = 0.5
    served_ms: int = 0
    availability: Availability = "online"

    @property
    def load(self) -> float:
        """Seats taken as a share of capacity; 1 for somebody without capacity."""
        return self.used / self.capacity if self.capacity else 1.0


class Wants(msgspec.Struct, frozen=True):
    """What decides who may take a conversation and how well they fit: waiters with equal wants have the same
    candidates, apart from those who refused. `group` None: nobody's in particular; `skills`: ids, sorted; one
    of them is enough; `language` and `channel` empty: any.
    """

    site: str
    group: str | None = None
    skills: tuple[str, ...] = ()
    language: str = ""
    channel: str = ""


class Waiter(msgspec.Struct, frozen=True):
    """A conversation that waits. `sticky_agent`: who had the visitor last; `refused`: who is not asked."""

    conversation: str
    wants: Wants
    priority: int = 0
    since_ms: int = 0
    sticky_agent: str | None = None
    refused: frozenset[str] = frozenset()


class Policy(msgspec.Struct, frozen=True):
    """How to choose: a strategy by name, the parts' weights in any unit, and what `sticky` falls back to."""

    strategy: str = DEFAULT_STRATEGY
    weights: dict[str, int] = msgspec.field(default_factory=DEFAULT_WEIGHTS.copy)
    fallback: str = DEFAULT_STRATEGY
    explained: int = EXPLAINED


class Scored(msgspec.Struct, frozen=True):
    """A candidate in its place: the strategy's score and the parts it was made of, 0 to 1 each."""

    candidate: Candidate
    score: float
    parts: dict[str, float]


class Choice(msgspec.Struct, frozen=True):
    """What was decided. `agent` None: nobody could take it, and `reason` is "nobody" (no agent at all in the
    group and site) or the exclusion that met most agents. Otherwise `reason` is "best" or "sticky".

    `ranked`: candidates, best first, at most `Policy.explained`; `excluded`: how many agents each reason
    left out. `strategy`: the one whose order decided (sticky's fallback when the last agent was not free).
    """

    agent: Candidate | None
    ranked: tuple[Scored, ...]
    excluded: dict[str, int]
    strategy: str
    reason: str
