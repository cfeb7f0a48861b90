"""A long poll between its requests: who it is, what it follows, which entries are its own.

The record lives in the cache (memory in one process, Redis in several), so any process can serve the next
request; positions travel in the client's cursor, so nothing is lost with a record but typing and receipts.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
from typing import Any, Final

import msgspec
from django.conf import settings
from django.core.cache import cache

from chat.blocking import beside_database
from chat.delivery.frames import Delivery
from chat.delivery.hub import Signal, hub
from chat.delivery.outbound import outbound
from chat.errors import KefuError
from chat.realtime.outlet import ListOutlet
from chat.realtime.tokens import Claims

#: A poll nobody asks for any more is forgotten; the client starts anew and resumes.
IDLE_S: Final = 120
_GO: Final = "go"
MAX_OWN: Final = 200  # own entries a record remembers so that they are not given back as messages


class Link(msgspec.Struct):
    """One poll. `follows`: conversation → position when it was followed; `own`: [conversation, client_msg_id]
    of what was sent over it.
    """

    id: str
    kind: str
    person: str
    follows: dict[str, int] = {}
    own: list[tuple[str, str]] = []


_ENCODER = msgspec.json.Encoder()
_LINKS = msgspec.json.Decoder(Link)
_POSITIONS = msgspec.json.Decoder(dict[str, int])
_locks: dict[str, asyncio.Lock] = {}


def new_link(claims: Claims) -> Link:
    """A poll with an unguessable id."""
    return Link(secrets.token_urlsafe(18), claims.kind, claims.id)


async def load(link_id: str, claims: Claims) -> Link:
    """The poll, when it exists and belongs to this person. Raises `not_found` otherwise."""
    if len(link_id) > 64:
        raise KefuError("not_found", "no such poll")
    raw = await _call(cache.get, _key(link_id))
    if raw is None:
        raise KefuError("not_found", "no such poll")
    link = _LINKS.decode(raw)
    if (link.kind, link.person) != (claims.kind, claims.id):
        raise KefuError("not_found", "no such poll")
    return link


async def save(link: Link) -> None:
    """Keep the poll for another `IDLE_S` seconds."""
    link.own = link.own[-MAX_OWN:]
    await _call(cache.set, _key(link.id), _ENCODER.encode(link), IDLE_S)


async def keep(link_id: str) -> None:
    """Let the poll live for another `IDLE_S` seconds."""
    await _call(cache.touch, _key(link_id), IDLE_S)


async def end(link_id: str) -> None:
    """Forget the poll and end what it holds here."""
    await _call(cache.delete, _key(link_id))
    let_go(link_id)


def lock(link_id: str) -> asyncio.Lock:
    """Requests that change one poll's record take turns within this process."""
    if len(_locks) > 10_000:
        for name in [name for name, each in _locks.items() if not each.locked()]:
            del _locks[name]
    return _locks.setdefault(link_id, asyncio.Lock())


class Held:
    """A held answer as its poll's subscriber in the hub: any word there lets it go with what it has."""

    def __init__(self, link_id: str, outlet: ListOutlet) -> None:
        self.origin: object = self
        self.own: set[tuple[str, str]] = set()
        self._topic = _topic(link_id)
        self._outlet = outlet

    def __enter__(self) -> Held:
        """Hold; a newer answer ends an older one."""
        outbound.signal(Signal(self._topic, _GO, {}))
        hub.subscribe(self._topic, self)
        return self

    def __exit__(self, *error: object) -> None:
        """The answer goes out."""
        hub.unsubscribe(self._topic, self)

    def signal(self, topic: str, kind: str, payload: dict[str, Any]) -> None:
        """See `Subscriber`."""
        self._outlet.ready.set()

    def offer(self, delivery: Delivery) -> None:
        """See `Subscriber`; a poll's topic carries no entries."""

    def behind(self, conversation: str, head: int) -> bool:
        """See `Subscriber`."""
        return False

    def heal(self, conversation: str) -> None:
        """See `Subscriber`."""


async def remember_own(link: Link, sent: list[tuple[str, str]]) -> None:
    """Note what is about to be sent, before it is: a GET may read the log at any moment."""
    link.own = [*(own for own in link.own if own not in sent), *sent]
    await save(link)
    # Whoever is held here by now may have read the record before this; whoever comes later reads it after.
    for held in hub.subscribers(_topic(link.id)):
        if isinstance(held, Held):
            held.own.update(sent)


def let_go(link_id: str) -> None:
    """End the answer that is being held, in whatever process: it goes out with what it has."""
    outbound.signal(Signal(_topic(link_id), _GO, {}))


def encode_cursor(positions: dict[str, int]) -> str:
    """Positions as a short text that is safe in a query string."""
    return base64.urlsafe_b64encode(_ENCODER.encode(positions)).rstrip(b"=").decode()


def decode_cursor(text: str) -> dict[str, int]:
    """The positions in a cursor. Raises `invalid`."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return _POSITIONS.decode(raw)
    except (ValueError, msgspec.DecodeError):
        raise KefuError("invalid", "that is no cursor of ours") from None


def _topic(link_id: str) -> str:
    return f"poll:{link_id}"


def _key(link_id: str) -> str:
    return f"poll:{link_id}"


async def _call(function: Any, *arguments: Any) -> Any:
    # Local memory answers in microseconds; Redis is waited for on a thread.
    if settings.KEFU_SCALED:
        return await beside_database(function, *arguments)
    return function(*arguments)
