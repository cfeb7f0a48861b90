"""The contract of reading: ranges, readers of the log, leases, trimming, forgetting."""

import threading
import time

import pytest

from chat.journal.base import Depth, Journal
from chat.protocol.entry import new_id
from tests.journal.support import NOW, act, begin, fill, open_journal, pass_all, say, seqs, warm
from tests.support.waiting import eventually


def read_all(journal: Journal, reader: str, limit: int = 100) -> list[tuple[str, int]]:
    """(conversation, seq) of everything a reader has not passed, passing it."""
    seen = []
    for shard in range(journal.shards):
        while items := journal.read_batch(reader, shard, limit):
            seen += [(item.conversation, item.seq) for item in items]
            journal.advance(reader, shard, items[-1].position)
    return seen


@pytest.mark.parametrize(
    ("after", "limit", "expected"),
    [
        (0, 5, range(1, 6)),
        (0, 1000, range(1, 401)),
        (126, 4, range(127, 131)),
        (255, 2, range(256, 258)),
        (399, 10, range(400, 401)),
        (400, 10, range(0)),
        (1000, 10, range(0)),
    ],
)
def test_read_after(journal: Journal, after: int, limit: int, expected: range) -> None:
    conversation, other = begin(journal), begin(journal)
    for _ in range(4):
        fill(journal, other, 7)
        fill(journal, conversation, 100)
    assert seqs(journal.read_after(conversation, after, limit)) == list(expected)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (1, 1, range(1, 2)),
        (1, 300, range(1, 301)),
        (128, 128, range(128, 129)),
        (250, 260, range(250, 261)),
        (300, 400, range(300, 301)),
        (5, 4, range(0)),
        (301, 400, range(0)),
    ],
)
def test_read_range(journal: Journal, first: int, last: int, expected: range) -> None:
    conversation = begin(journal)
    fill(journal, conversation, 300)
    assert seqs(journal.read_range(conversation, first, last)) == list(expected)


def test_reading_what_is_not_there(journal: Journal) -> None:
    assert journal.read_after(new_id(), 0, 10) == []
    assert journal.read_range(new_id(), 1, 10) == []
    assert journal.known(new_id()) == []
    assert journal.read_after(begin(journal), 0, 10) == []


def test_a_warmed_conversation_is_read_from_where_it_was_warmed(journal: Journal) -> None:
    conversation = warm(journal, new_id(), head=700)
    fill(journal, conversation, 3)
    assert seqs(journal.read_after(conversation, 0, 10)) == [701, 702, 703]
    assert seqs(journal.read_after(conversation, 701, 10)) == [702, 703]
    assert journal.read_range(conversation, 1, 700) == []


