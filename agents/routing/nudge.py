"""Telling the router that there may be something to do, and colleagues how loads changed; never holding up
who wrote it.

Like `chat.persistence.nudge`: the writer sets a flag, one thread a process makes at most one task each 50 ms
of it, and a drain that runs in this very process is told instead. A lost nudge changes nothing: the sweep
comes every second.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Final

import structlog
from django.db import connection

from agents.presence.telling import tell
from chat.persistence.reader import Gate
from chat.ports import Moved

log = structlog.get_logger(__name__)

SPACING_S: Final = 0.05
BROKER_DOWN_S: Final = 1.0  # as often as the sweep: more would not help
TELL_EVERY_S: Final = 0.5
"""Loads are shown to people: twice a second is as live as anybody can read."""

gate: Final = Gate()
"""One drain a process."""

_wanted = threading.Event()
_start = threading.Lock()
_thread: threading.Thread | None = None
_pid = 0
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


def wake() -> None:
    """Set the flag and see that somebody looks at it."""
    if _wanted.is_set() and _pid == os.getpid():
        return
    _wanted.set()
    if _thread is None or _pid != os.getpid():
        _ensure_thread()


def _people(moved: Moved) -> Iterable[object]:
    if moved.state.agent is not None:
        yield {"id": moved.state.agent.id}
    for step in moved.steps:
        yield step.data.get("agent")
        yield step.data.get("from")


def _ensure_thread() -> None:
    global _thread, _pid
    with _start:
        if _thread is not None and _pid == os.getpid():
            return
        _pid = os.getpid()
        _thread = threading.Thread(target=_run, name="routing-nudge", daemon=True)
        _thread.start()


def _run() -> None:
    """Every wish after a send is seen at the next turn. Loads are told when half a second has passed."""
    told = 0.0
    while True:
        _wanted.wait(TELL_EVERY_S if _loads else None)
        sent = True
        if _wanted.is_set():
            _wanted.clear()
            sent = gate.knock() or _send()
        if _loads and time.monotonic() - told >= TELL_EVERY_S:
            told = time.monotonic()
            _tell()
        time.sleep(SPACING_S if sent else BROKER_DOWN_S)


def _tell() -> None:
    with _loads_lock:
        agents = sorted(_loads)
        _loads.clear()
    try:
        tell(agents)
    except Exception as error:
        log.warning("loads_not_told", error=type(error).__name__)
    finally:
        connection.close()


def _send() -> bool:
    from agents.tasks import route

    try:
        route.apply_async(retry=False, ignore_result=True)
    except Exception as error:  # whatever the broker's client raises, nobody waits for it
        log.warning("nudge_not_sent", error=type(error).__name__)
        return False
    return True
