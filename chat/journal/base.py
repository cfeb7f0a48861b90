"""The journal's contract: an ordered, durable log per conversation, with one writer's view of it.

Everything else in the system is a reader of this log. Two forms keep the same contract and the same contract
suite (`tests/journal/`): a SQLite file for one machine, Redis for several. Both are synchronous on purpose:
the group commit (`group_commit.py`) is one thread that hands them everything that arrived while the last
write was under way, which costs one thread switch per batch instead of one event-loop round trip per entry.

Pure types here; no Django.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, Protocol

import msgspec


class JournalUnavailable(Exception):
    """The write or read did not happen (disk full, locked, connection lost). Nothing was half-written; retry
    later.

    A write whose answer was lost on the way may have happened whole. Trying again with the same
    `client_msg_id` finds it (`repeated`), and an act's expectation is refused, so both are safe; an append
    with neither is not.
    """


class JournalEmptied(Exception):
    """The journal's epoch is not the one the database knows: it was emptied or replaced behind our back."""


class Draft(msgspec.Struct, frozen=True):
    """An entry before numbering.

    `raw` is `protocol.entry.encode_unnumbered(...)`; `id` and `client_msg_id` repeat what stands in it.
    """

    id: str
    client_msg_id: str | None
    raw: bytes


class Expectation(msgspec.Struct, frozen=True):
    """Append only while the conversation's mark still is `seq`: `act` is the last act, `human` the last word
    or act of an agent."""

    mark: Literal["act", "human"]
    seq: int


class Append(msgspec.Struct, frozen=True):
    """Entries to write together, at once or not at all.

    At most one draft bears a `client_msg_id`; when that id is already known in the conversation the answer is
    `Stored` with `repeated=True` and nothing is written, whatever `expect` says (a retry is the same message
    a year later). `state`: the conversation's new snapshot when one of the drafts is an act, which also moves
    the act mark to the last draft's seq; UTF-8 text. `human`: moves the human mark likewise. `origin` is
    opaque and returned to the listener.
    """

    conversation: str
    drafts: tuple[Draft, ...]
    expect: Expectation | None = None
    state: bytes | None = None
    human: bool = False
    origin: object | None = None


class Numbered(msgspec.Struct, frozen=True):
    """An entry as stored. `created_at` in ms. `body` is its JSON bytes; empty only for a repeat whose body
    was trimmed."""

    id: str
    seq: int
    created_at: int
    body: bytes


class Stored(msgspec.Struct, frozen=True):
    """Durable now. `repeated`: it was before; then `entries` holds just the entry that bore the same
    `client_msg_id`."""

    entries: tuple[Numbered, ...]
    repeated: bool = False


class Head(msgspec.Struct, frozen=True):
    """Where a conversation stands: last seq, its marks, and the snapshot that holds at `act_seq`."""

    conversation: str
    head: int
    act_seq: int
    human_seq: int
    state: bytes


class Refused(msgspec.Struct, frozen=True):
    """The expectation no longer held; nothing was written. `head` is how it stands now."""

    head: Head


class Cold(msgspec.Struct, frozen=True):
    """The journal does not hold this conversation: `warm` it from the database and append again."""

    conversation: str


Outcome = Stored | Refused | Cold


class Known(msgspec.Struct, frozen=True):
    """A message id that must stay known: (client_msg_id → where it is)."""

    client_msg_id: str
    seq: int
    id: str
    created_at: int


class Warmth(msgspec.Struct, frozen=True):
    """All that the journal needs to go on numbering a conversation it does not hold."""

    head: Head
    known: tuple[Known, ...] = ()


class LogItem(msgspec.Struct, frozen=True, gc=False):
    """One entry as a reader sees it. `position` grows in the order of writing within a shard."""

    position: str
    conversation: str
    seq: int
    body: bytes


class Depth(msgspec.Struct, frozen=True):
    """How far a reader is behind: entries not yet passed, and the oldest one's `created_at` (ms), None when
    none."""

    entries: int
    oldest_ms: int | None


class Journal(Protocol):
    """What both forms do. Every method may raise `JournalUnavailable` and is safe to call from any thread."""

    shards: int
    """How many independent logs readers walk. A conversation lives in one shard for ever."""

    def open(self) -> None:
        """Connect, create what is missing, refuse unsafe durability settings (`JournalUnavailable` says
        why)."""

    def close(self) -> None:
        """Give back connections and files."""

    def check(self) -> None:
        """Prove that a write can be made durable now; for the readiness probe after a failure."""

    def epoch(self) -> str | None:
        """The random name this journal was given when it was first used, None when it is new or was
        emptied."""

    def set_epoch(self, epoch: str) -> None:
        """Name the journal."""

    def write(self, batch: Sequence[Append], now_ms: int) -> list[Outcome]:
        """Write a batch durably, in order; one outcome per append. All of it is on disk when this returns."""

    def warm(self, conversations: Sequence[Warmth]) -> None:
        """Take in cold conversations. One that is hot already is left as it is."""

    def heads(self, conversations: Sequence[str]) -> dict[str, Head]:
        """Heads of the hot ones among them."""

    def read_after(self, conversation: str, after_seq: int, limit: int) -> list[tuple[int, bytes]]:
        """(seq, body) of entries above `after_seq` still held here, ascending. The first may lie beyond
        after_seq + 1 when older bodies were trimmed: those are in the database."""

    def read_range(self, conversation: str, first_seq: int, last_seq: int) -> list[tuple[int, bytes]]:
        """(seq, body) of entries first_seq..last_seq (inclusive) still held here, ascending."""

    def claim(self, reader: str, shard: int, owner: str, ttl_s: float) -> bool:
        """Lease a shard to one owner of a reader, or renew it. False when another owner's lease lives."""

    def release(self, reader: str, shard: int, owner: str) -> None:
        """Give a lease back early."""

    def read_batch(self, reader: str, shard: int, limit: int) -> list[LogItem]:
        """The next entries this reader has not passed, in order. Reading again without `advance` gives them
        again."""

    def advance(self, reader: str, shard: int, position: str) -> None:
        """Pass everything up to and including `position` (never moves back)."""

    def depth(self, reader: str) -> Depth:
        """How far behind the reader is, over all shards."""

    def trim(self, readers: Sequence[str], now_ms: int, keep_ms: int, idle_ms: int) -> tuple[int, int]:
        """Drop bodies that all `readers` passed and that are older than `keep_ms`; forget whole conversations
        that all readers passed and that were silent for `idle_ms`. Returns (bodies dropped, conversations
        forgotten). Message ids of hot conversations stay known."""

    def each_head(self) -> Iterator[Head]:
        """Every hot conversation, for audits."""

    def known(self, conversation: str) -> list[Known]:
        """Every message id known for a hot conversation, trimmed or not, ascending by seq; for audits."""
