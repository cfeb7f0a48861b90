"""Both forms against the simplest thing that could be right, over random histories."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from chat.journal.base import (
    Append,
    Cold,
    Draft,
    Expectation,
    Head,
    Journal,
    Known,
    Numbered,
    Outcome,
    Refused,
    Stored,
    Warmth,
)
from chat.protocol.entry import new_id, number
from tests.journal.support import NOW, event, message, open_journal

KEYS = ["a", "b", "c", "A", "a\x00", "ü"]
KEEP_MS = 50
IDLE_MS = 200
READERS = ["persistence", "bot"]


@dataclass
class ModelConversation:
    """What is known of one conversation: all entries ever, and what the journal should still hold of them."""

    name: str
    entries: list[Numbered] = field(default_factory=list)
    known: dict[str, Numbered] = field(default_factory=dict)
    held_from: int = 1
    hot: bool = False
    act: int = 0
    human: int = 0
    state: bytes = b"{}"
    touched: int = 0

    def head(self) -> Head:
        """As the journal should tell it."""
        return Head(self.name, len(self.entries), self.act, self.human, self.state)


class JournalMachine(RuleBasedStateMachine):
    """Writes, reads, trims, forgets, warms and reopens. Subclasses say where the journal lives."""

    spec = ""

    @initialize()
    def begin(self) -> None:
        """An empty journal under a new name, and five conversations of which none is hot."""
        self.now = NOW
        self.place = self.new_place()
        self.journal: Journal = open_journal(self.place)
        # The same names every time: they decide the shards, and a history must run the same way again.
        self.conversations = [ModelConversation(f"01890000-0000-7000-8000-{i:012d}") for i in range(5)]
        self.log: list[tuple[str, int]] = []
        self.passed: dict[str, set[tuple[str, int]]] = {reader: set() for reader in READERS}

    def new_place(self) -> str:
        """A spec nobody used."""
        raise NotImplementedError

    def teardown(self) -> None:
        """Let go of the journal."""
        if hasattr(self, "journal"):
            self.journal.close()

    @rule(data=st.data(), size=st.integers(1, 6), later=st.integers(0, 40))
    def write(self, data: st.DataObject, size: int, later: int) -> None:
        """One batch of random appends; every outcome is foretold."""
        self.now += later
        batch: list[Append] = []
        for _ in range(size):
            conversation = data.draw(st.sampled_from(self.conversations))
            key = data.draw(st.none() | st.sampled_from(KEYS))
            acts = data.draw(st.integers(0, 2))
            drafts: list[Draft] = [event(conversation.name, "note") for _ in range(acts)]
            if key is not None or not acts:
                drafts.append(message(conversation.name, key))
            mark = data.draw(st.sampled_from([None, None, "act", "human"]))
            near = data.draw(st.sampled_from([0, 0, 0, 1]))
            expect = None
            if mark == "act":
                expect = Expectation("act", conversation.act + near)
            elif mark == "human":
                expect = Expectation("human", conversation.human + near)
            state = b'{"now":%d}' % data.draw(st.integers(0, 99)) if acts else None
            batch.append(
                Append(conversation.name, tuple(drafts), expect, state, human=data.draw(st.booleans()))
            )
        expected = [self.foretell(append) for append in batch]
        assert self.journal.write(batch, self.now) == expected

    def foretell(self, append: Append) -> Outcome:
        """What the contract says of one append, and its effect on the model."""
        at = next(each for each in self.conversations if each.name == append.conversation)
        if not at.hot:
            return Cold(at.name)
        for draft in append.drafts:
            if draft.client_msg_id in at.known:
                entry = at.known[draft.client_msg_id]
                if entry.seq < at.held_from:
                    entry = Numbered(entry.id, entry.seq, entry.created_at, b"")
                return Stored((entry,), repeated=True)
        expect = append.expect
        if expect and expect.seq != (at.act if expect.mark == "act" else at.human):
            return Refused(at.head())
        numbered = []
        for draft in append.drafts:
            seq = len(at.entries) + 1
            entry = Numbered(draft.id, seq, self.now, number(draft.raw, seq, self.now))
            at.entries.append(entry)
            numbered.append(entry)
            self.log.append((at.name, seq))
            if draft.client_msg_id is not None:
                at.known[draft.client_msg_id] = entry
        if append.state is not None:
            at.act, at.state = len(at.entries), append.state
        if append.human:
            at.human = len(at.entries)
        at.touched = self.now
        return Stored(tuple(numbered))

    @rule(data=st.data())
    def warm(self, data: st.DataObject) -> None:
        """From the "database", which is the model itself; hot ones stay as they are."""
        chosen = data.draw(st.lists(st.sampled_from(self.conversations), min_size=1, max_size=5))
        self.journal.warm(
            [
                Warmth(
                    at.head(),
                    tuple(Known(key, each.seq, each.id, each.created_at) for key, each in at.known.items()),
                )
                for at in chosen
            ]
        )
        for at in chosen:
            if not at.hot:
                at.hot = True
                at.held_from = len(at.entries) + 1
                at.touched = 0  # the journal took the real time, far beyond the machine's

    @rule(reader=st.sampled_from(READERS), limit=st.integers(1, 5), share=st.integers(1, 5))
    def read_log(self, reader: str, limit: int, share: int) -> None:
        """A reader passes some of what it is given, in every shard."""
        for shard in range(self.journal.shards):
            items = self.journal.read_batch(reader, shard, limit)
            assert items == self.journal.read_batch(reader, shard, limit)
            for item in items:
                entry = self.entry(item.conversation, item.seq)
                assert item.body == entry.body
            if passed := items[:share]:
                self.journal.advance(reader, shard, passed[-1].position)
                self.passed[reader].update((item.conversation, item.seq) for item in passed)

    @rule(later=st.integers(0, 300))
    def trim(self, later: int) -> None:
        """What all readers passed goes when it is old; conversations go when they were silent."""
        self.now += later
        bodies = forgotten = 0
        for at in self.conversations:
            if not at.hot:
                continue
            held = at.entries[at.held_from - 1 :]
            for entry in held:
                if entry.created_at >= self.now - KEEP_MS or not self.passed_by_all(at, entry.seq):
                    break
                at.held_from += 1
                bodies += 1
            idle = at.touched == 0 or at.touched < self.now - IDLE_MS
            if idle and all(self.passed_by_all(at, entry.seq) for entry in at.entries[at.held_from - 1 :]):
                bodies += len(at.entries) - at.held_from + 1
                at.held_from = len(at.entries) + 1
                at.hot = False
                forgotten += 1
        assert self.journal.trim(READERS, self.now, KEEP_MS, IDLE_MS) == (bodies, forgotten)

    @rule()
    def reopen(self) -> None:
        """Nothing lives in memory."""
        self.journal.close()
        self.journal = open_journal(self.place)

    @rule(data=st.data(), after=st.integers(0, 12), limit=st.integers(1, 8))
    def read(self, data: st.DataObject, after: int, limit: int) -> None:
        """Ranges hold what the journal should still hold, byte for byte."""
        at = data.draw(st.sampled_from(self.conversations))
        held = [(each.seq, each.body) for each in at.entries[at.held_from - 1 :]] if at.hot else []
        assert self.journal.read_after(at.name, after, limit) == [e for e in held if e[0] > after][:limit]
        last = after + limit
        assert self.journal.read_range(at.name, after, last) == [e for e in held if after <= e[0] <= last]

    @invariant()
    def heads_and_ids(self) -> None:
        """Heads, ids and depths are right at any time."""
        if not hasattr(self, "journal"):
            return
        names = [at.name for at in self.conversations]
        hot = {at.name: at.head() for at in self.conversations if at.hot}
        assert self.journal.heads(names) == hot
        for at in self.conversations:
            expected = [Known(key, each.seq, each.id, each.created_at) for key, each in at.known.items()]
            assert self.journal.known(at.name) == (expected if at.hot else [])
        for reader in READERS:
            left = [place for place in self.log if place not in self.passed[reader]]
            oldest = min((self.entry(*place).created_at for place in left), default=None)
            depth = self.journal.depth(reader)
            assert (depth.entries, depth.oldest_ms) == (len(left), oldest)

    def entry(self, name: str, seq: int) -> Numbered:
        """An entry of the model."""
        return next(at for at in self.conversations if at.name == name).entries[seq - 1]

    def passed_by_all(self, at: ModelConversation, seq: int) -> bool:
        """Whether every reader passed it."""
        return all((at.name, seq) in passed for passed in self.passed.values())


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_the_journal_is_the_model(kind: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue("redis_url") if kind == "redis" else ""
    with tempfile.TemporaryDirectory() as folder:

        class Machine(JournalMachine):
            def new_place(self) -> str:
                if kind == "redis":
                    return f"redis {url} {new_id()}"
                return f"sqlite {Path(folder) / new_id()}"

        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=25,
                stateful_step_count=40,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
