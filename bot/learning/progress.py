"""A learning under way, where every process sees it: begun by somebody, done by a worker."""

from __future__ import annotations

import time
from typing import Final, Literal

import msgspec
import structlog
from django.core.cache import cache
from django.db import DatabaseError

from bot.intents.learning import TIMEOUT_S, LearningFailed
from bot.learning.training import train

log = structlog.get_logger(__name__)

_KEY: Final = "bot:learning"
KEPT_S: Final = 86_400

State = Literal["none", "waiting", "running", "done", "failed"]


class Learning(msgspec.Struct, frozen=True):
    """`number`: of the model it made; `error`: why there is none; `since`: seconds since 1970."""

    state: State = "none"
    by: str = ""
    since: float = 0.0
    number: int | None = None
    error: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it is still to come. One that is older than any learning may last died with its worker."""
        return self.state in ("waiting", "running") and time.time() - self.since < TIMEOUT_S + 60


def begin(by: str, note: str = "", canary_percent: int = 0) -> Learning:
    """Have a worker learn; the one under way when there is one."""
    now = current()
    if now.is_open:
        return now
    begun = _keep(Learning("waiting", by, time.time()))
    from bot.tasks import train as task

    try:
        task.delay(by, note, canary_percent)
    except Exception as error:  # kombu raises what its transport raises
        log.warning("learning_not_begun", error=type(error).__name__)
        return _keep(Learning("failed", by, time.time(), error="the queue is out of reach; try again"))
    return begun


def carry_out(by: str, note: str, canary_percent: int) -> Learning:
    """Learn here and now, on a worker; whatever happens is kept."""
    _keep(Learning("running", by, time.time()))
    try:
        row = train(by, note=note, canary_percent=canary_percent)
    except LearningFailed as error:
        return _keep(Learning("failed", by, time.time(), error=str(error)[:500]))
    except DatabaseError as error:
        log.warning("learning_failed", error=type(error).__name__)
        return _keep(Learning("failed", by, time.time(), error="the database is out of reach; try again"))
    return _keep(Learning("done", by, time.time(), row.number))


def current() -> Learning:
    """The newest, or none."""
    kept = cache.get(_KEY)
    try:
        found = msgspec.json.decode(kept, type=Learning) if kept else Learning()
    except msgspec.DecodeError:
        return Learning()
    if found.state in ("waiting", "running") and not found.is_open:
        return Learning("failed", found.by, found.since, error="the worker is gone; try again")
    return found


def _keep(learning: Learning) -> Learning:
    cache.set(_KEY, msgspec.json.encode(learning), KEPT_S)
    return learning
