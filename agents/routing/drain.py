"""Emptying the queue, step by step: pick waiters by rank, choose, reserve seats, post the assignments.

A step is one transaction. It looks at no more rows than it takes (`queue.take_next`) and at the tops of the
agents' heaps (`pool.Lane`), so its cost does not grow with the queue. Nobody is asked twice in a drain for
wants that nobody can take. Several routers at once are safe: rows are locked or passed over, and a seat is
only taken after a look under the lock.
"""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import msgspec
from django.db import DatabaseError, InterfaceError, transaction

from agents.metrics import ASSIGNMENTS, DECISIONS, STEP_SECONDS
from agents.models import Decision, Waiting
from agents.routing import acts, bulk, queue, seats
from agents.routing.choose import choose
from agents.routing.crew import Crew
from agents.routing.explain import candidates_of
from agents.routing.hours import is_open
from agents.routing.placing import AT_ONCE, asked_for, place_some
from agents.routing.policies import Desk, Policies, policies
from agents.routing.terms import Choice
from agents.routing.told import Told
from chat.models import new_uuid
from chat.protocol.commands import Assign, Queue
from chat.protocol.entry import Person, now_ms

STEP_ROWS: Final = 24
"""Waiters a step takes: at 2,000 agents a choice with its explanation costs 0.1 to 0.3 ms, an assignment's
rows as much again; a step's five statements cost some 3 ms however many they are."""
STEP_BUDGET_S: Final = 0.015
"""Seconds of processor time after which a step stops choosing and writes what it has; half of what a step may
take. Not by the clock: a busy machine would make steps small, and small steps cost more."""
WANTS_AT_ONCE: Final = 64
RELIST_STEPS: Final = 8
"""After so many steps a drain looks what wants there are now, and who of each waits longest."""
MOST_TRIES: Final = 3
"""How often a waiter may lose the seat chosen for it before the next drain is left to try."""
REFUSED_ANEW_MS: Final = 60_000
"""Who waited a minute in this queue may be offered again to those who refused: better than nobody."""


class Outcome(msgspec.Struct):
    """What a drain did."""

    placed: int = 0
    assigned: int = 0
    steps: int = 0


