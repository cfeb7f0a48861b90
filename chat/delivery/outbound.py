"""From the journal's writer to every connection that follows: here at once, elsewhere through the channel
layer.

The layer is an existing engine (channels_redis) and treated as lossy: whoever misses something reads the
journal. One layer message per target process and gathering of a few milliseconds; targets come from the
directory of leases, never from broadcasting.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import structlog
from channels.layers import get_channel_layer
from django.conf import settings

from chat.blocking import beside_database
from chat.conversation import encode_state
from chat.delivery.directory import Directory, open_directory
from chat.delivery.hub import Batch, Signal, hub
from chat.journal.base import Append, Head, Stored
from chat.states import cached, remember

log = structlog.get_logger(__name__)

#: How long entries for other processes gather before they leave, in seconds.
GATHER_S: Final = 0.003
#: What may wait for the layer; beyond it the oldest go, for the journal has them all.
MAX_WAITING: Final = 10_000


class Parcel(msgspec.Struct, frozen=True):
    """What one process tells another: entries and signals, encoded as MessagePack."""

    batches: list[Batch] = []
    signals: list[Signal] = []


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Parcel)
_tasks: set[asyncio.Task[Any]] = set()


def keep(task: asyncio.Task[Any]) -> None:
    """Hold a background task until it is done (the loop itself holds only weak references)."""
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


class Outbound:
    """This process's way to the others, and from the writer thread to its own hub."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.directory: Directory | None = None
        self.own_channel = ""
        self._batches: list[Batch] = []
        self._signals: list[Signal] = []
        self._pump: asyncio.Task[None] | None = None

    def stored(self, stored: Sequence[tuple[Append, Stored]]) -> None:
        """Listener of the group commit, on its writer thread: one hop to the loop per batch."""
        handover = [(_batch(append, result), append.origin) for append, result in stored]
        loop = self.loop
        if loop is not None:
            try:
                loop.call_soon_threadsafe(self._hand_over, handover)
            except RuntimeError:
                return  # the loop has ended: whoever connects next resumes from the journal
        elif settings.KEFU_SCALED:
            self._send_blocking(Parcel([batch for batch, _ in handover]))

    def announce(self, signals: Sequence[Signal]) -> None:
        """Tell topics' subscribers everywhere from any thread but an event loop's, and from processes that
        serve nobody; best effort, never raises for a layer that is away.
        """
        if not signals:
            return
        loop = self.loop
        if loop is not None:
            # A loop that has ended has nobody left to tell.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._signal_all, tuple(signals))
        elif settings.KEFU_SCALED:
            try:
                self._send_blocking(Parcel([], list(signals)))
            except Exception as error:
                log.warning("delivery.layer_failed", error=type(error).__name__)

    def _send_blocking(self, parcel: Parcel) -> None:
        """From a worker without connections of its own: it may block, so it tells the others by itself."""
        if self.directory is None:
            self.directory = open_directory("")
        asyncio.run(self._send(parcel))

    def _signal_all(self, signals: tuple[Signal, ...]) -> None:
        for signal in signals:
            self.signal(signal)

    def _hand_over(self, handover: list[tuple[Batch, object | None]]) -> None:
        hub.deliver(handover)
        if self.directory is not None:
            self._batches += [batch for batch, _ in handover]
            self._wake()

    def signal(self, signal: Signal, origin: object | None = None) -> None:
        """Tell a topic's subscribers everywhere; best effort. Call on the loop."""
        if isinstance(origin, str):
            signal = msgspec.structs.replace(signal, origin=origin)
        hub.signal((signal,), origin)
        if self.directory is not None:
            self._signals.append(signal)
            self._wake()

    def _wake(self) -> None:
        # While a layer hangs, nobody takes what waits for it.
        if len(self._batches) > 2 * MAX_WAITING:
            del self._batches[:-MAX_WAITING]
        if len(self._signals) > 2 * MAX_WAITING:
            del self._signals[:-MAX_WAITING]
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._run())
            keep(self._pump)

    async def _run(self) -> None:
        while self._batches or self._signals:
            await asyncio.sleep(GATHER_S)
            parcel = Parcel(self._batches[-MAX_WAITING:], self._signals[-MAX_WAITING:])
            self._batches, self._signals = [], []
            try:
                await self._send(parcel)
            except Exception as error:
                log.warning("delivery.layer_failed", error=type(error).__name__)

    async def _send(self, parcel: Parcel) -> None:
        assert self.directory is not None
        layer = get_channel_layer()
        topics = {topic for batch in parcel.batches for topic in batch_topics(batch)}
        topics |= {signal.topic for signal in parcel.signals}
        where = await beside_database(self.directory.find, sorted(topics))
        batches: dict[str, list[Batch]] = defaultdict(list)
        signals: dict[str, list[Signal]] = defaultdict(list)
        for batch in parcel.batches:
            for process in {name for topic in batch_topics(batch) for name in where.get(topic, ())}:
                batches[process].append(batch)
        for item in parcel.signals:
            for process in where.get(item.topic, ()):
                signals[process].append(item)
        for process in (batches.keys() | signals.keys()) - {self.own_channel}:
            encoded = _ENCODER.encode(Parcel(batches.get(process, []), signals.get(process, [])))
            await layer.send(process, {"type": "parcel", "data": encoded})

    def take_in(self, data: bytes) -> None:
        """A parcel from another process."""
        parcel = _DECODER.decode(data)
        for batch in parcel.batches:
            if batch.acted and batch.snapshot is not None:
                _learn(batch, batch.snapshot)
        hub.deliver([(batch, batch.origin) for batch in parcel.batches])
        hub.signal(parcel.signals)


def _learn(batch: Batch, snapshot: bytes) -> None:
    """Rights are asked of the cached state, so an act of another process must reach it before the frames."""
    known, seq = cached(batch.conversation), batch.bodies[-1][0]
    if known is not None and known.head < seq:
        remember(Head(batch.conversation, seq, seq, known.human_seq, snapshot))


def batch_topics(batch: Batch) -> tuple[str, ...]:
    """The topics whose subscribers a batch concerns."""
    if batch.site is None:
        return (batch.conversation,)
    return (batch.conversation, f"site:{batch.site}")


def _batch(append: Append, stored: Stored) -> Batch:
    snapshot, site = append.state, None
    first = stored.entries[0]
    if snapshot is not None or first.seq == 1:
        known = cached(append.conversation)
        if known is not None:
            site = known.state.site
            # The first word makes a conversation visible to the people who answer.
            snapshot = snapshot or encode_state(known.state)
    bodies = tuple((entry.seq, entry.body) for entry in stored.entries)
    origin = append.origin if isinstance(append.origin, str) else None
    acted = append.state is not None
    return Batch(append.conversation, bodies, snapshot, site, acted, first.created_at, origin)


outbound: Final = Outbound()


def announce(signals: Sequence[Signal]) -> None:
    """See `Outbound.announce`."""
    outbound.announce(signals)
