"""The bot's whole step: from conversations that wait to answers in the log. Called by the Celery task.

Everything is done for many at once, so a burst of visitors costs a few statements, not a few each. An answer
enters through the same door as every message, under an id made of the question's seq and with the
expectation that no person has spoken: computed twice it is stored once, and a person is never talked over.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import structlog

from bot import metrics, sites
from bot.answering import memory, saying
from bot.answering.around import NOWHERE, Around, around
from bot.answering.bundle import current
from bot.answering.reading import Talk, read, text_of
from bot.answering.underway import underway
from bot.dialog.state import DialogState
from bot.engine import Asked, Outcome
from bot.llm.prompting import may_write
from bot.llm.writing import writer_of
from bot.sites import SiteBot
from chat.delivery.hub import Signal
from chat.delivery.outbound import announce
from chat.protocol.entry import now_ms

log = structlog.get_logger(__name__)

_dice: Final = random.Random()
_computing: Final = threading.Lock()
"""One message is understood at a time in a process: it is nearly all Python, and threads that take turns
every 5 ms only throw each other's data out of the processor's cache."""


def answer_many(conversations: Sequence[str]) -> int:
    """Answer those that wait for the bot; returns how many were taken in hand.

    Raises `JournalUnavailable`, `DatabaseError`; whoever is owed an answer then is found again by the sweep.
    """
    talks = {
        each: talk
        for each, talk in read(conversations).items()
        if sites.of_site(talk.state.site) is not None and underway.take(each, talk.seq)
    }
    if not talks:
        return 0
    try:
        _answer(talks)
    except BaseException:
        for each, talk in talks.items():
            underway.done(each, talk.seq)
        raise
    return len(talks)


def _answer(talks: Mapping[str, Talk]) -> None:
    now = now_ms()
    states = memory.recall(talks, now)
    known = around(talks)
    announce([_typing(talk, True) for talk in talks.values()])
    prepared: list[tuple[Talk, SiteBot, Outcome]] = []
    for conversation, talk in talks.items():
        bot = sites.of_site(talk.state.site)
        assert bot is not None
        outcome = _understand(talk, bot, states[conversation], known.get(conversation, NOWHERE))
        prepared.append((talk, bot, outcome))
    memory.keep(
        memory.Kept(
            talk.conversation, talk.state.site, talk.seq, states[talk.conversation], outcome.state,
            now + bot.memory_ms,
        )
        for talk, bot, outcome in prepared
    )  # fmt: skip
    for talk, bot, outcome in prepared:
        saying.later(talk, bot, outcome, _due(talk, bot))


def _understand(talk: Talk, bot: SiteBot, state: DialogState, place: Around) -> Outcome:
    """What the engine says; a bot that fails hands over instead of leaving somebody alone."""
    asked = bot.asks(
        Asked(
            text="\n".join(text for entry in talk.burst if (text := text_of(entry))),
            wordless=all(entry.kind in ("image", "file") for entry in talk.burst),
            now=datetime.now(ZoneInfo(bot.time_zone)),
            site=talk.state.site,
            locale=bot.locale,
            state=state,
            page=place.page,
            visitor=place.visitor,
            history=talk.said,
        )
    )
    began = time.perf_counter()
    try:
        engine = current(talk.conversation, talk.state.site)
        with _computing:
            outcome = engine.answer(asked)
    except Exception:
        log.exception("bot_failed", conversation=talk.conversation)
        metrics.FAILURES.inc()
        outcome = Outcome.failure(asked)
    metrics.COMPUTE_SECONDS.observe(time.perf_counter() - began)
    writes = may_write(outcome) and writer_of(talk.state.site) is not None
    return msgspec.structs.replace(outcome, may_be_written=True) if writes else outcome


def _due(talk: Talk, bot: SiteBot) -> float:
    """When to say it, on the monotonic clock: a pause after the visitor's last word."""
    pause_ms = _dice.randint(*bot.pause_ms)
    return time.monotonic() + max(0, talk.burst[-1].created_at + pause_ms - now_ms()) / 1000


def _typing(talk: Talk, on: bool) -> Signal:
    bot = sites.of_site(talk.state.site)
    sender = {"kind": "bot", "id": None, "name": bot.name if bot is not None else None}
    return Signal(
        talk.conversation, "typing", {"conversation": talk.conversation, "on": on, "sender": sender}
    )
