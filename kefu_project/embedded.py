"""Celery inside the server process: one worker with a thread pool, and beat, as threads over the memory
broker.

The scaled mode runs the same tasks in `celery worker` and `celery beat` processes instead.
"""

import threading
import time
from typing import Any

import structlog

log = structlog.get_logger(__name__)

CONCURRENCY = 6
"""One thread persists, one routes, one indexes, one is for what is due every second, two are the bot's: none
of them waits for another's long turn. More would only wait for SQLite's one writer."""


class EmbeddedCelery:
    """Start and stop the worker and beat; both calls return quickly and never raise."""

    def __init__(self) -> None:
        self._worker: Any = None
        self._beat: Any = None
        self._threads: list[threading.Thread] = []
        self._stopping = False
        self.failure: str | None = None

    def start(self) -> None:
        """Import Celery and start both, in a background thread: it takes half a second that nobody waits
        for."""
        thread = threading.Thread(target=self._run, name="celery-worker", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _run(self) -> None:
        try:
            from celery.beat import EmbeddedService
            from celery.worker import WorkController

            from kefu_project.celery import app

            app.set_current()
            app.finalize()
            app.loader.import_default_modules()
            self._worker = WorkController(
                app=app,
                hostname="embedded@localhost",
                pool_cls="threads",
                concurrency=CONCURRENCY,
                without_gossip=True,
                without_mingle=True,
                without_heartbeat=True,
                loglevel="WARNING",
            )
            self._beat = EmbeddedService(app, thread=True, scheduler_cls=app.conf.beat_scheduler)
            if self._stopping:
                return
            self._beat.start()
            log.info("celery_started", concurrency=CONCURRENCY)
            self._worker.start()
        except Exception as error:
            self.failure = type(error).__name__
            log.exception("celery_failed")

    def probe(self) -> str | None:
        """Health: None while the worker thread lives."""
        if self.failure:
            return f"the worker stopped: {self.failure}"
        if self._threads and not self._threads[0].is_alive() and not self._stopping:
            return "the worker stopped"
        return None

    def stop(self, timeout: float) -> bool:
        """Let tasks that run finish, then stop; blocks up to `timeout` seconds, False when that was not
        enough."""
        from celery.worker import state

        from kefu_project import memory_broker

        deadline = time.monotonic() + timeout
        self._stopping = True
        if self._beat is not None:
            self._beat.service.stop(wait=False)
        # maybe_shutdown() raises in the worker's own thread, which then stops its pool as it would in a
        # process.
        state.should_stop = 0
        memory_broker.stopping.set()
        memory_broker.WOKEN.set()
        # Beat may sleep for another second before it looks; it is a daemon thread and holds nothing.
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        state.should_stop = None
        memory_broker.stopping.clear()
        return not any(thread.is_alive() for thread in self._threads)