def test_readers_walk_the_log_in_the_order_of_writing(journal: Journal) -> None:
    conversations = [begin(journal) for _ in range(5)]
    batch = [say(conversations[i % 5], new_id()) for i in range(50)]
    journal.write(batch, NOW)
    seen: list[tuple[str, int]] = []
    for shard in range(journal.shards):
        first = journal.read_batch("r", shard, 3)
        assert journal.read_batch("r", shard, 3) == first, "not passed yet, so given again"
        while items := journal.read_batch("r", shard, 3):
            seen += [(item.conversation, item.seq) for item in items]
            journal.advance("r", shard, items[-1].position)
    assert sorted(seen) == sorted((conversations[i % 5], i // 5 + 1) for i in range(50))
    for conversation in conversations:
        assert [seq for name, seq in seen if name == conversation] == list(range(1, 11))
    if journal.shards == 1:
        assert seen == [(conversations[i % 5], i // 5 + 1) for i in range(50)]


def test_readers_are_independent_and_never_move_back(journal: Journal) -> None:
    conversation = begin(journal)
    fill(journal, conversation, 10)
    (shard,) = [s for s in range(journal.shards) if journal.read_batch("a", s, 1)]
    items = journal.read_batch("a", shard, 10)
    journal.advance("a", shard, items[7].position)
    journal.advance("a", shard, items[2].position)
    assert [item.seq for item in journal.read_batch("a", shard, 10)] == [9, 10]
    assert [item.seq for item in journal.read_batch("b", shard, 2)] == [1, 2]


def test_the_position_is_kept(journal: Journal, spec: str) -> None:
    conversation = begin(journal)
    fill(journal, conversation, 4)
    pass_all(journal, "r")
    fill(journal, conversation, 2)
    other = open_journal(spec)
    try:
        assert read_all(other, "r") == [(conversation, 5), (conversation, 6)]
    finally:
        other.close()


def test_depth(journal: Journal) -> None:
    assert journal.depth("r") == Depth(0, None)
    a, b = begin(journal), begin(journal)
    fill(journal, a, 3, NOW)
    fill(journal, b, 4, NOW + 10)
    assert journal.depth("r") == Depth(7, NOW)
    (shard,) = {
        s for s in range(journal.shards) for item in journal.read_batch("r", s, 10) if item.conversation == a
    }
    items = [item for item in journal.read_batch("r", shard, 10) if item.conversation == a]
    journal.advance("r", shard, items[1].position)
    assert journal.depth("r") == Depth(5, NOW)
    pass_all(journal, "r")
    assert journal.depth("r") == Depth(0, None)


def test_one_owner_holds_a_lease(journal: Journal, spec: str) -> None:
    other = open_journal(spec)
    try:
        assert journal.claim("r", 0, "one", 60)
        assert not other.claim("r", 0, "two", 60)
        assert other.claim("another reader", 0, "two", 60)
        assert journal.claim("r", 0, "one", 60), "its owner renews it"
        other.release("r", 0, "two")
        assert not other.claim("r", 0, "two", 60), "only its owner gives it back"
        journal.release("r", 0, "one")
        assert other.claim("r", 0, "two", 60)
        assert not journal.claim("r", 0, "one", 60)
    finally:
        other.close()


def test_a_lease_expires(journal: Journal) -> None:
    began = time.monotonic()
    assert journal.claim("r", 0, "dead", 0.2)
    assert not journal.claim("r", 0, "heir", 60)
    eventually(lambda: journal.claim("r", 0, "heir", 60), 5)
    assert time.monotonic() - began >= 0.19
    assert not journal.claim("r", 0, "dead", 60)


def test_many_claim_and_one_gets_it(journal: Journal) -> None:
    won: list[str] = []
    barrier = threading.Barrier(8)

    def compete(name: str) -> None:
        barrier.wait(10)
        if journal.claim("r", 0, name, 60):
            won.append(name)

    threads = [threading.Thread(target=compete, args=(str(i),)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(won) == 1


def test_trimming_stays_behind_the_slowest_reader(journal: Journal) -> None:
    conversation = begin(journal)
    fill(journal, conversation, 10)
    pass_all(journal, "fast")
    assert journal.trim(["fast", "slow"], NOW + 10**6, 1000, 10**9) == (0, 0), "slow has not begun"
    (shard,) = [s for s in range(journal.shards) if journal.read_batch("slow", s, 1)]
    journal.advance("slow", shard, journal.read_batch("slow", shard, 10)[3].position)
    assert journal.trim(["fast", "slow"], NOW + 10**6, 1000, 10**9) == (4, 0)
    assert [item.seq for item in journal.read_batch("slow", shard, 10)] == [5, 6, 7, 8, 9, 10]
    assert seqs(journal.read_after(conversation, 0, 3)) == [5, 6, 7]
    assert seqs(journal.read_after(conversation, 0, 10)) == [5, 6, 7, 8, 9, 10]
    assert seqs(journal.read_range(conversation, 1, 6)) == [5, 6]
    assert journal.heads([conversation])[conversation].head == 10
    assert len(journal.known(conversation)) == 10


def test_trimming_keeps_what_is_young(journal: Journal) -> None:
    conversation = begin(journal)
    fill(journal, conversation, 3, NOW)
    fill(journal, conversation, 3, NOW + 1000)
    pass_all(journal, "r")
    assert journal.trim(["r"], NOW + 1500, 1000, 10**9) == (3, 0)
    assert seqs(journal.read_after(conversation, 0, 10)) == [4, 5, 6]
    fill(journal, conversation, 1, NOW + 2000)
    assert seqs(journal.read_after(conversation, 0, 10)) == [4, 5, 6, 7]


def test_trimming_much_in_short_steps(journal: Journal) -> None:
    conversations = [begin(journal) for _ in range(3)]
    for conversation in conversations:
        fill(journal, conversation, 1700)
    pass_all(journal, "r")
    assert journal.trim(["r"], NOW + 10**6, 1000, 10**9) == (5100, 0)
    for conversation in conversations:
        assert journal.read_after(conversation, 0, 10) == []
        fill(journal, conversation, 2)
        assert seqs(journal.read_after(conversation, 0, 10)) == [1701, 1702]


def test_what_was_written_under_a_clock_far_ahead_is_trimmed(journal: Journal) -> None:
    conversation = begin(journal)
    fill(journal, conversation, 2, NOW + 10**9)
    pass_all(journal, "r")
    assert journal.trim(["r"], NOW, 1000, 10**8) == (2, 1)


def test_idle_conversations_are_forgotten_whole(journal: Journal) -> None:
    idle, busy = begin(journal), begin(journal)
    journal.write([act(idle, "accepted", 0), say(idle, "k")], NOW)
    journal.write([say(busy, "k")], NOW + 5000)
    pass_all(journal, "r")
    assert journal.trim(["r"], NOW + 5500, 10**6, 1000) == (2, 1)
    assert set(journal.heads([idle, busy])) == {busy}
    assert [head.conversation for head in journal.each_head()] == [busy]
    assert journal.read_after(idle, 0, 10) == [] == journal.known(idle)
    warm(journal, idle, head=2)
    fill(journal, idle, 2)
    assert seqs(journal.read_after(idle, 0, 10)) == [3, 4]
    assert set(read_all(journal, "r")) == {(idle, 3), (idle, 4)}


def test_a_conversation_with_entries_ahead_of_a_reader_is_not_forgotten(journal: Journal) -> None:
    conversation = begin(journal)
    fill(journal, conversation, 2)
    assert journal.trim(["r"], NOW + 10**6, 1000, 1000) == (0, 0)
    pass_all(journal, "r")
    assert journal.trim(["r"], NOW + 10**6, 1000, 1000) == (2, 1)


def test_many_idle_conversations_are_forgotten(journal: Journal) -> None:
    conversations = [begin(journal) for _ in range(1203)]
    journal.write([say(each, "k") for each in conversations], NOW)
    pass_all(journal, "r")
    assert journal.trim(["r"], NOW + 10**6, 10**9, 1000) == (1203, 1203)
    assert list(journal.each_head()) == []
    assert journal.depth("r") == Depth(0, None)


def test_each_head_gives_every_hot_one_once(journal: Journal) -> None:
    conversations = [begin(journal) for _ in range(1100)]
    journal.write([say(each) for each in conversations[:10]], NOW)
    heads = {head.conversation: head for head in journal.each_head()}
    assert set(heads) == set(conversations)
    assert sum(head.head for head in heads.values()) == 10
    assert heads == journal.heads(conversations)


def test_a_name_that_is_no_conversation_finds_nothing(journal: Journal) -> None:
    conversation = begin(journal)
    fill(journal, conversation, 1)
    for name in (conversation + "\x00", conversation.upper(), "", "*", conversation + "\x00junk"):
        assert journal.heads([name]) == {}
        assert journal.read_after(name, 0, 10) == []
