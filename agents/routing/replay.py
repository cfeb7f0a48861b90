"""What would have happened: a discrete-event simulation of routing over recorded or invented visitors. Pure.

It uses the same `choose` and the same order of the queue as the drain: whenever somebody comes, a seat frees
or an agent arrives, waiters are asked in rank order until nobody can take any of those left. It leaves out
timeouts, refusals, transfers and overflow; agents react at once; whoever goes keeps what they have.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any, Final

import msgspec

from agents.routing.choose import choose
from agents.routing.eta import mean, percentile
from agents.routing.fairness import jain
from agents.routing.order import rank_ms
from agents.routing.pool import Pool
from agents.routing.terms import Candidate, Policy, Waiter, Wants

HOUR_MS: Final = 3_600_000


class Arrival(msgspec.Struct, frozen=True):
    """Somebody who asks for a person at `at_ms` and keeps whoever gets them for `service_ms`. `visitor`
    tells who comes back; `sticky_agent`: who had them last before the first arrival told of here.
    """

    conversation: str
    at_ms: int
    service_ms: int
    wants: Wants
    priority: int = 0
    visitor: str = ""
    sticky_agent: str | None = None


class Shift(msgspec.Struct, frozen=True):
    """From when until when an agent is there for new conversations."""

    agent: str
    from_ms: int
    until_ms: int


class Held(msgspec.Struct, frozen=True):
    """A conversation that was an agent's whatever routing says: accepted by hand, or handed on."""

    agent: str
    channel: str
    from_ms: int
    until_ms: int


class Served(msgspec.Struct, frozen=True):
    """Who got a conversation, and when."""

    conversation: str
    agent: str
    at_ms: int
    waited_ms: int
    service_ms: int


class Load(msgspec.Struct, frozen=True):
    """What one agent had: conversations given by routing, their time, and how many there were for each hour
    of each seat while they were there.
    """

    agent: str
    name: str
    conversations: int
    busy_s: float
    per_seat_hour: float


class Summary(msgspec.Struct, frozen=True):
    """Waits in seconds, loads, and how evenly conversations were spread over hours of seats (Jain)."""

    served: int
    unserved: int
    mean_s: float
    p50_s: float
    p95_s: float
    max_s: float
    jain: float
    loads: tuple[Load, ...]


_END, _COME, _GO, _ASK = range(
    4
)  # at one moment seats free first, then people come and go, then visitors ask


def simulate(
    arrivals: Iterable[Arrival],
    agents: Sequence[Candidate],
    policy_of: Callable[[Wants], Policy],
    shifts: Iterable[Shift] | None = None,
    held: Iterable[Held] = (),
) -> list[Served]:
    """Who is served by whom and when, in that order; those nobody could serve are missing. `agents` are as
    at the beginning; without `shifts` they are all there as their availability says, else only in their
    shifts.
    """
    return _Simulation(agents, policy_of, shifts).run(arrivals, held)


