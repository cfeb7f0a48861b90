"""Celery tasks of the agents app: thin; each calls one action. Running one twice or losing one changes
nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from celery import shared_task
from celery.signals import worker_ready
from django.db import DatabaseError, InterfaceError, connection

from agents.metrics import ROUTING_FAILURES
from agents.presence.sweep import sweep_presence
from agents.routing import places, record, repair, timeouts
from agents.routing import router as routing
from agents.routing.nudge import nudge_routing
from chat.errors import KefuError
from chat.protocol.entry import now_ms

log = structlog.get_logger(__name__)

BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "agents.presence": {"task": "agents.presence", "schedule": 1.0, "options": {"expires": 1}},
    "agents.sweep": {"task": "agents.sweep", "schedule": 1.0, "options": {"expires": 1}},
    "agents.repair": {"task": "agents.repair", "schedule": 60.0, "options": {"expires": 60}},
    "agents.score_quality": {"task": "agents.score_quality", "schedule": 300.0, "options": {"expires": 300}},
    "agents.prune": {"task": "agents.prune", "schedule": 3600.0, "options": {"expires": 3600}},
}
"""In seconds. A run that nobody took until the next one is due is dropped: no queue behind a dead worker."""

Task = Callable[[], None]
_task: Callable[..., Callable[[Task], Any]] = shared_task  # Celery comes without types


@_task(name="agents.route", ignore_result=True)
def route() -> None:
    """Drain the queue: what a nudge asks for."""
    routing.route()


@_task(name="agents.presence", ignore_result=True)
def presence() -> None:
    """Every second: leases that ended, statuses and breaks."""
    _try(sweep_presence)


@_task(name="agents.sweep", ignore_result=True)
def sweep() -> None:
    """Every second: what is due, what a lost nudge left in the queue, and visitors' places."""
    _try(timeouts.sweep)
    routing.route()
    _try(places.push)


@_task(name="agents.repair", ignore_result=True)
def repair_rows() -> None:
    """Every minute: counts of seats, and conversations that stand nowhere or with nobody."""
    _try(repair.repair)
    if routing.assigns():
        _try(lambda _: timeouts.untold_groups() + timeouts.orphaned())


@_task(name="agents.score_quality", ignore_result=True)
def score_quality() -> None:
    """Every five minutes: agents' quality."""
    _try(record.score_quality)


@_task(name="agents.prune", ignore_result=True)
def prune() -> None:
    """Every hour: decisions nobody asks about any more."""
    _try(record.prune_decisions)


def _try(action: Callable[[int], object]) -> None:
    """A store that is away is waited for: the next run comes by itself."""
    try:
        # The pool may make us wait for 5 s: a moment from before the wait would be taken for the present just
        # when a database comes back.
        connection.ensure_connection()
        action(now_ms())
    except (DatabaseError, InterfaceError, KefuError) as error:
        ROUTING_FAILURES.inc()
        log.warning("sweep_waits", action=getattr(action, "__name__", "sweep"), error=type(error).__name__)


def begin(**_: Any) -> None:
    """A worker that begins looks at once for who waits."""
    nudge_routing()


worker_ready.connect(begin, weak=False, dispatch_uid="agents.begin")