class Drain:
    """One drain: what it has found out so far. Call `run` once."""

    def __init__(self, crew: Crew, assigning: bool, told: Told | None = None) -> None:
        self._crew, self._assigning = crew, assigning
        self._told = Told() if told is None else told
        self._policies: Policies = policies()
        self._untold: dict[str, str] = {}  # conversation → group the log does not know yet
        self._skip: set[str] = set()
        self._outran: Counter[str] = Counter()
        self._exhausted: set[str] = set()
        self._is_fresh = self._look_anew = self._is_cut = False
        self.outcome = Outcome()

    def run(self) -> Outcome:
        """Place what is new, then assign until nobody waits whom somebody could take.

        Raises `DatabaseError` when the database is in trouble: everything committed stands.
        """
        while True:
            count, placed = place_some(self._policies, now_ms())
            self._untold |= {each.conversation: each.group for each in placed if each.group}
            self.outcome.placed += count
            if count < AT_ONCE:
                break
        if self._assigning:
            self._assign()
        self._tell_groups()
        return self.outcome

    def _assign(self) -> None:
        """Steps until nobody waits whom somebody could take."""
        heads: list[str] = []
        while True:
            if self.outcome.steps % RELIST_STEPS == 0:
                heads = [wants for _, wants in queue.distinct_wants()]
            some = [wants for wants in heads if wants not in self._exhausted][:WANTS_AT_ONCE]
            if not some:
                return
            if not self._step(some):
                self._exhausted.update(some)  # who comes to wait now has a nudge of their own

    def _step(self, wants: list[str]) -> bool:
        """One transaction, and the posting after it; whether others with these wants may be left."""
        now = now_ms()
        self._crew.refresh(now, force=self._look_anew)
        self._is_fresh, self._look_anew = self._is_fresh or self._look_anew, False
        self._is_cut = False
        begun = time.perf_counter()
        try:
            with transaction.atomic():
                rows = queue.take_next(wants, self._skip, STEP_ROWS)
                chosen, nobody = self._choose(rows, now)
                commands = self._reserve(chosen, now)
                self._explain_nobody(nobody, now)
        except (DatabaseError, InterfaceError):
            self._crew.stale()
            self._told.forget()
            raise
        STEP_SECONDS.observe(time.perf_counter() - begun)
        self.outcome.steps += 1
        if commands:
            assigned = acts.assign(commands)
            if assigned < len(commands):
                self._crew.stale()
                self._skip |= {command.conversation for command in commands}
            for command in commands:
                self._untold.pop(command.conversation, None)
            self.outcome.assigned += assigned
            ASSIGNMENTS.inc(assigned)
        return len(rows) == STEP_ROWS or self._is_cut or len(commands) < len(chosen)

    def _choose(
        self, rows: list[Waiting], now: int
    ) -> tuple[list[tuple[Waiting, Choice]], list[tuple[Waiting, Choice | None]]]:
        chosen: list[tuple[Waiting, Choice]] = []
        nobody: list[tuple[Waiting, Choice | None]] = []
        pool = self._crew.pool
        begun = time.thread_time()
        for row in rows:
            if row.wants in self._exhausted:
                continue
            desk = self._desk(row)
            if not is_open(desk.hours, _datetime(now)):
                self._exhausted.add(row.wants)
                nobody.append((row, None))
                continue
            if row.refused and now - row.entered_ms > REFUSED_ANEW_MS:
                row.refused = []
            choice = choose(queue.waiter_of(row), pool, desk.policy, now)
            if choice.agent is None and not self._is_fresh:
                # What is known of the agents may be half a second old: nobody is told that there is nobody
                # before a look. Not now, for seats chosen in this step are not in the database yet.
                self._look_anew = self._is_cut = True
                break
            if choice.agent is None:
                nobody.append((row, choice))
                if row.refused:
                    self._skip.add(str(row.conversation))  # others with the same wants may find somebody
                else:
                    self._exhausted.add(row.wants)
            else:
                pool.take(choice.agent.id, row.channel, now)
                chosen.append((row, choice))
            if time.thread_time() - begun > STEP_BUDGET_S:
                self._is_cut = True
                break
        return chosen, nobody

    def _reserve(self, chosen: list[tuple[Waiting, Choice]], now: int) -> list[Assign]:
        """Seats, decisions, and out of the queue; the acts to post once that is committed."""
        if not chosen:
            return []
        ids = [new_uuid() for _ in chosen]
        wanted = [
            _reservation(row, choice, str(decision))
            for (row, choice), decision in zip(chosen, ids, strict=True)
        ]
        claimed, taken = seats.claim(wanted, now)
        got = {str(seat.conversation) for seat in claimed}
        kept = [
            (row, choice, self._decision(row, choice, now, decision))
            for (row, choice), decision in zip(chosen, ids, strict=True)
            if str(row.conversation) in got
        ]
        if len(kept) < len(chosen):
            self._outrun([choice for _, choice in chosen], taken, [row for row, _ in chosen], got)
        bulk.run(
            [
                *seats.taking(claimed, now),
                *bulk.deleting(Waiting, [row.pk for row, _, _ in kept]),
                *bulk.inserting([decision for _, _, decision in kept]),
            ]
        )
        self._told.forget(got)
        for _, choice, _ in kept:
            DECISIONS.labels(reason=choice.reason).inc()
        return [self._act(row, choice, decision) for row, choice, decision in kept]

    def _outrun(
        self, choices: list[Choice], taken: dict[str, int], rows: list[Waiting], got: set[str]
    ) -> None:
        """Another router, or a person, was faster: take over what the lock showed, and try those again."""
        self._crew.correct({choice.agent.id for choice in choices if choice.agent is not None}, taken)
        for row in rows:
            conversation = str(row.conversation)
            if conversation in got:
                continue
            self._outran[conversation] += 1
            if self._outran[conversation] > 1:
                self._crew.stale()
            if self._outran[conversation] > MOST_TRIES:
                self._skip.add(conversation)

    def _act(self, row: Waiting, choice: Choice, decision: Decision) -> Assign:
        assert choice.agent is not None
        group = self._policies.groups.get(str(row.group_id)) if row.group_id else None
        return Assign(
            str(row.conversation),
            Person(choice.agent.id, choice.agent.name),
            group.group if group is not None else None,
            str(decision.pk),
        )

    def _explain_nobody(self, nobody: list[tuple[Waiting, Choice | None]], now: int) -> None:
        """A decision for who was looked at in vain, unless their last one says the same already."""
        if not nobody:
            return
        reasons = {row.conversation: _reason(choice) for row, choice in nobody}
        news = self._told.news({str(conversation): reason for conversation, reason in reasons.items()})
        made = [
            self._decision(row, choice, now, new_uuid())
            for row, choice in nobody
            if str(row.conversation) in news
        ]
        bulk.insert(made)
        for decision in made:
            DECISIONS.labels(reason=decision.reason).inc()

    def _desk(self, row: Waiting) -> Desk:
        return self._policies.desk(str(row.site_id), str(row.group_id) if row.group_id else None)

    def _decision(self, row: Waiting, choice: Choice | None, now: int, known_as: UUID) -> Decision:
        """`choice` None: nobody was asked, for it is closed."""
        made = Decision(
            id=known_as, conversation=row.conversation, site_id=row.site_id, group_id=row.group_id,
            at_ms=now, waited_ms=max(0, now - row.since_ms), waiter=asked_for(row), reason="closed",
        )  # fmt: skip
        if choice is not None:
            made.strategy, made.reason, made.excluded = choice.strategy, choice.reason, choice.excluded
            made.weights = self._desk(row).policy.weights
            made.candidates = candidates_of(choice)
            made.agent_id = UUID(choice.agent.id) if choice.agent is not None else None
        return made

    def _tell_groups(self) -> None:
        """The groups of those who wait on, as acts: whoever may see them depends on it."""
        groups = self._policies.groups
        commands = [
            Queue(conversation, known.group, "new")
            for conversation, group in self._untold.items()
            if (known := groups.get(group)) is not None
        ]
        for start in range(0, len(commands), AT_ONCE):
            acts.post(commands[start : start + AT_ONCE])


def _reservation(row: Waiting, choice: Choice, decision: str) -> seats.Reservation:
    agent = choice.agent
    assert agent is not None
    return seats.Reservation(
        str(row.conversation), agent.id, str(row.site_id), str(row.group_id) if row.group_id else None,
        row.channel, decision, agent.capacity, agent.channel_capacity.get(row.channel),
    )  # fmt: skip


def _reason(choice: Choice | None) -> str:
    return "closed" if choice is None else choice.reason


def _datetime(moment_ms: int) -> datetime:
    return datetime.fromtimestamp(moment_ms / 1000, UTC)
