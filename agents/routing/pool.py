"""The agents of a drain, kept ready to be chosen from: 2,000 of them in well under a millisecond. Pure.

Two things are prepared. A crowd holds those of one site and group who are here and speak the language, by
skill; it lasts until somebody's presence, skills or groups change. A lane is a heap of those who have a seat
for conversations with the same wants, in a strategy's order; it catches up with the seats taken and freed
since it was last asked, and an entry is stale once its candidate is no longer the pool's. So a choice looks
at the top of a heap and not at every agent. The outcome is that of asking and sorting them all.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from agents.routing.eligibility import concerns, seatless, unfit
from agents.routing.strategies.base import Key, Strategy
from agents.routing.terms import Candidate, Policy, Waiter, Wants

#: Lanes kept at once, by the last use. One weighs some 250 bytes an agent in it.
MAX_LANES: Final = 256

#: Where a candidate stands, their id, a serial number (so that candidates are never compared), who.
_Entry = tuple[Key, str, int, Candidate]
_LaneKey = tuple[Wants, str, tuple[tuple[str, int], ...]]


class Crowd:
    """Those of a site and group who are here and speak the language, and why the others are not in it."""

    def __init__(self, wants: Wants, candidates: Iterable[Candidate]) -> None:
        plain = msgspec.structs.replace(wants, skills=())
        self.members: list[str] = []
        self.by_skill: dict[str, list[str]] = {}
        self.barred: Counter[str] = Counter()
        for each in candidates:
            if not concerns(plain, each):
                continue
            reason = unfit(plain, each)
            if reason is not None:
                self.barred[reason] += 1
                continue
            self.members.append(each.id)
            for skill, level in each.skills.items():
                if level > 0:
                    self.by_skill.setdefault(skill, []).append(each.id)

    def with_one_of(self, skills: tuple[str, ...]) -> list[str]:
        """Members who have at least one of the skills; all of them when none is wanted."""
        if not skills:
            return self.members
        if len(skills) == 1:
            return self.by_skill.get(skills[0], [])
        return list(dict.fromkeys(each for skill in skills for each in self.by_skill.get(skill, ())))


class Lane:
    """Those who can take what is wanted, the best first."""

    def __init__(self, pool: Pool, crowd: Crowd, wants: Wants, key: Callable[[Candidate], Key]) -> None:
        self._pool, self._channel, self._key = pool, wants.channel, key
        able = crowd.with_one_of(wants.skills)
        self._barred = crowd.barred.copy()
        if len(able) < len(crowd.members):
            self._barred["skills"] = len(crowd.members) - len(able)
        self._seats: dict[str, str | None] = dict.fromkeys(able)  # agent id → why there is no seat
        self._seatless: Counter[str] = Counter()
        self._heap: list[_Entry] = []
        self._serial = 0
        self._seen = 0
        self._fill()

    def _fill(self) -> None:
        """Ask everybody anew."""
        self._seatless.clear()
        self._heap = []
        channel, key, seats = self._channel, self._key, self._seats
        for agent in seats:
            candidate = self._pool[agent]
            reason = seats[agent] = seatless(channel, candidate)
            if reason is None:
                self._heap.append((key(candidate), agent, 0, candidate))
            else:
                self._seatless[reason] += 1
        heapq.heapify(self._heap)
        self._seen = len(self._pool.changes)

    def _catch_up(self) -> None:
        """Put those who changed since the last time where they stand now."""
        changes = self._pool.changes
        if self._seen == len(changes):
            return
        fresh = changes[self._seen :]
        if len(fresh) > len(self._seats) or len(self._heap) > 2 * len(self._seats) + 64:
            self._fill()
            return
        self._seen = len(changes)
        for agent in set(fresh) & self._seats.keys():
            candidate = self._pool[agent]
            before, reason = self._seats[agent], seatless(self._channel, candidate)
            if before is not None:
                self._seatless[before] -= 1
            if reason is not None:
                self._seatless[reason] += 1
            else:
                self._serial += 1
                heapq.heappush(self._heap, (self._key(candidate), agent, self._serial, candidate))
            self._seats[agent] = reason

    def best(self, waiter: Waiter, wanted: int) -> list[Candidate]:
        """The first `wanted` of those who may take it, best first."""
        self._catch_up()
        heap, pool, seats, refused = self._heap, self._pool, self._seats, waiter.refused
        while heap and pool[heap[0][1]] is not heap[0][3]:
            heapq.heappop(heap)
        found: dict[str, Candidate] = {}
        # A walk down the heap, best first: below every entry are only worse ones.
        border: list[tuple[_Entry, int]] = [(heap[0], 0)] if heap else []
        size = len(heap)
        while border and len(found) < wanted:
            (_, agent, _, candidate), place = heapq.heappop(border)
            if seats[agent] is None and agent not in refused and pool[agent] is candidate:
                found[agent] = candidate
            for below in (2 * place + 1, 2 * place + 2):
                if below < size:
                    heapq.heappush(border, (heap[below], below))
        return list(found.values())

    def excluded(self, waiter: Waiter) -> dict[str, int]:
        """How many each reason left out; call after `best`."""
        counts = self._barred + self._seatless
        for agent in waiter.refused:
            if agent in self._seats:
                counts["refused"] += 1
                reason = self._seats[agent]
                if reason is not None:
                    counts[reason] -= 1
        return {reason: count for reason, count in counts.items() if count > 0}


class Pool:
    """Agents by id, and what was prepared to choose among them. Not safe for several threads at once."""

    def __init__(self, candidates: Iterable[Candidate] = ()) -> None:
        self._candidates: dict[str, Candidate] = {each.id: each for each in candidates}
        self._crowds: dict[tuple[str, str | None, str], Crowd] = {}
        self._lanes: dict[_LaneKey, Lane] = {}
        #: Ids of those whose seats changed, in order; lanes remember how far they have read.
        self.changes: list[str] = []

    def __len__(self) -> int:
        return len(self._candidates)

    def __getitem__(self, agent: str) -> Candidate:
        """The agent as they stand now. Raises `KeyError` for a stranger."""
        return self._candidates[agent]

    def get(self, agent: str) -> Candidate | None:
        """The agent as they stand now, or None."""
        return self._candidates.get(agent)

    def put(self, candidate: Candidate) -> None:
        """Add an agent, or replace what is known of them."""
        before = self._candidates.get(candidate.id)
        self._candidates[candidate.id] = candidate
        if before is None or _lasting(before) != _lasting(candidate):
            self._forget()
        elif before is not candidate:
            self._changed(candidate.id)

    def drop(self, agent: str) -> None:
        """Forget an agent; nothing happens when they are not known."""
        if self._candidates.pop(agent, None) is not None:
            self._forget()

    def take(self, agent: str, channel: str, now_ms: int) -> Candidate:
        """One more seat taken now, whatever the capacity. Raises `KeyError` for a stranger."""
        return self._seat(agent, channel, 1, now_ms)

    def release(self, agent: str, channel: str) -> Candidate:
        """One seat less. Raises `KeyError` for a stranger; never below zero."""
        return self._seat(agent, channel, -1, None)

    def lane(self, wants: Wants, strategy: Strategy, policy: Policy) -> Lane:
        """Those who can take what is wanted, in that strategy's order."""
        name = (wants, strategy.name, tuple(policy.weights.items()))
        lane = self._lanes.pop(name, None)
        if lane is None:
            group = (wants.site, wants.group, wants.language)
            crowd = self._crowds.get(group)
            if crowd is None:
                crowd = self._crowds[group] = Crowd(wants, self._candidates.values())
            lane = Lane(self, crowd, wants, strategy.key(wants, policy))
            while len(self._lanes) >= MAX_LANES:
                del self._lanes[next(iter(self._lanes))]
        self._lanes[name] = lane
        return lane

    def _seat(self, agent: str, channel: str, step: int, served_ms: int | None) -> Candidate:
        before = self._candidates[agent]
        used = dict(before.channel_used)
        used[channel] = max(0, used.get(channel, 0) + step)
        after = msgspec.structs.replace(
            before,
            used=max(0, before.used + step),
            channel_used=used,
            served_ms=before.served_ms if served_ms is None else served_ms,
        )
        self._candidates[agent] = after
        self._changed(agent)
        return after

    def _changed(self, agent: str) -> None:
        self.changes.append(agent)
        if len(self.changes) > 4 * len(self._candidates) + 1024:
            self._lanes.clear()
            self.changes.clear()

    def _forget(self) -> None:
        self._crowds.clear()
        self._lanes.clear()
        self.changes.clear()


def _lasting(candidate: Candidate) -> tuple[object, ...]:
    """What a crowd was built from."""
    return (
        candidate.availability, candidate.sites, candidate.groups, candidate.skills, candidate.languages,
    )  # fmt: skip
