"""One writer thread for everybody: order, overload, failures, closing."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from chat.journal.base import Append, Cold, Draft, Journal, JournalUnavailable, Outcome, Refused, Stored
from chat.journal.group_commit import Answer, GroupCommit
from chat.protocol.entry import new_id
from tests.journal.support import begin, say, seq_of, seqs, stored
from tests.support.waiting import eventually


class Gate:
    """A journal of which each write waits until it is let through, and may be told to fail."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.open = threading.Event()
        self.writing = threading.Event()
        self.batches: list[list[Append]] = []
        self.error: Exception | None = None

    def write(self, batch: Sequence[Append], now_ms: int) -> list[Outcome]:
        """Wait, then write or raise."""
        self.writing.set()
        assert self.open.wait(10)
        self.batches.append(list(batch))
        if self.error is not None:
            raise self.error
        return self.journal.write(batch, now_ms)


@pytest.fixture
def gate(journal: Journal) -> Gate:
    """A closed gate before a real journal."""
    return Gate(journal)


def committer(gate: Gate, **limits: int) -> GroupCommit:
    """A group commit over a gate, which is all of a journal that it uses."""
    return GroupCommit(gate, **limits)  # type: ignore[arg-type]


async def collect(answers: list[Answer], count: int) -> None:
    """Wait until so many answers came."""
    async with asyncio.timeout(10):
        while len(answers) < count:
            await asyncio.sleep(0.005)


async def test_appends_are_stored_and_answered(journal: Journal) -> None:
    commit = GroupCommit(journal)
    conversation = begin(journal)
    outcomes = await asyncio.gather(*(commit.append(say(conversation, str(i))) for i in range(50)))
    assert [seq_of(each) for each in outcomes] == list(range(1, 51))
    assert isinstance(await commit.append(say(new_id())), Cold)
    assert isinstance(await commit.append(say(conversation, act=9)), Refused)
    assert stored(await commit.append(say(conversation, "7"))).repeated
    commit.close()


async def test_what_comes_during_a_write_goes_together_into_the_next(gate: Gate) -> None:
    commit = committer(gate)
    conversation = begin(gate.journal)
    answers: list[Answer] = []
    commit.submit(say(conversation), answers.append)
    await asyncio.to_thread(gate.writing.wait, 10)
    for _ in range(30):
        commit.submit(say(conversation), answers.append)
        await asyncio.sleep(0)
    assert commit.pending() == 30
    gate.open.set()
    await collect(answers, 31)
    assert [len(batch) for batch in gate.batches] == [1, 30]
    assert [seq_of(each) for each in answers if not isinstance(each, JournalUnavailable)] == list(
        range(1, 32)
    )
    commit.close()


async def test_one_turn_of_the_loop_is_one_batch(gate: Gate) -> None:
    gate.open.set()
    commit = committer(gate)
    conversation = begin(gate.journal)
    answers: list[Answer] = []
    for _ in range(20):
        commit.submit(say(conversation), answers.append)
    await collect(answers, 20)
    assert [len(batch) for batch in gate.batches] == [20]
    commit.close()


async def test_a_batch_has_an_upper_bound(gate: Gate) -> None:
    commit = committer(gate, max_batch=8)
    conversation = begin(gate.journal)
    answers: list[Answer] = []
    for _ in range(20):
        commit.submit(say(conversation), answers.append)
    gate.open.set()
    await collect(answers, 20)
    assert [len(batch) for batch in gate.batches] == [8, 8, 4]
    commit.close()


