"""What the project adds to the metrics of chat/metrics.py: event-loop lag and Celery tasks; and their text
form.

Open descriptors, memory and CPU come from prometheus_client's process collector (process_open_fds …).
"""

import asyncio
import contextlib
import time
from typing import Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series per counter that nobody reads

EVENT_LOOP_LAG = Histogram(
    "kefu_event_loop_lag_seconds",
    "How late the event loop wakes a sleeping task.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1),
)
EVENT_LOOP_LAG_LAST = Gauge("kefu_event_loop_lag_last_seconds", "The last sample of the lag.")
TASKS = Counter("kefu_tasks", "Celery tasks by name and state.", ["name", "state"])
"""state: received, succeeded, failed, retried."""
TASK_SECONDS = Histogram("kefu_task_seconds", "Run time of Celery tasks.", ["name"])

_SAMPLE_SECONDS = 0.5
_started: dict[str, float] = {}


async def sample_loop_lag() -> None:
    """Measure the lag twice a second until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + _SAMPLE_SECONDS
        await asyncio.sleep(_SAMPLE_SECONDS)
        lag = max(0.0, loop.time() - due)
        EVENT_LOOP_LAG.observe(lag)
        EVENT_LOOP_LAG_LAST.set(lag)


def exposition() -> tuple[bytes, str]:
    """The default registry in Prometheus' text form, and its content type. Blocks for a few milliseconds."""
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST


def _prerun(task_id: str, task: Any, **_: Any) -> None:
    TASKS.labels(task.name, "received").inc()
    _started[task_id] = time.perf_counter()


def _postrun(task_id: str, task: Any, state: str | None = None, **_: Any) -> None:
    with contextlib.suppress(KeyError):
        TASK_SECONDS.labels(task.name).observe(time.perf_counter() - _started.pop(task_id))
    outcome = {"SUCCESS": "succeeded", "FAILURE": "failed", "RETRY": "retried"}.get(state or "")
    if outcome:
        TASKS.labels(task.name, outcome).inc()


def watch_tasks() -> None:
    """Count tasks from now on; called once by kefu_project.celery, in whichever process runs tasks."""
    from celery import signals

    signals.task_prerun.connect(_prerun, weak=False, dispatch_uid="kefu-metrics")
    signals.task_postrun.connect(_postrun, weak=False, dispatch_uid="kefu-metrics")
