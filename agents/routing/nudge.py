"""Telling the router that there may be something to do, and colleagues how loads changed; never holding up
who wrote it (`chat.nudging`). A drain that runs in this very process is told instead of Celery.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Final

from django.db import connection

from agents.presence.telling import tell
from chat.nudging import Nudger
from chat.persistence.reader import Gate
from chat.ports import Moved

TELL_EVERY_S: Final = 0.5
"""Loads are shown to people: twice a second is as live as anybody can read."""

gate: Final = Gate()
"""One drain a process."""

_loads: set[str] = set()
_loads_lock = threading.Lock()


def nudge_routing(moved: Sequence[Moved] = ()) -> None:
    """Have the queue looked at soon; never raises. `moved`: what was persisted, for the loads it changed."""
    tell_loads(
        str(person["id"])
        for each in moved
        for person in _people(each)
        if isinstance(person, dict) and person.get("id")
    )
    wake()


def tell_loads(agents: Iterable[str]) -> None:
    """Have these agents' loads told to their colleagues soon."""
    with _loads_lock:
        _loads.update(agents)
        changed = bool(_loads)
    if changed:
        telling.wish()


def wake() -> None:
    """Have the queue looked at soon."""
    nudger.wish()


def _people(moved: Moved) -> Iterable[object]:
    if moved.state.agent is not None:
        yield {"id": moved.state.agent.id}
    for step in moved.steps:
        yield step.data.get("agent")
        yield step.data.get("from")


def _tell() -> None:
    with _loads_lock:
        agents = sorted(_loads)
        _loads.clear()
    try:
        tell(agents)
    finally:
        connection.close()


def _send() -> None:
    from agents.tasks import route

    route.apply_async(retry=False, ignore_result=True)


nudger: Final = Nudger("routing", _send, knock=gate.knock)
telling: Final = Nudger("loads", _tell, spacing_s=TELL_EVERY_S)
