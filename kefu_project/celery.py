"""The Celery application. Tasks live in each app's tasks.py; its settings are the CELERY_* ones.

What runs periodically is named by the app that owns it: a BEAT_SCHEDULE in its tasks.py.
"""

import gc
import os
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from celery import Celery
from celery.signals import import_modules, setup_logging, worker_process_init, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kefu_project.settings")

from kefu_project.telemetry.metrics import watch_tasks

APPS_WITH_TASKS = ("chat", "agents", "agents.mail", "bot", "knowledge")

app = Celery("kefu")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
watch_tasks()
app.set_default()  # for every thread; being current is a matter of one


def gather_schedules(sender: Celery, **_: Any) -> None:
    """Merge every app's BEAT_SCHEDULE; two apps may not use one name.

    Connected to the import of task modules, not to finalizing: that holds a lock which `shared_task` waits
    for while its module is being imported, and two threads would wait for each other for ever.
    """
    schedule: dict[str, dict[str, Any]] = {}
    for name in APPS_WITH_TASKS:
        if find_spec(f"{name}.tasks") is None:
            continue
        for key, entry in getattr(import_module(f"{name}.tasks"), "BEAT_SCHEDULE", {}).items():
            if key in schedule:
                raise ValueError(f"two apps have a periodic task named {key!r}")
            schedule[key] = entry
    sender.conf.beat_schedule = schedule


def keep_our_logging(**_: Any) -> None:
    """Celery would replace the handlers that settings.LOGGING made; being connected here is what stops it."""


def serve_worker_metrics(**_: Any) -> None:
    """In a worker process of its own, serve /metrics on KEFU_WORKER_METRICS_PORT (0: not at all)."""
    from django.conf import settings
    from prometheus_client import start_http_server

    if settings.KEFU_SCALED and settings.KEFU_WORKER_METRICS_PORT:
        start_http_server(settings.KEFU_WORKER_METRICS_PORT, settings.KEFU_HOST)


def spare_the_loaded(**_: Any) -> None:
    """Leave what is loaded by now out of later collections: a full one takes 120 ms of a drain."""
    gc.collect()
    gc.freeze()


import_modules.connect(gather_schedules, sender=app)
setup_logging.connect(keep_our_logging)
worker_ready.connect(serve_worker_metrics)
worker_process_init.connect(spare_the_loaded)  # in each forked child
worker_ready.connect(spare_the_loaded)