async def test_all_answers_of_a_batch_come_by_one_call(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    gate.open.set()
    commit = committer(gate)
    conversation = begin(gate.journal)
    loop = asyncio.get_running_loop()
    calls: list[int] = []
    threadsafe = loop.call_soon_threadsafe

    def count(*args: object) -> object:
        calls.append(1)
        return threadsafe(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(loop, "call_soon_threadsafe", count)
    answers: list[Answer] = []
    for _ in range(100):
        commit.submit(say(conversation), answers.append)
    await collect(answers, 100)
    assert len(calls) == len(gate.batches) == 1
    commit.close()


async def test_listeners_hear_new_entries_in_order_before_the_senders_do(journal: Journal) -> None:
    commit = GroupCommit(journal)
    conversation = begin(journal)
    told: list[str] = []
    heard: list[tuple[Append, Stored]] = []

    def listen(batch: list[tuple[Append, Stored]]) -> None:
        heard.extend(batch)
        told.append("listener")

    def broken(batch: list[tuple[Append, Stored]]) -> None:
        raise ValueError("a listener's own trouble")

    commit.add_listener(broken)
    commit.add_listener(listen)
    origin = object()
    first = say(conversation, "a")
    appends = [
        Append(first.conversation, first.drafts, origin=origin), say(conversation, "a"), say(new_id(), "a"),
        say(conversation, act=9), say(conversation, "b"),
    ]  # fmt: skip
    answers: list[Answer] = []

    def answer(outcome: Answer) -> None:
        told.append("sender")
        answers.append(outcome)

    for append in appends:
        commit.submit(append, answer)
    await collect(answers, 5)
    assert told == ["listener"] + ["sender"] * 5
    assert [(append, seq_of(outcome)) for append, outcome in heard] == [(appends[0], 1), (appends[4], 2)]
    assert heard[0][0].origin is origin
    commit.remove_listener(listen)
    await commit.append(say(conversation))
    assert len(heard) == 2
    commit.close()


async def test_a_failed_write_is_told_to_all_and_the_next_one_works(gate: Gate) -> None:
    gate.open.set()
    commit = committer(gate)
    conversation = begin(gate.journal)
    gate.error = JournalUnavailable("disk full")
    results = await asyncio.gather(
        *(commit.append(say(conversation)) for _ in range(3)), return_exceptions=True
    )
    assert [type(each) for each in results] == [JournalUnavailable] * 3
    assert len(gate.batches) == 1
    assert commit.trouble == "disk full"
    gate.error = None
    assert seq_of(await commit.append(say(conversation))) == 1
    assert commit.trouble is None
    commit.close()


async def test_one_append_that_cannot_be_written_does_not_fail_its_neighbours(journal: Journal) -> None:
    commit = GroupCommit(journal)
    conversation = begin(journal)
    draft = say(conversation).drafts[0]
    bad = Append(conversation, (Draft(draft.id, "a lone \ud800 surrogate", draft.raw),))
    results = await asyncio.gather(
        commit.append(say(conversation)),
        commit.append(bad),
        commit.append(say(conversation)),
        return_exceptions=True,
    )
    assert isinstance(results[1], JournalUnavailable)
    assert [seq_of(each) for each in (results[0], results[2]) if isinstance(each, Stored)] == [1, 2]
    assert seqs(journal.read_after(conversation, 0, 10)) == [1, 2]
    commit.close()


async def test_overload_is_refused_at_once_and_passes(gate: Gate) -> None:
    commit = committer(gate, max_pending=10)
    conversation = begin(gate.journal)
    accepted: list[Answer] = []
    commit.submit(say(conversation), accepted.append)
    await asyncio.to_thread(gate.writing.wait, 10)
    for _ in range(10):
        commit.submit(say(conversation), accepted.append)
    refused: list[Answer] = []
    commit.submit(say(conversation), refused.append)
    assert not refused, "never before submit returned"
    with pytest.raises(JournalUnavailable, match="waiting"):
        await commit.append(say(conversation))
    assert isinstance(refused[0], JournalUnavailable)
    gate.open.set()
    await collect(accepted, 11)
    assert seq_of(await commit.append(say(conversation))) == 12
    commit.close()


async def test_closing_writes_what_is_pending(gate: Gate) -> None:
    commit = committer(gate)
    conversation = begin(gate.journal)
    answers: list[Answer] = []
    commit.submit(say(conversation), answers.append)
    await asyncio.to_thread(gate.writing.wait, 10)
    for _ in range(5):
        commit.submit(say(conversation), answers.append)
    closing = asyncio.create_task(asyncio.to_thread(commit.close))
    await asyncio.sleep(0)
    gate.open.set()
    await closing
    assert seqs(gate.journal.read_after(conversation, 0, 10)) == [1, 2, 3, 4, 5, 6]
    await collect(answers, 6)
    with pytest.raises(JournalUnavailable, match="closed"):
        await commit.append(say(conversation))
    with pytest.raises(JournalUnavailable, match="closed"):
        commit.append_blocking(say(conversation))


async def test_a_wait_that_was_given_up_does_not_disturb_the_others(gate: Gate) -> None:
    commit = committer(gate)
    conversation = begin(gate.journal)
    given_up = asyncio.create_task(commit.append(say(conversation)))
    other = asyncio.create_task(commit.append(say(conversation)))
    await asyncio.to_thread(gate.writing.wait, 10)
    given_up.cancel()
    await asyncio.sleep(0)
    gate.open.set()
    assert seq_of(await other) == 2, "cancelling does not undo the write"
    assert given_up.cancelled()
    commit.close()


def test_threads_may_wait(journal: Journal) -> None:
    commit = GroupCommit(journal)
    conversation = begin(journal)
    found: list[int] = []

    def work(number: int) -> None:
        for i in range(20):
            found.append(seq_of(commit.append_blocking(say(conversation, f"{number}-{i}"))))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(found) == list(range(1, 101))
    assert isinstance(commit.append_blocking(say(new_id())), Cold)
    commit.close()


def test_a_blocking_append_has_a_deadline(gate: Gate) -> None:
    commit = committer(gate)
    conversation = begin(gate.journal)
    with pytest.raises(JournalUnavailable, match="did not answer"):
        commit.append_blocking(say(conversation, "k"), timeout_s=0.05)
    gate.open.set()
    assert stored(commit.append_blocking(say(conversation, "k"))).repeated, "it was written after all"
    commit.close()


def test_a_loop_that_was_closed_does_not_stop_the_writer(gate: Gate) -> None:
    commit = committer(gate)
    conversation = begin(gate.journal)

    async def submit_and_leave() -> None:
        commit.submit(say(conversation), lambda _: None)
        await asyncio.sleep(0)

    asyncio.run(submit_and_leave())
    gate.open.set()
    assert seq_of(commit.append_blocking(say(conversation))) == 2
    commit.close()


def test_appends_of_a_loop_that_stopped_before_its_turn_ended_are_written(gate: Gate) -> None:
    gate.open.set()
    commit = committer(gate)
    conversation = begin(gate.journal)
    loop = asyncio.new_event_loop()

    async def submit_and_stop() -> None:
        commit.submit(say(conversation), lambda _: None)
        loop.stop()

    loop.run_until_complete(submit_and_stop())
    eventually(lambda: len(gate.batches) == 1, 5)
    loop.close()
    commit.close()
