"""From the log to the outbox: every `left_message` act asks for one e-mail to the team.

Written in the transaction that persists the act, so an e-mail is lost only together with the message it is
about. Nothing is sent here.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from agents.mail.metrics import NOTICES
from agents.mail.sending import is_configured
from agents.models import Notice
from chat.ports import Moved
from chat.protocol.entry import now_ms

log = structlog.get_logger(__name__)

_warned = False


class LeftMessages:
    """The port's implementation (`chat.ports.Follower`)."""

    def follow(self, moved: Sequence[Moved]) -> None:
        """Note what has to be told; a batch seen again adds nothing."""
        left = [one for one in moved if "left_message" in one.acts]
        if not left:
            return
        if not is_configured():
            _say_once(len(left))
            return
        now = now_ms()
        Notice.objects.bulk_create(
            [
                Notice(
                    conversation=one.state.conversation,
                    visitor_seq=one.visitor_seq,
                    site_id=one.state.site,
                    due_ms=now,
                )
                for one in left
            ],
            ignore_conflicts=True,
        )

    def committed(self, moved: Sequence[Moved]) -> None:
        """Have it sent soon; the sweep makes up for a nudge that gets lost."""
        if is_configured() and any("left_message" in one.acts for one in moved):
            from agents.mail.tasks import send_notices

            try:
                send_notices.apply_async(retry=False, ignore_result=True)
            except Exception as error:  # whatever the broker's client raises, persistence goes on
                log.warning("notice_not_nudged", error=type(error).__name__)


def _say_once(count: int) -> None:
    global _warned
    NOTICES.labels(outcome="not_configured").inc(count)
    if not _warned:
        _warned = True
        log.warning("left_message_without_email", hint="set KEFU_EMAIL_URL and KEFU_EMAIL_FROM")
