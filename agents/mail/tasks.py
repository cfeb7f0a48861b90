"""Celery tasks of the e-mails: thin. Running one twice or losing one changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from celery import shared_task

from agents.mail.sending import send_due

BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "agents.send_notices": {"task": "agents.send_notices", "schedule": 5.0, "options": {"expires": 5}},
}

_task: Callable[..., Callable[[Callable[[], None]], Any]] = shared_task  # Celery comes without types


@_task(name="agents.send_notices", ignore_result=True)
def send_notices() -> None:
    """Every five seconds and after every left message: send what is due."""
    send_due()
