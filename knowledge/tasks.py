"""Celery tasks of the knowledge room: thin; each calls one action. Running one twice or losing one changes
nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import structlog
from celery import shared_task
from django.db import DatabaseError, InterfaceError

from knowledge.importing import running
from knowledge.learning import unanswered

log = structlog.get_logger(__name__)

BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "knowledge.sweep": {"task": "knowledge.sweep", "schedule": 10.0, "options": {"expires": 10}},
    "knowledge.cluster": {"task": "knowledge.cluster", "schedule": 600.0, "options": {"expires": 600}},
    "knowledge.prune": {"task": "knowledge.prune", "schedule": 3600.0, "options": {"expires": 3600}},
}
"""In seconds. A run that nobody took until the next one is due is dropped: no queue behind a dead worker."""

Task = Callable[..., None]
_task: Callable[..., Callable[[Task], Any]] = shared_task  # Celery comes without types


@_task(name="knowledge.import", ignore_result=True)
def import_file(job: str) -> None:
    """Carry one import out: what a nudge asks for."""
    running.run(UUID(job))


@_task(name="knowledge.sweep", ignore_result=True)
def sweep() -> None:
    """Every ten seconds: imports that a lost nudge or a dead worker left behind."""
    try:
        for job in running.open_jobs():
            running.run(job)
    except (DatabaseError, InterfaceError) as error:
        log.warning("imports_wait", error=type(error).__name__)


@_task(name="knowledge.cluster", ignore_result=True)
def cluster() -> None:
    """Every ten minutes: put unanswered questions that mean one thing together."""
    _try(unanswered.recluster)


@_task(name="knowledge.prune", ignore_result=True)
def prune() -> None:
    """Every hour: forget unanswered questions of long ago."""
    _try(unanswered.prune)


def nudge_import(job: UUID) -> None:
    """Have a worker begin now; without a broker the sweep does."""
    try:
        import_file.delay(str(job))
    except Exception as error:  # kombu raises what its transport raises
        log.warning("nudge_lost", task="knowledge.import", error=type(error).__name__)


def _try(action: Callable[[], object]) -> None:
    """A store that is away is waited for: the next run comes by itself."""
    try:
        action()
    except (DatabaseError, InterfaceError) as error:
        log.warning("sweep_waits", action=getattr(action, "__name__", "sweep"), error=type(error).__name__)
