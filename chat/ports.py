"""What the chat room asks of rooms it does not know. The others fill these when they start (their
AppConfig.ready).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from chat.conversation import Participant, State
from chat.protocol.entry import Person


class Roster(Protocol):
    """The people who answer, as the chat room needs them. Implemented by `agents.roster`."""

    def agent_of(self, user_id: int) -> Participant | None:
        """The agent a login belongs to, None when it has none or is disabled. May touch the database."""

    def able_among(self, agent_ids: list[str]) -> dict[str, Participant]:
        """Those of these agents who may act, by id, with the sites of this moment; the others are disabled,
        deleted or their login inactive. May touch the database.
        """

    def refresh(self, agent_id: str) -> Participant | None:
        """The agent as of now (sites, role and groups may have changed), None when disabled."""

    def named(self, agent_ids: Sequence[str], site: str) -> dict[str, Person]:
        """Those of these agents who may answer for the site, by id. May touch the database."""

    def groups_named(self, group_ids: Sequence[str], site: str) -> dict[str, Person]:
        """Those of these groups that are enabled and of the site, by id. May touch the database."""

    def groups_at(self, sites: Collection[str] | None) -> list[Person]:
        """The enabled groups of any of these sites (None: of every site), by name. May touch the database."""


class Step(msgspec.Struct, frozen=True):
    """One act in a batch: its name and data, when it was stored, and the kind of who did it."""

    name: str
    data: dict[str, Any]
    at_ms: int
    by: str = "system"


class Moved(msgspec.Struct, frozen=True):
    """A conversation that persistence has just moved on. `acted`: an act changed `state`; `visitor_seq`,
    `human_seq`: the last message of the visitor and the last word or act of an agent; `began`: it now holds
    its first visitor's message. `acts`: names of the acts in this batch, in order; `steps`: the same with
    their data. `replied_at`: when an agent's first message in this batch was stored, None without one;
    `waiting_since`: since when the visitor has no answer now, None when nobody waits. Times in ms.
    """

    state: State
    acted: bool
    began: bool
    acts: tuple[str, ...]
    visitor_seq: int
    human_seq: int
    last_at: int
    steps: tuple[Step, ...] = ()
    replied_at: int | None = None
    waiting_since: int | None = None


class Follower(Protocol):
    """Writes projections of its own in the transaction that persists the log. Implemented by
    `agents.routing.follow`.
    """

    def follow(self, moved: Sequence[Moved]) -> None:
        """Take in a batch, inside persistence's transaction, of which no trace is left when it raises. May
        see a batch again and must then change nothing. `DatabaseError` makes persistence try the whole batch
        again; any other exception is logged and counted, and the rows stay as they were.
        """

    def committed(self, moved: Sequence[Moved]) -> None:
        """The transaction is durable: nudge whoever works on it. Must not block."""


class Place(msgspec.Struct, frozen=True):
    """A waiting conversation's place in its queue, from 1, and the expected wait in seconds."""

    position: int
    eta_s: int | None


class Reception(Protocol):
    """Whether somebody is there, and how long it takes. Implemented by `agents.routing.reception`."""

    def places(self, conversations: Sequence[str]) -> dict[str, Place]:
        """The places of those that wait. May touch the database."""

    def open_for(self, site: str) -> Openness:
        """What a visitor of the site finds now. May touch the database; answers are at most 2 s old."""


class Openness(msgspec.Struct, frozen=True):
    """What a visitor finds: `online` somebody is there and open; `state`: online, away (open, nobody there),
    closed (outside hours), full (the queue is as long as it may be). `opens_at`: ms, when it opens next.
    """

    online: bool
    state: str
    opens_at: int | None = None


class Attendance(Protocol):
    """Who is connected. Implemented by `agents.presence`."""

    def hold(self, process: str, connections: Mapping[str, str]) -> None:
        """Connections of agents that this process serves now: {session key: agent id}; all of them, each
        time. Called in a thread at every change and every third of a heartbeat; touches the database.
        """


class Bot(Protocol):
    """The machine that answers first. Implemented by `bot.sites`."""

    def answers(self, site: str) -> bool:
        """Whether new conversations of the site begin with it. May touch the database; at most 2 s old."""

    def quick_questions(self, site: str, locale: str) -> tuple[str, ...]:
        """What it offers a visitor of the site to ask at the beginning, in the visitor's language where the
        site has some in it. May touch the database.
        """


_bot: Bot | None = None
_roster: Roster | None = None
_followers: list[Follower] = []
_reception: Reception | None = None
_attendance: Attendance | None = None


def register_roster(roster: Roster) -> None:
    """Fill the port; called once by the agents app."""
    global _roster
    _roster = roster


def roster() -> Roster:
    """The registered roster. Raises `RuntimeError` when the agents app is not installed."""
    if _roster is None:
        raise RuntimeError("no roster registered: is the agents app in INSTALLED_APPS?")
    return _roster


def register_follower(follower: Follower) -> None:
    """Have persistence tell `follower` what moved."""
    if follower not in _followers:
        _followers.append(follower)


def followers() -> tuple[Follower, ...]:
    """Everybody who follows persistence, in the order of registering."""
    return tuple(_followers)


def register_reception(reception: Reception) -> None:
    """Fill the port; called once by the agents app."""
    global _reception
    _reception = reception


def reception() -> Reception | None:
    """The registered reception, None without routing."""
    return _reception


def register_attendance(attendance: Attendance) -> None:
    """Fill the port; called once by the agents app."""
    global _attendance
    _attendance = attendance


def attendance() -> Attendance | None:
    """The registered attendance, None when nobody asks who is connected."""
    return _attendance


def register_bot(bot: Bot) -> None:
    """Fill the port; called once by the bot app."""
    global _bot
    _bot = bot


def bot_answers(site: str) -> bool:
    """Whether a bot answers at the site. May touch the database."""
    return _bot is not None and _bot.answers(site)


def quick_questions(site: str, locale: str) -> tuple[str, ...]:
    """What the site's bot offers to ask at the beginning; `locale`: the visitor's, "" when it is not known.
    May touch the database.
    """
    return () if _bot is None else _bot.quick_questions(site, locale)
