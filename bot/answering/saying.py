"""Saying what was found: the last check, the post, the hand-over, and the record of why.

What takes long (a customer's endpoint, a language model) runs on threads of its own, so it never holds up
persistence or routing, whose worker this is in one process.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import msgspec
import structlog
from django.db import close_old_connections

from bot import metrics
from bot.answering import record
from bot.answering.reading import SPEAKERS, Talk
from bot.answering.underway import underway
from bot.engine import Outcome
from bot.sites import SiteBot
from chat.conversation import Participant
from chat.errors import KefuError
from chat.history import log_range
from chat.journal import journal
from chat.journal.base import JournalUnavailable
from chat.posting import Posted, post_blocking
from chat.protocol.commands import Brief, Handoff, Send
from chat.protocol.entry import MAX_TEXT, Entry, Person

log = structlog.get_logger(__name__)

RATED: Final = ("graph", "retrieval", "model")
"""Levels whose answers somebody wrote and can make better."""
SLOW_THREADS: Final = 8
"""Calls of endpoints and models under way at once; each waits for somebody else's machine."""

_slow: Final = ThreadPoolExecutor(SLOW_THREADS, "bot-slow")


def later(talk: Talk, bot: SiteBot, outcome: Outcome, due: float) -> None:
    """Have it said at `due` (monotonic seconds)."""
    if outcome.is_slow:
        _slow.submit(_finish, talk, bot, outcome, due)
        return
    underway.say_at(due, talk.conversation, talk.seq, lambda: say(talk, bot, outcome))


def say(talk: Talk, bot: SiteBot, outcome: Outcome) -> None:
    """Post it, unless it is not wanted any more: the visitor wrote on, or people have it."""
    began = time.perf_counter()
    try:
        if not _is_wanted(talk):
            metrics.DROPPED.labels(reason="overtaken").inc()
            return
        posted = _post(talk, bot, outcome)
    except JournalUnavailable:
        return  # the sweep finds who is owed an answer
    except KefuError as error:
        # A person has spoken, it was closed, or the journal is away: nobody is owed anything by us now, or
        # the sweep comes.
        metrics.DROPPED.labels(reason=error.code).inc()
        log.info("answer_not_posted", conversation=talk.conversation, code=error.code)
        return
    finally:
        metrics.SAY_SECONDS.observe(time.perf_counter() - began)
    metrics.ANSWERS.labels(outcome=outcome.answer.outcome, level=outcome.answer.level).inc()
    metrics.ANSWER_SECONDS.observe(max(0, posted.created_at - talk.burst[-1].created_at) / 1000)
    if not posted.repeated:
        record.later(talk, outcome)


def _finish(talk: Talk, bot: SiteBot, outcome: Outcome, due: float) -> None:
    from bot.answering.slow import complete

    close_old_connections()
    try:
        whole = complete(talk, bot, outcome)
        if whole is None:
            underway.done(talk.conversation, talk.seq)
            return
        underway.say_at(due, talk.conversation, talk.seq, lambda: say(talk, bot, whole))
    except Exception:
        log.exception("answer_not_completed", conversation=talk.conversation)
        underway.done(talk.conversation, talk.seq)
    finally:
        close_old_connections()


def _is_wanted(talk: Talk) -> bool:
    """Whether this is still the visitor's last word and nobody else's. Notes and labels do not count."""
    if not underway.is_current(talk.conversation, talk.seq):
        return False
    head = journal().heads([talk.conversation]).get(talk.conversation)
    if head is None or head.head == talk.head:
        return True
    since = log_range(talk.conversation, talk.head + 1, head.head)
    return not any(
        isinstance(entry, Entry) and entry.kind != "event" and entry.sender.kind in SPEAKERS
        for entry in since
    )


def _post(talk: Talk, bot: SiteBot, outcome: Outcome) -> Posted:
    who = Participant("bot", None, bot.name, frozenset((talk.state.site,)))
    words = message_of(talk, outcome)
    over = outcome.answer.handover
    if over is None:
        assert words is not None
        return post_blocking(words, who)
    brief = Brief(**outcome.brief) if outcome.brief else None
    group = _group(over.group, talk.state.site)
    return post_blocking(Handoff(talk.conversation, over.reason, group, words, brief), who)


def message_of(talk: Talk, outcome: Outcome) -> Send | None:
    """The message as every client reads it: plain text, and a card with what else there is to it."""
    answer = outcome.answer
    text = answer.text.strip()[:MAX_TEXT]
    if not text:
        return None
    sent_as = f"bot:{talk.seq}"
    plain = outcome.plain[:MAX_TEXT] or text
    human = talk.human_seq if answer.handover is None else None
    if not (answer.sources or answer.choices or answer.card or text != plain):
        return Send(talk.conversation, sent_as, "text", plain, human_seq=human)
    card: dict[str, Any] = {
        "type": "answer",
        "markdown": text,
        "sources": [msgspec.to_builtins(each) for each in answer.sources],
        "choices": [{"text": each.text} for each in answer.choices],
        "rate": answer.outcome == "answered" and answer.level in RATED,
    }
    if answer.card:
        card["card"] = answer.card
    return Send(talk.conversation, sent_as, "card", plain, card=card, human_seq=human)


def _group(group: str | None, site: str) -> Person | None:
    if not group:
        return None
    from chat.ports import roster

    return roster().groups_named([group], site).get(group)
