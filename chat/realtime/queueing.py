"""Tells those who wait, and those who watch them, their place in the queue whenever it changes.

Each process asks for the places of what is followed here, in a thread, at most once a second, and sends
`conversation` frames for the ones that moved.
"""

from __future__ import annotations

from typing import Final

from chat import ports
from chat.blocking import in_thread
from chat.delivery import places
from chat.delivery.hub import Signal, conversation_payload, hub
from chat.states import cached

EVERY_S: Final = 1.0
_CHUNK: Final = 2_000


async def tell_places() -> None:
    """One look. Raises `DatabaseError` when the database is away: the next turn asks again."""
    reception = ports.reception()
    if reception is None:
        return
    waiting = [each for each in hub.conversations() if _waits(each)]
    for start in range(0, len(waiting), _CHUNK):
        chunk = waiting[start : start + _CHUNK]
        found = await in_thread(reception.places, chunk)
        for conversation in places.keep(found, chunk):
            known = cached(conversation)
            if known is not None and known.state.status == "queued":
                hub.signal([Signal(conversation, "conversation", conversation_payload(known.state))])


def _waits(conversation: str) -> bool:
    known = cached(conversation)
    return known is not None and known.state.status == "queued"