class _Simulation:
    def __init__(
        self,
        agents: Sequence[Candidate],
        policy_of: Callable[[Wants], Policy],
        shifts: Iterable[Shift] | None,
    ) -> None:
        away = shifts is not None
        self._pool = Pool(
            msgspec.structs.replace(each, availability="offline") if away else each for each in agents
        )
        self._policy_of = policy_of
        self._events: list[tuple[int, int, int, Any]] = []
        self._numbers = count()
        self._queues: defaultdict[Wants, list[tuple[int, int, Arrival]]] = defaultdict(list)
        self._last: dict[str, str] = {}  # visitor → who had them last
        self._present: Counter[str] = Counter()
        self._served: list[Served] = []
        for shift in shifts or ():
            if shift.agent in self._pool.now and shift.until_ms > shift.from_ms:
                self._add(shift.from_ms, _COME, shift.agent)
                self._add(shift.until_ms, _GO, shift.agent)

    def run(self, arrivals: Iterable[Arrival], held: Iterable[Held]) -> list[Served]:
        for arrival in arrivals:
            self._add(arrival.at_ms, _ASK, arrival)
        for each in held:
            if each.agent in self._pool.now:
                self._add(each.from_ms, _ASK, each)
        while self._events:
            at_ms = self._events[0][0]
            while self._events and self._events[0][0] == at_ms:
                _, kind, _, what = heapq.heappop(self._events)
                self._happen(at_ms, kind, what)
            self._drain(at_ms)
        return self._served

    def _add(self, at_ms: int, kind: int, what: Any) -> None:
        heapq.heappush(self._events, (at_ms, kind, next(self._numbers), what))

    def _happen(self, at_ms: int, kind: int, what: Any) -> None:
        if kind == _END:
            agent, channel = what
            self._pool.release(agent, channel)
        elif kind in (_COME, _GO):
            # Shifts may overlap: somebody is there while any of theirs lasts.
            self._present[what] += 1 if kind == _COME else -1
            here = "online" if self._present[what] > 0 else "offline"
            self._pool.put(msgspec.structs.replace(self._pool[what], availability=here))
        elif isinstance(what, Held):
            before = self._pool[what.agent].served_ms
            self._pool.take(what.agent, what.channel, before)  # a turn is what routing gives
            self._add(max(what.until_ms, at_ms), _END, (what.agent, what.channel))
        else:
            rank = rank_ms(what.at_ms, what.priority)
            heapq.heappush(self._queues[what.wants], (rank, next(self._numbers), what))

    def _drain(self, at_ms: int) -> None:
        """The queue's heads by rank; wants that nobody can take are not asked for again this time."""
        heads = [(queue[0][:2], wants) for wants, queue in self._queues.items()]
        heads.sort(key=lambda head: head[0])
        borders = [(rank, number, wants) for number, (rank, wants) in enumerate(heads)]
        while borders:
            _, number, wants = heapq.heappop(borders)
            queue = self._queues[wants]
            if not self._serve(queue[0][2], at_ms):
                continue
            heapq.heappop(queue)
            if queue:
                heapq.heappush(borders, (queue[0][:2], number, wants))
            else:
                del self._queues[wants]

    def _serve(self, arrival: Arrival, at_ms: int) -> bool:
        sticky = self._last.get(arrival.visitor, arrival.sticky_agent)
        waiter = Waiter(arrival.conversation, arrival.wants, arrival.priority, arrival.at_ms, sticky)
        policy = msgspec.structs.replace(self._policy_of(arrival.wants), explained=0)
        agent = choose(waiter, self._pool, policy, at_ms).agent
        if agent is None:
            return False
        channel = arrival.wants.channel
        self._pool.take(agent.id, channel, at_ms)
        if arrival.visitor:
            self._last[arrival.visitor] = agent.id
        service = max(0, arrival.service_ms)
        self._add(at_ms + service, _END, (agent.id, channel))
        waited = at_ms - arrival.at_ms
        self._served.append(Served(arrival.conversation, agent.id, at_ms, waited, service))
        return True


def summarize(
    served: Sequence[Served],
    asked: int,
    agents: Sequence[Candidate],
    shifts: Iterable[Shift] | None = None,
) -> Summary:
    """Waits and loads of `served`, out of `asked` arrivals. Loads are told of every agent who was there;
    without `shifts` that is everybody, from the first conversation to the last one's end.
    """
    conversations = Counter(each.agent for each in served)
    busy_ms: Counter[str] = Counter()
    for each in served:
        busy_ms[each.agent] += each.service_ms
    there_ms: Counter[str] = Counter()
    if shifts is None:
        first = min((each.at_ms for each in served), default=0)
        last = max((each.at_ms + each.service_ms for each in served), default=0)
        there_ms.update({each.id: last - first for each in agents if each.availability == "online"})
    else:
        for name, from_ms, until_ms in merged(shifts):
            there_ms[name] += until_ms - from_ms
    loads = []
    for agent in sorted(agents, key=lambda each: (each.name, each.id)):
        hours = agent.capacity * there_ms[agent.id] / HOUR_MS
        if hours or conversations[agent.id]:
            rate = conversations[agent.id] / hours if hours else 0.0
            busy_s = busy_ms[agent.id] / 1000
            loads.append(Load(agent.id, agent.name, conversations[agent.id], busy_s, rate))
    waits = [each.waited_ms / 1000 for each in served]
    return Summary(
        len(served), asked - len(served),
        mean(waits), percentile(waits, 0.5), percentile(waits, 0.95), max(waits, default=0.0),
        jain([each.per_seat_hour for each in loads]), tuple(loads),
    )  # fmt: skip


def merged(shifts: Iterable[Shift], gap_ms: int = 0) -> list[tuple[str, int, int]]:
    """(agent, from, until) of shifts, those that overlap or lie within `gap_ms` joined."""
    found: list[tuple[str, int, int]] = []
    for shift in sorted(shifts, key=lambda each: (each.agent, each.from_ms)):
        if found and found[-1][0] == shift.agent and shift.from_ms <= found[-1][2] + gap_ms:
            found[-1] = (shift.agent, found[-1][1], max(found[-1][2], shift.until_ms))
        else:
            found.append((shift.agent, shift.from_ms, shift.until_ms))
    return found
