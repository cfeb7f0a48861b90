"""The router's one action: drain the queue, once in this process at a time."""

from __future__ import annotations

import time
from typing import Final

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from agents.models import Pulse
from agents.routing.crew import Crew
from agents.routing.drain import Drain, Outcome
from agents.routing.nudge import gate
from agents.routing.told import Told
from chat.errors import KefuError
from chat.protocol.entry import now_ms

log = structlog.get_logger(__name__)

LATE_S: Final = 15.0
"""After so many seconds without a look at the queue, routing is said to be behind."""

_crew = Crew()
_told = Told()
_started = time.monotonic()
_looked_at: float | None = None


def assigns() -> bool:
    """Whether routing gives conversations to agents, or leaves that to their accepting."""
    return bool(settings.KEFU_ROUTING != "manual")


def route() -> Outcome:
    """Drain until nobody waits whom somebody could take. Trouble is logged, not raised; the sweep comes
    again. Does nothing when this process is draining already, which then looks once more.
    """
    global _looked_at
    total = Outcome()
    if not gate.enter():
        return total
    try:
        while True:
            done = Drain(_crew, assigns(), _told).run()
            total.placed += done.placed
            total.assigned += done.assigned
            total.steps += done.steps
            _looked_at = time.monotonic()
            if gate.leave():
                return total
    except (DatabaseError, InterfaceError, KefuError) as error:
        log.warning("routing_waits", error=type(error).__name__)
        _crew.stale()
        gate.abandon()
        if not connection.in_atomic_block:
            connection.close()  # it may be broken; the next try opens another
        return total
    except BaseException:
        _crew.stale()
        gate.abandon()
        raise


def forget() -> None:
    """Begin with nothing known: in tests, whose databases are emptied behind our back."""
    global _crew
    _crew = Crew()
    _told.forget()
    gate.abandon()


def late() -> str | None:
    """Health: None while the sweeps run, in whichever process (each writes the time of its last one), and
    while this process, if it routes, gets through the queue. Raises `DatabaseError`.
    """
    beat_ms = Pulse.objects.filter(pk=1).values_list("beat_ms", flat=True).first() or 0
    behind = min((now_ms() - beat_ms) / 1000, time.monotonic() - _started)
    if _looked_at is not None:
        behind = max(behind, time.monotonic() - _looked_at)
    return f"the queue was not looked at for {behind:.0f} s" if behind > LATE_S else None
