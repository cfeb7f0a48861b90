"""The last known places of waiting conversations, for frames that must not wait for the database.

Filled by the sweep of `chat.realtime.queueing`; a place is forgotten as soon as its conversation waits no
more. Dictionary operations are atomic, so threads and the event loop share it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from chat.ports import Place

#: About 200 bytes each.
MAX_PLACES: Final = 50_000

_places: dict[str, Place] = {}


def at_hand(conversation: str) -> Place | None:
    """The place as last looked up, None when nobody knows it."""
    return _places.get(conversation)


def keep(found: Mapping[str, Place], asked: Iterable[str]) -> list[str]:
    """Take in an answer for `asked`; returns those whose place is another now."""
    changed = []
    for conversation in asked:
        place = found.get(conversation)
        if _places.get(conversation) == place:
            continue
        changed.append(conversation)
        if place is None:
            _places.pop(conversation, None)
        elif conversation in _places or len(_places) < MAX_PLACES:
            _places[conversation] = place
    return changed


def forget(conversation: str) -> None:
    """It waits no more."""
    _places.pop(conversation, None)


def payload(place: Place | None) -> dict[str, Any] | None:
    """A place as frames and REST tell it."""
    return None if place is None else {"position": place.position, "eta_s": place.eta_s}
