"""Several writers on the same conversations: one order for everybody, no gap, no repeat."""

import json
import subprocess
import sys
import threading

from chat.journal.base import Journal, Refused, Stored
from chat.protocol.entry import decode_entry, new_id
from tests.journal.support import NOW, act, begin, open_journal, say, seq_of


def check_whole(journal: Journal, conversation: str) -> dict[int, str]:
    """seq → id of all entries, after checking that seqs, head, message ids and log agree."""
    found = journal.read_after(conversation, 0, 10**6)
    assert [seq for seq, _ in found] == list(range(1, len(found) + 1))
    entries = [decode_entry(body) for _, body in found]
    assert [entry.seq for entry in entries] == [seq for seq, _ in found]
    assert journal.heads([conversation])[conversation].head == len(found)
    with_key = {entry.client_msg_id: entry for entry in entries if entry.client_msg_id is not None}
    assert len(with_key) == sum(entry.client_msg_id is not None for entry in entries)
    known = {each.client_msg_id: (each.seq, each.id) for each in journal.known(conversation)}
    assert known == {key: (entry.seq, entry.id) for key, entry in with_key.items()}
    logged = []
    reader = new_id()
    for shard in range(journal.shards):
        while items := journal.read_batch(reader, shard, 500):
            logged += [(item.seq, item.body) for item in items if item.conversation == conversation]
            journal.advance(reader, shard, items[-1].position)
    assert logged == found
    return {entry.seq: entry.id for entry in entries}


def test_threads_with_a_handle_each(journal: Journal, spec: str) -> None:
    conversations = [begin(journal) for _ in range(2)]
    failures: list[BaseException] = []
    barrier = threading.Barrier(6)

    def work(number: int) -> None:
        try:
            mine = journal if number % 2 else open_journal(spec)
            barrier.wait(20)
            for i in range(30):
                # Every key is written by every thread: one of them stores it, for the others it is a repeat.
                mine.write([say(c, f"{i}-{j}") for j in range(3) for c in conversations], NOW)
            if mine is not journal:
                mine.close()
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
    for conversation in conversations:
        assert len(check_whole(journal, conversation)) == 90


def test_processes_on_the_same_conversations(journal: Journal, spec: str) -> None:
    conversations = [begin(journal) for _ in range(3)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.journal.writer_process", spec, f"p{i}", "40", *conversations],
            stdout=subprocess.PIPE,
        )
        for i in range(3)
    ]
    told: list[tuple[str, str, int, str]] = []
    for process in processes:
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        told += [tuple(each) for line in output.splitlines() for each in json.loads(line)]
    whole = {conversation: check_whole(journal, conversation) for conversation in conversations}
    assert len(told) == sum(map(len, whole.values()))
    for conversation, _, seq, id_ in told:
        assert whole[conversation][seq] == id_


def test_of_many_accepts_one_wins(journal: Journal, spec: str) -> None:
    conversation = begin(journal)
    outcomes: list[Stored | Refused] = []
    barrier = threading.Barrier(6)

    def accept(number: int) -> None:
        mine = open_journal(spec)
        barrier.wait(20)
        (outcome,) = mine.write([act(conversation, "accepted", 0, b'{"agent":%d}' % number)], NOW)
        assert isinstance(outcome, Stored | Refused)
        outcomes.append(outcome)
        mine.close()

    threads = [threading.Thread(target=accept, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(isinstance(each, Stored) for each in outcomes) == [False] * 5 + [True]
    head = journal.heads([conversation])[conversation]
    assert all(each.head == head for each in outcomes if isinstance(each, Refused))
    assert (head.head, head.act_seq) == (1, 1)


def test_a_reader_never_passes_what_it_was_not_given(journal: Journal, spec: str) -> None:
    """Positions are visible in order: nothing is written behind a reader's back."""
    conversations = [begin(journal) for _ in range(4)]
    done = threading.Event()

    def write(number: int) -> None:
        mine = open_journal(spec)
        for i in range(60):
            mine.write([say(c, f"{number}-{i}") for c in conversations], NOW)
        mine.close()

    threads = [threading.Thread(target=write, args=(i,)) for i in range(3)]
    seen: list[tuple[str, int]] = []

    def read() -> None:
        while True:
            last = done.is_set()
            for shard in range(journal.shards):
                while items := journal.read_batch("r", shard, 7):
                    seen.extend((item.conversation, item.seq) for item in items)
                    journal.advance("r", shard, items[-1].position)
            if last:
                return

    reading = threading.Thread(target=read)
    reading.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    done.set()
    reading.join(60)
    for conversation in conversations:
        assert [seq for name, seq in seen if name == conversation] == list(range(1, 181))
    assert seq_of(journal.write([say(conversations[0])], NOW)[0]) == 181
