"""The journal in Redis: for several processes and machines.

Scripts and keys: redis_scripts.py. Connections, and what a server must be set to: redis_server.py.

`appendfsync always` is required: the server then answers after the fsync of what it was told, so one script
call for a whole batch costs one fsync, and an outcome is never handed out before it. With replicas, `WAIT`
after it.

A call that times out may have been carried out. Whoever retries is safe: a message comes with the same
client_msg_id and is found to be stored; an act comes with an expectation that no longer holds, is refused,
and is decided anew upon a state that shows it done. Only an append with neither could be written twice, so
posting writes none.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from chat.journal import redis_scripts as lua
from chat.journal.base import (
    Append,
    Cold,
    Depth,
    Head,
    Known,
    LogItem,
    Numbered,
    Outcome,
    Refused,
    Stored,
    Warmth,
)
from chat.journal.redis_server import JournalServer
from chat.protocol.entry import now_ms as clock_ms
from chat.protocol.entry import number, split_unnumbered

_PACK: Final = msgspec.msgpack.Encoder().encode
_UNPACK: Final = msgspec.msgpack.Decoder(list[list[Any]]).decode

_MARKS: Final = {"act": 1, "human": 2}
_CHUNK: Final = 500  # of anything in one script: the server serves nobody else meanwhile
_MOST_APPENDS: Final = 2000  # in one script: a script can return at most some 8,000 values


class RedisJournal:
    """`chat.journal.base.Journal` on one Redis (6.2 or newer) or the master of a replicated one.

    `min_replicas`: how many replicas must have an entry before it counts as stored (Sentinel setups: 1).
    """

    def __init__(
        self,
        url: str,
        *,
        shards: int = 8,
        prefix: str = "kefu",
        min_replicas: int = 0,
        timeout_s: float = 3.0,
    ) -> None:
        self.shards = shards
        self._prefix = f"{prefix}:journal:"
        self._marks = "1" if min_replicas else "0"
        self._server = JournalServer(
            url, self._prefix, shards=shards, min_replicas=min_replicas, timeout_s=timeout_s
        )
        self._redis = self._server.client
        script = self._redis.register_script
        self._write = script(lua.WRITE)
        self._warm = script(lua.WARM)
        self._heads = script(lua.HEADS)
        self._read_batch = script(lua.READ_BATCH)
        self._advance = script(lua.ADVANCE)
        self._depth = script(lua.DEPTH)
        self._trim = script(lua.TRIM)
        self._forget = script(lua.FORGET)
        self._claim = script(lua.CLAIM)
        self._release = script(lua.RELEASE)

    # --- opening and closing ------------------------------------------------------------------------------

    def open(self) -> None:
        """Check the server's settings; take over the number of shards that the journal was made with."""
        with self._server.asking():
            self._redis.ping()
        self.shards = self._server.shards

    def close(self) -> None:
        """Close all connections; the next call opens new ones."""
        self._server.close()

    def check(self) -> None:
        """Prove that a write can be made durable now; raises JournalUnavailable."""
        with self._server.asking():
            self._redis.hset(self._prefix + "meta", "checked", str(clock_ms()))
            self._server.await_replicas(self._redis)

    def epoch(self) -> str | None:
        """The journal's name, None before it was given one."""
        with self._server.asking():
            return self._server.read_epoch()

    def set_epoch(self, epoch: str) -> None:
        """Name the journal."""
        with self._server.asking():
            self._redis.hset(self._prefix + "meta", "epoch", epoch)
            self._server.read_epoch()

    # --- writing ------------------------------------------------------------------------------------------

    def write(self, batch: Sequence[Append], now_ms: int) -> list[Outcome]:
        """See the contract. One script call for up to 2,000 appends.

        Raises DamagedConversation for a batch with a conversation whose keys contradict each other.
        """
        outcomes: list[Outcome] = []
        for first in range(0, len(batch), _MOST_APPENDS):
            outcomes += self._write_some(batch[first : first + _MOST_APPENDS], now_ms)
        return outcomes

    def _write_some(self, batch: Sequence[Append], now_ms: int) -> list[Outcome]:
        args = (self._prefix, now_ms, self._marks, self._packed(batch))
        with self._server.asking(), self._server.one_connection() as client:
            answer: Any = self._write(args=args, client=client)
            self._server.await_replicas(client)
        outcomes: list[Outcome] = []
        for append, outcome in zip(batch, _UNPACK(answer[0]), strict=True):
            match outcome:
                case [0, seq]:
                    outcomes.append(
                        Stored(
                            tuple(
                                Numbered(draft.id, seq + i, now_ms, number(draft.raw, seq + i, now_ms))
                                for i, draft in enumerate(append.drafts)
                            )
                        )
                    )
                case [1, seq, created_at, id_, text]:
                    body = answer[text] if text else b""
                    outcomes.append(Stored((Numbered(id_, seq, created_at, body),), repeated=True))
                case [2, head, act_seq, human_seq, text]:
                    outcomes.append(
                        Refused(Head(append.conversation, head, act_seq, human_seq, answer[text] or b""))
                    )
                case _:
                    outcomes.append(Cold(append.conversation))
        return outcomes

    def _packed(self, batch: Sequence[Append]) -> bytes:
        appends: list[tuple[Any, ...]] = []
        for append in batch:
            bearer, key = 0, ""
            drafts: list[str] = []
            for place, draft in enumerate(append.drafts, 1):
                if draft.client_msg_id is not None:
                    bearer, key = place, draft.client_msg_id
                before_seq, before_time = split_unnumbered(draft.raw)
                drafts += (draft.id, before_seq.decode(), before_time.decode())
            expect = append.expect
            appends.append(
                (
                    append.conversation,
                    self.shard_of(append.conversation),
                    _MARKS[expect.mark] if expect else 0,
                    expect.seq if expect else 0,
                    append.human,
                    append.state.decode() if append.state else "",
                    bearer,
                    key,
                    drafts,
                )
            )
        return _PACK(appends)

    def warm(self, conversations: Sequence[Warmth]) -> None:
        """See the contract."""
        for first in range(0, len(conversations), _CHUNK):
            packed = _PACK(
                [
                    (
                        warmth.head.conversation,
                        self.shard_of(warmth.head.conversation),
                        warmth.head.head,
                        warmth.head.act_seq,
                        warmth.head.human_seq,
                        warmth.head.state.decode(),
                        [
                            each
                            for known in warmth.known
                            for each in (known.client_msg_id, f"{known.seq}:{known.created_at}:{known.id}")
                        ],
                    )
                    for warmth in conversations[first : first + _CHUNK]
                ]
            )
            with self._server.asking():
                self._warm(args=(self._prefix, clock_ms(), packed))

    # --- reading ------------------------------------------------------------------------------------------

    def heads(self, conversations: Sequence[str]) -> dict[str, Head]:
        """See the contract."""
        found: dict[str, Head] = {}
        for first in range(0, len(conversations), _CHUNK):
            with self._server.asking():
                rows: Any = self._heads(args=(self._prefix, *conversations[first : first + _CHUNK]))
            for name, head, act_seq, human_seq, state in rows:
                conversation = name.decode()
                found[conversation] = Head(conversation, int(head), int(act_seq), int(human_seq), state)
        return found

    def read_after(self, conversation: str, after_seq: int, limit: int) -> list[tuple[int, bytes]]:
        """See the contract."""
        return self._range(conversation, f"({after_seq}", "+", limit)

    def read_range(self, conversation: str, first_seq: int, last_seq: int) -> list[tuple[int, bytes]]:
        """See the contract."""
        if last_seq < first_seq:
            return []
        return self._range(conversation, str(first_seq), str(last_seq), last_seq - first_seq + 1)

    def _range(self, conversation: str, first: str, last: str, limit: int) -> list[tuple[int, bytes]]:
        with self._server.asking():
            rows: Any = self._redis.xrange(f"{self._prefix}body:{conversation}", first, last, limit)
        return [(int(id_.partition(b"-")[0]), fields[b"b"]) for id_, fields in rows]

    def each_head(self) -> Iterator[Head]:
        """See the contract. One that is touched meanwhile may come later, with its new head; none comes
        twice."""
        given: set[str] = set()
        for shard in range(self.shards):
            cursor = 0
            while True:
                with self._server.asking():
                    answer: Any = self._redis.zscan(f"{self._prefix}touched:{shard}", cursor, count=_CHUNK)
                cursor, found = answer
                new = [name for name in (each.decode() for each, _ in found) if name not in given]
                given.update(new)
                yield from self.heads(new).values()
                if cursor == 0:
                    break

    def known(self, conversation: str) -> list[Known]:
        """See the contract."""
        with self._server.asking():
            found: Any = self._redis.hgetall(f"{self._prefix}known:{conversation}")
        known = []
        for key, value in found.items():
            seq, created_at, id_ = value.decode().split(":", 2)
            known.append(Known(key.decode(), int(seq), id_, int(created_at)))
        return sorted(known, key=lambda each: each.seq)

    # --- readers of the log -------------------------------------------------------------------------------

    def claim(self, reader: str, shard: int, owner: str, ttl_s: float) -> bool:
        """See the contract. The server's clock counts."""
        with self._server.asking():
            return bool(self._claim(args=(self._lease(reader, shard), owner, max(1, int(ttl_s * 1000)))))

    def release(self, reader: str, shard: int, owner: str) -> None:
        """See the contract."""
        with self._server.asking():
            self._release(args=(self._lease(reader, shard), owner))

    def read_batch(self, reader: str, shard: int, limit: int) -> list[LogItem]:
        """See the contract."""
        with self._server.asking():
            rows: Any = self._read_batch(args=(self._prefix, reader, shard, limit))
        return [
            LogItem(rows[i].decode(), rows[i + 1].decode(), int(rows[i + 2]), rows[i + 3])
            for i in range(0, len(rows), 4)
        ]

    def advance(self, reader: str, shard: int, position: str) -> None:
        """See the contract."""
        with self._server.asking():
            self._advance(args=(self._prefix, reader, shard, position))

    def depth(self, reader: str) -> Depth:
        """See the contract."""
        with self._server.asking():
            answer: Any = self._depth(args=(self._prefix, reader, self.shards))
        entries, oldest = answer
        return Depth(int(entries), int(oldest) if oldest else None)

    def trim(self, readers: Sequence[str], now_ms: int, keep_ms: int, idle_ms: int) -> tuple[int, int]:
        """See the contract. In short scripts, so that appends come through in between."""
        dropped = forgotten = 0
        for shard in range(self.shards):
            passed = self._passed(readers, shard)
            while True:
                with self._server.asking():
                    count: Any = self._trim(args=(self._prefix, shard, passed, now_ms, keep_ms, _CHUNK))
                dropped += count
                if count < _CHUNK:
                    break
            # Silent for long, or touched under a clock that ran ahead.
            for touched in (("-inf", f"({now_ms - idle_ms}"), (f"({now_ms + idle_ms}", "+inf")):
                skip, looked_at = 0, _CHUNK
                while looked_at == _CHUNK:
                    with self._server.asking():
                        answer: Any = self._forget(args=(self._prefix, shard, passed, *touched, skip, _CHUNK))
                    looked_at, gone, bodies = answer
                    forgotten += gone
                    dropped += bodies
                    skip += looked_at - gone
        return dropped, forgotten

    def _passed(self, readers: Sequence[str], shard: int) -> int:
        with self._server.asking():
            last: Any = self._redis.hget(self._prefix + "last", str(shard))
            positions: list[Any] = [
                self._redis.hget(f"{self._prefix}reader:{r}", str(shard)) for r in readers
            ]
        return min(int(each or 0) for each in (last, *positions))

    def shard_of(self, conversation: str) -> int:
        """The shard a conversation lives in."""
        return zlib.crc32(conversation.encode()) % self.shards

    def _lease(self, reader: str, shard: int) -> str:
        return f"{self._prefix}lease:{reader}:{shard}"
