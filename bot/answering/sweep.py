"""Every second: who is owed an answer and did not get one. What a crash or a lost nudge left behind is tried
again; what waits longer than the patience goes to people, whatever is wrong with the bot.

Runs on the common queue, so it works while the bot's own workers are down.
"""

from __future__ import annotations

from typing import Final

import structlog

from bot import metrics, sites
from bot.answering import memory, warming
from bot.answering.nudge import owe
from bot.llm.writing import being_written, writer_of
from bot.models import Turn
from chat.conversation import SYSTEM
from chat.errors import KefuError
from chat.posting import post_many
from chat.protocol.commands import Handoff
from chat.protocol.entry import now_ms

log = structlog.get_logger(__name__)

STEP: Final = 500
"""Questions looked at in one go; more come a second later."""
CERTAIN_MS: Final = 4_000
"""From when on a site without a bot is believed to have none."""
UNHURRIED_MS: Final = 700
"""How long the first nudge has before another is sent: the longest usual pause and a second look."""


def sweep() -> int:
    """Nudge what waits, hand over what has waited too long; how many went to people."""
    now = now_ms()
    rows = list(
        Turn.objects.filter(since_ms__lte=now - UNHURRIED_MS)
        .order_by("since_ms")
        .values_list("conversation", "site_id", "since_ms", "asked_ms", "visitor_seq")[:STEP]
    )
    metrics.OWED.set(len(rows))
    allowance = warming.ALLOWANCE_MS if warming.is_starting() else 0
    written = being_written(
        (str(conversation), seq) for conversation, site, *_, seq in rows if writer_of(str(site)) is not None
    )
    again: list[str] = []
    late: list[tuple[str, str]] = []
    for key, site, seen, asked, seq in rows:
        conversation, since = str(key), max(seen, asked)
        bot = sites.of_site(str(site))
        if bot is None and now - since < CERTAIN_MS:
            continue  # switched on a moment ago, perhaps: other processes know up to two seconds before us
        if bot is None:
            late.append((conversation, "bot_off"))
            continue
        # A model begins to speak within the patience, and ends after it. Nobody waits for one that has not
        # been asked: its worker is down.
        writing_ms = _writing_ms(str(site)) if (conversation, seq) in written else 0
        if now - since >= bot.patience_ms + writing_ms + allowance:
            late.append((conversation, "bot_late"))
        else:
            again.append(conversation)
    if again:
        owe(again)
    if late:
        _to_people(late)
    return len(late)


def forget() -> None:
    """Every hour: drop dialogs nobody comes back to."""
    if dropped := memory.forget_expired(now_ms()):
        log.info("dialogs_forgotten", dialogs=dropped)


def _writing_ms(site: str) -> int:
    """What a language model has for an answer at the site."""
    writer = writer_of(site)
    return writer.spec.timeout_ms if writer is not None else 0


def _to_people(late: list[tuple[str, str]]) -> None:
    results = post_many([Handoff(conversation, reason) for conversation, reason in late], SYSTEM)
    metrics.LATE.inc(sum(reason == "bot_late" for _, reason in late))
    for (conversation, reason), result in zip(late, results, strict=True):
        if isinstance(result, KefuError):
            log.warning("not_handed_over", conversation=conversation, reason=reason, code=result.code)
    # Persistence takes the rows away with the acts. A row whose conversation is people's already (the log
    # said so, and no batch came since) would come back every second.
    settled = [
        conversation
        for (conversation, _), result in zip(late, results, strict=True)
        if not isinstance(result, KefuError) and result.state.status != "bot" and not result.entries
    ]
    if settled:
        Turn.objects.filter(conversation__in=settled).delete()
