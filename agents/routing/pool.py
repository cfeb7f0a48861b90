"""The agents of a drain, kept ready to be chosen from: 2,000 of them in well under a millisecond. Pure.

Two things are prepared. A crowd holds those of one site and group who are here and speak the language, by
skill; it lasts until somebody's presence, skills or groups change. A lane is a heap of those who have a seat
for conversations with the same wants, in a strategy's order; it catches up with the seats taken and freed
since it was last asked, and an entry is stale once a newer one of its agent was made. So a choice looks
at the top of a heap and not at every agent. The outcome is that of asking and sorting them all.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from agents.routing.eligibility import concerns, seatless, unfit
from agents.routing.strategies.base import Key, Strategy
from agents.routing.terms import Candidate, Policy, Waiter, Wants

#: Entries of all lanes together, beyond which the lane that was not used for longest is forgotten: some 4 MB.
#: Filling a lane anew costs 0.3 ms for 400 agents; the collector of cycles walking 200,000 entries stopped a
#: choice for 20 to 35 ms once in a thousand, and p99 was 1.03 instead of 0.71 ms.
MAX_ENTRIES: Final = 20_000

#: Where a candidate stands (`Key`), their id, the entry's number. Only such plain things, and no candidate:
#: tuples of them are nothing to the collector of cycles, which otherwise stops a drain for 100 ms and more.
_Entry = tuple[Any, ...]
_LaneKey = tuple[Wants, str, tuple[tuple[str, int], ...]]


class Crowd:
    """Those of a site and group who are here and speak the language, and why the others are not in it."""

    def __init__(self, wants: Wants, candidates: Iterable[Candidate]) -> None:
        plain = msgspec.structs.replace(wants, skills=())
        self.members: set[str] = set()
        self.by_skill: dict[str, set[str]] = {}
        self.barred: Counter[str] = Counter()
        for each in candidates:
            if not concerns(plain, each):
                continue
            reason = unfit(plain, each)
            if reason is not None:
                self.barred[reason] += 1
                continue
            self.members.add(each.id)
            for skill, level in each.skills.items():
                if level > 0:
                    self.by_skill.setdefault(skill, set()).add(each.id)

    def with_one_of(self, skills: tuple[str, ...]) -> set[str]:
        """Members who have at least one of the skills; all of them when none is wanted. Not to be changed."""
        if not skills:
            return self.members
        if len(skills) == 1:
            return self.by_skill.get(skills[0], set())
        return set().union(*(self.by_skill.get(skill, ()) for skill in skills))


class Lane:
    """Those who can take what is wanted, the best first."""

    def __init__(self, pool: Pool, crowd: Crowd, wants: Wants, key: Callable[[Candidate], Key]) -> None:
        self._pool, self._channel, self._key = pool, wants.channel, key
        self._able = crowd.with_one_of(wants.skills)
        self._barred = crowd.barred.copy()
        if len(self._able) < len(crowd.members):
            self._barred["skills"] = len(crowd.members) - len(self._able)
        self._fill()

    def __len__(self) -> int:
        return len(self._able)

    def _fill(self) -> None:
        """Ask everybody anew."""
        self._seatless: dict[str, str] = {}  # agent id → why there is no seat
        self._newest: dict[str, int] = {}  # agent id → number of the entry that holds, if it is not 0
        self._heap: list[_Entry] = []
        self._number = 0
        self._seen = len(self._pool.changes)
        channel, key, now, add = self._channel, self._key, self._pool.now, self._heap.append
        for agent in self._able:
            candidate = now[agent]
            # The common case without a call: there is a seat, and no channel has a limit of its own.
            if candidate.used < candidate.capacity and not candidate.channel_capacity:
                add((*key(candidate), agent, 0))
                continue
            reason = seatless(channel, candidate)
            if reason is None:
                add((*key(candidate), agent, 0))
            else:
                self._seatless[agent] = reason
        heapq.heapify(self._heap)

    def _catch_up(self) -> None:
        """Put those who changed since the last time where they stand now."""
        changes = self._pool.changes
        if self._seen == len(changes):
            return
        changed = self._able.intersection(changes[self._seen :])
        if len(changed) > len(self._able) // 4 + 1 or len(self._heap) > 2 * len(self._able) + 64:
            self._fill()
            return
        self._seen = len(changes)
        for agent in changed:
            candidate = self._pool.now[agent]
            self._number += 1
            self._newest[agent] = self._number
            reason = seatless(self._channel, candidate)
            if reason is None:
                self._seatless.pop(agent, None)
                heapq.heappush(self._heap, (*self._key(candidate), agent, self._number))
            else:
                self._seatless[agent] = reason

    def best(self, waiter: Waiter, wanted: int) -> list[Candidate]:
        """The first `wanted` of those who may take it, best first."""
        self._catch_up()
        heap, refused, newest = self._heap, waiter.refused, self._newest.get
        while heap and newest(heap[0][-2], 0) != heap[0][-1]:
            heapq.heappop(heap)
        found: list[Candidate] = []
        # A walk down the heap, best first: below every entry are only worse ones.
        size = len(heap)
        border: list[tuple[_Entry, int]] = [(heap[0], 0)] if heap else []
        while border and len(found) < wanted:
            entry, place = border[0]
            agent = entry[-2]
            if newest(agent, 0) == entry[-1] and agent not in refused:
                found.append(self._pool.now[agent])
            below = 2 * place + 1
            if below < size:
                heapq.heapreplace(border, (heap[below], below))
                if below + 1 < size:
                    heapq.heappush(border, (heap[below + 1], below + 1))
            else:
                heapq.heappop(border)
        return found

    def excluded(self, waiter: Waiter) -> dict[str, int]:
        """How many each reason left out; call after `best`."""
        counts = self._barred + Counter(self._seatless.values())
        for agent in waiter.refused & self._able:
            counts["refused"] += 1
            if agent in self._seatless:
                counts[self._seatless[agent]] -= 1
        return {reason: count for reason, count in counts.items() if count > 0}


class Pool:
    """Agents by id, and what was prepared to choose among them. Not safe for several threads at once."""

    def __init__(self, candidates: Iterable[Candidate] = ()) -> None:
        #: Agents by id as they stand now. To be read only; `put`, `take` and their like change it.
        self.now: dict[str, Candidate] = {each.id: each for each in candidates}
        self._crowds: dict[tuple[str, str | None, str], Crowd] = {}
        self._lanes: dict[_LaneKey, Lane] = {}
        self._entries = 0
        #: Ids of those whose seats changed, in order; lanes remember how far they have read.
        self.changes: list[str] = []

    def __len__(self) -> int:
        return len(self.now)

    def __getitem__(self, agent: str) -> Candidate:
        """The agent as they stand now. Raises `KeyError` for a stranger."""
        return self.now[agent]

    def get(self, agent: str) -> Candidate | None:
        """The agent as they stand now, or None."""
        return self.now.get(agent)

    def put(self, candidate: Candidate) -> None:
        """Add an agent, or replace what is known of them."""
        before = self.now.get(candidate.id)
        self.now[candidate.id] = candidate
        if before is None or _lasting(before) != _lasting(candidate):
            self._forget()
        elif before is not candidate:
            self._changed(candidate.id)

    def drop(self, agent: str) -> None:
        """Forget an agent; nothing happens when they are not known."""
        if self.now.pop(agent, None) is not None:
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
                crowd = self._crowds[group] = Crowd(wants, self.now.values())
            lane = Lane(self, crowd, wants, strategy.key(wants, policy))
            self._entries += len(lane)
            while self._entries > MAX_ENTRIES and self._lanes:
                self._entries -= len(self._lanes.pop(next(iter(self._lanes))))
        self._lanes[name] = lane
        return lane

    def _seat(self, agent: str, channel: str, step: int, served_ms: int | None) -> Candidate:
        before = self.now[agent]
        used = dict(before.channel_used)
        used[channel] = max(0, used.get(channel, 0) + step)
        after = msgspec.structs.replace(
            before,
            used=max(0, before.used + step),
            channel_used=used,
            served_ms=before.served_ms if served_ms is None else served_ms,
        )
        self.now[agent] = after
        self._changed(agent)
        return after

    def _changed(self, agent: str) -> None:
        self.changes.append(agent)
        if len(self.changes) > 4 * len(self.now) + 1024:
            self._forget_lanes()

    def _forget(self) -> None:
        self._crowds.clear()
        self._forget_lanes()

    def _forget_lanes(self) -> None:
        self._lanes.clear()
        self._entries = 0
        self.changes.clear()


def _lasting(candidate: Candidate) -> tuple[object, ...]:
    """What a crowd was built from."""
    return (
        candidate.availability, candidate.sites, candidate.groups, candidate.skills, candidate.languages,
    )  # fmt: skip
