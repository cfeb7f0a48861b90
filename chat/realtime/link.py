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

from chat.errors import KefuError
from chat.realtime.outlet import ListOutlet
from chat.realtime.tokens import Claims

#: A poll nobody asks for any more is forgotten; the client starts anew and resumes.
IDLE_S: Final = 120
MAX_OWN: Final = 200  # own entries a record remembers so that they are not given back as messages


class Link(msgspec.Struct):
    """One poll. `follows`: conversation → position when it was followed; `own`: [conversation, seq]
    acknowledged.
    """

    id: str
    kind: str
    person: str
    follows: dict[str, int] = {}
    own: list[tuple[str, int]] = []


_ENCODER = msgspec.json.Encoder()
_LINKS = msgspec.json.Decoder(Link)
_POSITIONS = msgspec.json.Decoder(dict[str, int])
_held: dict[str, ListOutlet] = {}
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


def hold(link_id: str, outlet: ListOutlet) -> None:
    """This answer is being held; a newer one ends it."""
    let_go(link_id)
    _held[link_id] = outlet


def release(link_id: str, outlet: ListOutlet) -> None:
    """The answer has gone."""
    if _held.get(link_id) is outlet:
        del _held[link_id]


def let_go(link_id: str) -> None:
    """End an older held answer: it goes out with what it has."""
    older = _held.pop(link_id, None)
    if older is not None:
        older.ready.set()


def close_all(code: int) -> None:
    """Close every held answer."""
    for outlet in list(_held.values()):
        outlet.close(code)


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


def _key(link_id: str) -> str:
    return f"poll:{link_id}"


async def _call(function: Any, *arguments: Any) -> Any:
    # Local memory answers in microseconds; Redis is waited for on a thread.
    if settings.KEFU_SCALED:
        return await asyncio.to_thread(function, *arguments)
    return function(*arguments)
