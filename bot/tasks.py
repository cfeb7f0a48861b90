"""Celery tasks of the bot: thin; each calls one action. Running one twice or losing one changes nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import structlog
from celery import shared_task
from celery.signals import worker_init, worker_process_init, worker_ready
from django.db import DatabaseError, InterfaceError, connection

from bot.answering import sweep as sweeping
from chat.errors import KefuError
from chat.journal.base import JournalUnavailable

log = structlog.get_logger(__name__)

QUEUE = "bot"

BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "bot.sweep": {"task": "bot.sweep", "schedule": 1.0, "options": {"expires": 1}},
    "bot.refresh": {"task": "bot.refresh", "schedule": 1.0, "options": {"expires": 1, "queue": QUEUE}},
    "bot.forget": {"task": "bot.forget", "schedule": 3600.0, "options": {"expires": 3600}},
}
"""In seconds. A run that nobody took until the next one is due is dropped: no queue behind a dead worker."""

_task: Callable[..., Callable[..., Any]] = shared_task  # Celery comes without types


@_task(name="bot.answer", ignore_result=True)
def answer(conversations: list[str]) -> None:
    """Answer these conversations if they still wait."""
    from bot.answering.answer import answer_many

    try:
        answer_many(conversations)
    except (JournalUnavailable, DatabaseError, InterfaceError, KefuError) as error:
        log.warning("bot_waits", error=type(error).__name__)  # the sweep comes every second


@_task(name="bot.sweep", ignore_result=True)
def sweep() -> None:
    """Every second: nobody waits for a bot that does not answer."""
    try:
        sweeping.sweep()
    except (JournalUnavailable, DatabaseError, InterfaceError, KefuError) as error:
        log.warning("bot_sweep_waits", error=type(error).__name__)


@_task(name="bot.refresh", ignore_result=True)
def refresh() -> None:
    """Every second: have ready what answers, before somebody asks. Two numbers when nothing is new."""
    from bot.answering.warming import warm

    try:
        warm()
    except (DatabaseError, InterfaceError) as error:
        log.warning("bot_not_warmed", error=type(error).__name__)


@_task(name="bot.forget", ignore_result=True)
def forget() -> None:
    """Every hour: forget what nobody comes back to."""
    try:
        sweeping.forget()
    except (DatabaseError, InterfaceError) as error:
        log.warning("bot_forgets_later", error=type(error).__name__)


@_task(name="bot.train", ignore_result=True)
def train(by: str, note: str, canary_percent: int) -> None:
    """Learn the intents' examples, in a process of its own."""
    from bot.learning.progress import carry_out

    carry_out(by, note, canary_percent)


def begin(**_: Any) -> None:
    """From here on whoever waits for this process waits for one that is starting."""
    from bot.answering import warming

    warming.begin()


def warm_at_start(**_: Any) -> None:
    """A worker that begins makes itself ready at once: dictionaries and models take seconds. With a pool of
    processes each of them is one that answers.
    """
    threading.Thread(target=_warm_up, name="bot-warm", daemon=True).start()


def _warm_up() -> None:
    try:
        refresh.run()
    finally:
        connection.close()


worker_init.connect(begin, weak=False, dispatch_uid="bot.begin")
worker_ready.connect(warm_at_start, weak=False, dispatch_uid="bot.warm")
worker_process_init.connect(warm_at_start, weak=False, dispatch_uid="bot.warm")
