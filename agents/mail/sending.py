"""Working off the outbox of e-mails: each row is claimed, sent, and marked; what fails comes again later.

A claim is the row's own `due_ms`, moved into the future by whoever takes it: several workers never send one
at once, and a worker that dies leaves it to the next after CLAIM_MS. An e-mail goes out at least once.
"""

from __future__ import annotations

import smtplib
from typing import Final

import structlog
from django.conf import settings
from django.core.mail import get_connection
from django.db.models import F

from agents.mail.composing import compose
from agents.mail.metrics import NOTICES
from agents.mail.recipients import recipients
from agents.models import Notice
from chat.models import Conversation
from chat.protocol.entry import now_ms

log = structlog.get_logger(__name__)

CLAIM_MS: Final = 120_000
"""Longer than EMAIL_TIMEOUT for every step of an SMTP talk."""

FIRST_WAIT_MS: Final = 5_000
LONGEST_WAIT_MS: Final = 3_600_000
MAX_TRIES: Final = 16
"""5 s doubled each time up to an hour: given up after about seven hours of a mail server's absence."""

_AT_ONCE: Final = 20


def is_configured() -> bool:
    """Whether there is a way to send e-mail at all."""
    return bool(settings.KEFU_EMAIL_URL)


def send_due() -> int:
    """Send what is due; how many went out. A failed one does not hold up the others."""
    sent = 0
    for notice in Notice.objects.filter(due_ms__lte=now_ms()).order_by("due_ms")[:_AT_ONCE]:
        if _claim(notice):
            sent += _send(notice)
    return sent


def wait_ms(tries: int) -> int:
    """How long after the `tries`-th failure the next try follows."""
    return int(min(FIRST_WAIT_MS * 2 ** max(tries - 1, 0), LONGEST_WAIT_MS))


def _claim(notice: Notice) -> bool:
    mine = Notice.objects.filter(pk=notice.pk, due_ms=notice.due_ms)
    return mine.update(due_ms=now_ms() + CLAIM_MS, tries=F("tries") + 1) == 1


def _send(notice: Notice) -> int:
    notice.refresh_from_db()
    to = recipients(notice.site)
    if not to:
        _finish(notice, "nobody", "nobody has an e-mail address")
        return 0
    try:
        message = compose(notice, to)
    except Conversation.DoesNotExist:
        _finish(notice, "dead", "the conversation is gone")
        return 0
    message.connection = get_connection()
    try:
        message.send()
    except (OSError, smtplib.SMTPException) as error:
        _failed(notice, error)
        return 0
    _finish(notice, "sent", "")
    return 1


def _failed(notice: Notice, error: Exception) -> None:
    reason = f"{type(error).__name__}: {error}"[:200]
    if notice.tries >= MAX_TRIES:
        _finish(notice, "dead", reason)
        return
    Notice.objects.filter(pk=notice.pk).update(due_ms=now_ms() + wait_ms(notice.tries), error=reason)
    NOTICES.labels(outcome="retried").inc()
    log.warning("notice_not_sent", tries=notice.tries, error=type(error).__name__)


def _finish(notice: Notice, outcome: str, error: str) -> None:
    sent = now_ms() if outcome == "sent" else None
    Notice.objects.filter(pk=notice.pk).update(due_ms=None, sent_ms=sent, error=error)
    NOTICES.labels(outcome=outcome).inc()
    if outcome != "sent":
        log.error("notice_given_up", outcome=outcome, tries=notice.tries)
