"""Nudges are few, never in the way, and none that matters is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from kombu.exceptions import OperationalError as BrokerDown

from chat import journal as journals
from chat import tasks
from chat.journal.base import Append, Draft, Journal, JournalUnavailable
from chat.metrics import PERSISTENCE_AGE, PERSISTENCE_DEPTH
from chat.nudging import SPACING_S
from chat.persistence import depth, nudge
from chat.persistence.reader import READER, drain, gate
from chat.protocol.entry import Entry, Sender, encode_unnumbered, new_id
from tests.persistence.talk import AGENT, Talk
from tests.support.waiting import eventually

pytestmark = pytest.mark.django_db


class Broker:
    """Takes tasks and counts them; `down` makes it refuse."""

    def __init__(self) -> None:
        self.sent: list[float] = []
        self.tried = 0
        self.down = False

    def apply_async(self, **options: Any) -> None:
        """As Celery's."""
        assert options["retry"] is False, "the nudging thread must not hang on a broker that is away"
        self.tried += 1
        if self.down:
            raise BrokerDown("connection refused")
        self.sent.append(time.monotonic())


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Broker]:
    """In the place of Celery's; the nudging thread is quiet before and after."""
    gate.abandon()
    standing_in = Broker()
    monkeypatch.setattr(tasks.persist, "apply_async", standing_in.apply_async)
    monkeypatch.setattr(nudge.nudger, "down_s", 0.05)
    yield standing_in
    standing_in.down = False
    eventually(lambda: not nudge.nudger.is_wanted)


def test_a_burst_is_few_nudges_and_its_last_entry_is_nudged(broker: Broker) -> None:
    began = time.monotonic()
    until = began + 0.3
    last = began
    count = 0
    while time.monotonic() < until:
        nudge.nudge_persistence()
        last = time.monotonic()
        count += 1
    assert count > 1000
    eventually(lambda: broker.sent and broker.sent[-1] >= last - SPACING_S)
    eventually(lambda: not nudge.nudger.is_wanted)
    took = time.monotonic() - began
    assert 2 <= len(broker.sent) <= took / SPACING_S + 2
    pauses = [after - before for before, after in zip(broker.sent, broker.sent[1:], strict=False)]
    assert min(pauses) >= SPACING_S * 0.9


def test_a_suppressed_nudge_costs_next_to_nothing(broker: Broker) -> None:
    nudge.nudger._wanted.set()
    best = min(_time_of_a_thousand() for _ in range(20))
    assert best < 1000 * 1e-6, f"{best * 1e3:.0f} ns each"


def _time_of_a_thousand() -> float:
    nudge.nudger._wanted.set()
    began = time.perf_counter()
    for _ in range(1000):
        nudge.nudge_persistence()
    return time.perf_counter() - began


def test_posting_never_hears_of_a_broker_that_is_down(broker: Broker) -> None:
    broker.down = True
    nudge.nudge_persistence()
    eventually(lambda: broker.tried >= 1)
    nudge.nudge_persistence()
    eventually(lambda: broker.tried >= 2)
    assert not broker.sent
    broker.down = False
    nudge.nudge_persistence()
    eventually(lambda: broker.sent)


def test_a_running_drain_is_told_instead(broker: Broker) -> None:
    assert gate.enter()
    nudge.nudge_persistence()
    eventually(lambda: not nudge.nudger.is_wanted)
    eventually(lambda: gate._again)
    assert not broker.tried
    assert not gate.leave()
    assert gate.leave()


def test_what_is_written_nudges(log: Journal, broker: Broker, talk: Talk) -> None:
    entry = Entry(talk.id, new_id(), 0, "k", Sender("visitor", AGENT), "text", "hi")
    append = Append(talk.id, (Draft(entry.id, "k", encode_unnumbered(entry)),))
    done = threading.Thread(target=lambda: journals.group_commit().append_blocking(append))
    done.start()
    done.join()
    eventually(lambda: broker.sent)
    tasks.persist()
    assert talk.seqs() == [1]


def test_the_sweep_persists_what_a_lost_nudge_left(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks.sweep()
    talk.say(key="a")
    tasks.sweep()
    assert talk.seqs() == [1]

    def refuse(*args: Any) -> None:
        raise JournalUnavailable("away")

    talk.say(key="b")
    with monkeypatch.context() as patch:
        patch.setattr(type(talk.log), "depth", refuse)
        tasks.sweep()
    assert talk.seqs() == [1]
    tasks.sweep()
    assert talk.seqs() == [1, 2]


def test_trimming_waits_for_persistence(talk: Talk, log: Journal, settings: Any) -> None:
    settings.KEFU_JOURNAL_KEEP_S = 0
    settings.KEFU_JOURNAL_IDLE_S = 0
    talk.say(key="a")
    tasks.trim_journal()
    assert len(log.read_range(talk.id, 1, 1)) == 1
    drain(linger_s=0)
    tasks.trim_journal()
    assert log.read_range(talk.id, 1, 1) == []


def test_a_worker_that_starts_looks_at_the_journal(broker: Broker) -> None:
    tasks.reconcile_at_start()
    eventually(lambda: broker.sent)


def test_the_schedule_names_tasks_that_exist() -> None:
    own = (tasks.persist, tasks.sweep, tasks.index, tasks.trim_journal, tasks.prune_trail)
    assert {entry["task"] for entry in tasks.BEAT_SCHEDULE.values()} <= {task.name for task in own}


def test_depth_and_age_are_measured(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(depth, "_FRESH_S", -1.0)
    talk.say(key="a")
    talk.say(key="b")
    depth.watch()

    def value(gauge: Any) -> float:
        return float(next(iter(gauge.collect())).samples[0].value)

    assert value(PERSISTENCE_DEPTH) == 2
    assert value(PERSISTENCE_AGE) > 1000
    drain(linger_s=0)
    assert (value(PERSISTENCE_DEPTH), value(PERSISTENCE_AGE)) == (0, 0)
    assert talk.log.depth(READER).entries == 0

    def refuse(*args: Any) -> None:
        raise JournalUnavailable("away")

    monkeypatch.setattr(type(talk.log), "depth", refuse)
    assert value(PERSISTENCE_DEPTH) == 0
