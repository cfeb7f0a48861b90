"""Who is connected here: topics to subscribers of this process, and the handing over of what was stored.

A topic is a conversation's id, `site:<id>` for the people who answer for a site, or `poll:<id>`. Runs on the
event-loop thread alone, so it needs no lock; other threads enter through `loop.call_soon_threadsafe`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Protocol

import msgspec

from chat import metrics
from chat.conversation import State, decode_state, person_of
from chat.delivery import places
from chat.delivery.frames import Delivery
from chat.protocol.entry import now_ms

logger = logging.getLogger(__name__)

_SITE: Final = "site:"
#: What visitors get of a `conversation` frame.
VISITORS_SEE: Final = ("id", "status", "agent", "queue")
#: Conversations whose readers are remembered; forgetting them costs a frame too many.
MAX_READERS: Final = 50_000
_Readers = tuple[str | None, str | None, tuple[str, ...]]
_ANYBODY: Final[_Readers] = (None, None, ())


def site_topic(site: str) -> str:
    """The topic of the people who answer for a site."""
    return _SITE + site


class Subscriber(Protocol):
    """A connection's end: it keeps positions and decides what to send."""

    #: What stands for the connection behind it; what came from there is not given back.
    origin: object

    def offer(self, delivery: Delivery) -> None:
        """An entry was stored in a conversation this subscriber follows."""

    def signal(self, topic: str, kind: str, payload: dict[str, Any]) -> None:
        """A frame outside the log: typing, receipt, conversation, message.partial."""

    def behind(self, conversation: str, head: int) -> bool:
        """Whether it stands before `head` in the conversation."""

    def heal(self, conversation: str) -> None:
        """Read from the journal what it has not seen."""


class Batch(msgspec.Struct, frozen=True):
    """Entries of one append on their way to subscribers.

    `snapshot` and `site` come with acts, and with a first message, which makes the conversation visible to
    the people who answer: then they are told its status, and after an act so are those who follow it.
    `origin`: the poll that sent it, which may be held by another process than the one that took it.
    `stored_at`: ms since the epoch.
    """

    conversation: str
    bodies: tuple[tuple[int, bytes], ...]
    snapshot: bytes | None = None
    site: str | None = None
    acted: bool = False
    stored_at: int = 0
    origin: str | None = None


class Signal(msgspec.Struct, frozen=True):
    """A frame outside the log on its way to a topic's subscribers. `origin` as in `Batch`."""

    topic: str
    kind: str
    payload: dict[str, Any]
    origin: str | None = None


class Hub:
    """Topics to subscribers. A topic mostly has one or two, so they stand in a tuple: 48 bytes instead of a
    set's 216.
    """

    def __init__(self) -> None:
        self._topics: dict[str, tuple[Subscriber, ...]] = {}
        #: Who may read a conversation, as last announced here: group, agent, guests.
        self._readers: dict[str, _Readers] = {}
        #: Called with a topic when its first subscriber comes (True) or its last goes (False).
        self.on_topic: list[Any] = []

    def subscribe(self, topic: str, subscriber: Subscriber) -> None:
        """Follow a topic; following twice is following once."""
        present = self._topics.get(topic, ())
        if subscriber in present:
            return
        self._topics[topic] = (*present, subscriber)
        if not present:
            for call in self.on_topic:
                call(topic, True)

    def unsubscribe(self, topic: str, subscriber: Subscriber) -> None:
        """Stop following."""
        present = self._topics.get(topic)
        if present is None:
            return
        left = tuple(other for other in present if other is not subscriber)
        if left:
            self._topics[topic] = left
        else:
            del self._topics[topic]
            for call in self.on_topic:
                call(topic, False)

    def subscribers(self, topic: str) -> tuple[Subscriber, ...]:
        """Who follows a topic here."""
        return self._topics.get(topic, ())

    def topics(self) -> Iterator[str]:
        """Every topic somebody follows here."""
        return iter(list(self._topics))

    def conversations(self) -> list[str]:
        """Every conversation somebody follows here."""
        return [topic for topic in self._topics if ":" not in topic]

    def deliver(self, batches: Iterable[tuple[Batch, object | None]]) -> None:
        """Hand over entries, in order. The second of each pair is the connection that sent them, or None."""
        topics = self._topics
        oldest = 0
        for batch, origin in batches:
            subscribers = topics.get(batch.conversation)
            if subscribers is not None:
                oldest = oldest or batch.stored_at
                last = batch.bodies[-1][0]
                for seq, body in batch.bodies:
                    # A sender knows its own message, the last of an append, not the act that came before it.
                    delivery = Delivery(batch.conversation, seq, body, origin if seq == last else None)
                    for subscriber in subscribers:
                        try:
                            subscriber.offer(delivery)
                        except Exception:  # one that cannot take it must not keep it from the others
                            logger.exception("an entry could not be handed over")
            if batch.snapshot is not None:
                self._announce(batch, decode_state(batch.snapshot))
        if oldest:
            # One observation for what comes together: the delay of its oldest entry.
            metrics.DELIVERY_SECONDS.observe(max(0, now_ms() - oldest) / 1000)

    def signal(self, signals: Sequence[Signal], sender: object | None = None) -> None:
        """Hand over frames outside the log to everybody on their topics but the one they came from."""
        for item in signals:
            origin = item.origin or sender
            for subscriber in self._topics.get(item.topic, ()):
                if origin is None or subscriber.origin != origin:
                    subscriber.signal(item.topic, item.kind, item.payload)

    def _announce(self, batch: Batch, state: State) -> None:
        if state.status != "queued":
            places.forget(batch.conversation)
        payload = conversation_payload(state)
        moved = self._moved(state)
        told: set[int] = set()
        topics = [site_topic(state.site)]
        if batch.acted:
            topics.insert(0, batch.conversation)
        for topic in topics:
            for subscriber in self._topics.get(topic, ()):
                if id(subscriber) not in told:
                    told.add(id(subscriber))
                    subscriber.signal(batch.conversation, "conversation", payload)
                    if moved:
                        subscriber.signal(batch.conversation, "conversation.gone", payload)

    def _moved(self, state: State) -> bool:
        """Whether others may read it than when it was announced last."""
        readers = (
            state.group.id if state.group else None,
            state.agent.id if state.agent else None,
            tuple(guest.id for guest in state.guests),
        )
        before = self._readers.get(state.conversation, _ANYBODY)
        if before == readers:
            return False
        if len(self._readers) >= MAX_READERS:
            self._readers.clear()
        self._readers[state.conversation] = readers
        return readers[0] is not None


def conversation_payload(state: State) -> dict[str, Any]:
    """The `conversation` frame's payload. All but the first four are for the people who answer; a session
    leaves them out for visitors (`VISITORS_SEE`).
    """
    waits = state.status == "queued"
    return {
        "id": state.conversation,
        "status": state.status,
        "agent": person_of(state.agent),
        "queue": places.payload(places.at_hand(state.conversation)) if waits else None,
        "site": state.site,
        "group": person_of(state.group),
        "offered": state.offered,
        "guests": [person_of(guest) for guest in state.guests],
        "snoozed_until": state.snoozed_until,
        "labels": [person_of(label) for label in state.labels],
    }


hub: Final = Hub()
