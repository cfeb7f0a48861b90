"""Reading from event loops: heads asked for together are read together."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from chat.journal.base import Head, Journal, JournalUnavailable
from chat.journal.reading import JournalReader
from chat.protocol.entry import new_id
from tests.journal.support import begin, fill, seqs


class Slow:
    """Counts look-ups; the first waits until it is let through."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.asked: list[list[str]] = []
        self.looking = threading.Event()
        self.open = threading.Event()
        self.error: Exception | None = None

    def heads(self, conversations: Sequence[str]) -> dict[str, Head]:
        """Wait, count, look."""
        self.looking.set()
        assert self.open.wait(10)
        self.asked.append(list(conversations))
        if self.error:
            raise self.error
        return self.journal.heads(conversations)


async def test_a_thousand_questions_at_once_are_one_look_up(journal: Journal) -> None:
    slow = Slow(journal)
    slow.open.set()
    reader = JournalReader(slow)  # type: ignore[arg-type]
    conversations = [begin(journal) for _ in range(100)]
    fill(journal, conversations[7], 3)
    found = await asyncio.gather(*(reader.head(conversations[i % 100]) for i in range(1000)))
    assert [head.conversation for head in found if head] == [conversations[i % 100] for i in range(1000)]
    assert found[7] is not None and found[7].head == 3
    assert [len(asked) for asked in slow.asked] == [100]
    reader.close()


async def test_an_answer_is_never_older_than_its_question(journal: Journal) -> None:
    slow = Slow(journal)
    reader = JournalReader(slow)  # type: ignore[arg-type]
    conversation = begin(journal)
    first = asyncio.create_task(reader.head(conversation))
    await asyncio.to_thread(slow.looking.wait, 10)
    fill(journal, conversation, 1)
    second = asyncio.create_task(reader.head(conversation))
    await asyncio.sleep(0)
    slow.open.set()
    await first
    answer = await second
    assert answer is not None and answer.head == 1
    assert len(slow.asked) == 2
    reader.close()


async def test_only_hot_ones_are_answered(journal: Journal) -> None:
    reader = JournalReader(journal)
    hot, cold = begin(journal), new_id()
    assert await reader.head(cold) is None
    assert set(await reader.heads([hot, cold, hot])) == {hot}
    assert await reader.heads([]) == {}
    reader.close()


async def test_entries_are_read_off_the_loop(journal: Journal) -> None:
    reader = JournalReader(journal)
    conversation = begin(journal)
    fill(journal, conversation, 20)
    assert seqs(await reader.read_after(conversation, 15, 10)) == [16, 17, 18, 19, 20]
    assert seqs(await reader.read_range(conversation, 3, 5)) == [3, 4, 5]
    reader.close()


@pytest.mark.parametrize("error", [JournalUnavailable("locked"), ValueError("odd")])
async def test_failures_reach_everybody_and_pass(journal: Journal, error: Exception) -> None:
    slow = Slow(journal)
    slow.open.set()
    slow.error = error
    reader = JournalReader(slow)  # type: ignore[arg-type]
    conversation = begin(journal)
    results = await asyncio.gather(*(reader.head(conversation) for _ in range(3)), return_exceptions=True)
    assert [type(each) for each in results] == [JournalUnavailable] * 3
    slow.error = None
    assert await reader.head(conversation) is not None
    reader.close()


async def test_a_wait_that_was_given_up_does_not_disturb_the_others(journal: Journal) -> None:
    slow = Slow(journal)
    reader = JournalReader(slow)  # type: ignore[arg-type]
    conversation = begin(journal)
    given_up = asyncio.create_task(reader.head(conversation))
    other = asyncio.create_task(reader.head(conversation))
    await asyncio.to_thread(slow.looking.wait, 10)
    given_up.cancel()
    await asyncio.sleep(0)
    slow.open.set()
    assert await other is not None
    reader.close()


async def test_a_closed_reader_says_so(journal: Journal) -> None:
    reader = JournalReader(journal)
    reader.close()
    with pytest.raises(JournalUnavailable):
        await reader.head(new_id())
    with pytest.raises(JournalUnavailable):
        await reader.read_after(new_id(), 0, 1)


def test_loops_of_different_threads_share_a_reader(journal: Journal) -> None:
    reader = JournalReader(journal)
    conversations = [begin(journal) for _ in range(4)]
    found: list[str] = []

    async def ask(conversation: str) -> None:
        for _ in range(25):
            head = await reader.head(conversation)
            assert head is not None
            found.append(head.conversation)

    threads = [threading.Thread(target=lambda c=each: asyncio.run(ask(c))) for each in conversations]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(found) == sorted(conversations * 25)
    reader.close()
