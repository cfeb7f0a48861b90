"""Keeping why the bot answered as it did: for the console, the playground's replay and the counters."""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec
import structlog
from django.db import DatabaseError, IntegrityError, connection, transaction

from bot.answering.reading import Talk, text_of
from bot.engine import Outcome
from bot.models import Answered, Brief
from bot.safety.privacy import mask
from chat.protocol.entry import now_ms
from knowledge.learning.counting import What, count_many
from knowledge.learning.unanswered import note

log = structlog.get_logger(__name__)

LONGEST_QUESTION: Final = 500
GATHER_S: Final = 0.02
MOST: Final = 100
"""Answers a transaction. One by one they take a third of the worker's time, and each waits for the disk."""


Said = tuple[Talk, Outcome]

_waiting: Final[queue.SimpleQueue[Said]] = queue.SimpleQueue()
_start: Final = threading.Lock()
_thread: threading.Thread | None = None


def later(talk: Talk, outcome: Outcome) -> None:
    """Store it soon, with what else was said meanwhile; best effort, for the answer is said already."""
    global _thread
    _waiting.put((talk, outcome))
    if _thread is None:
        with _start:
            if _thread is None:
                _thread = threading.Thread(target=_run, name="bot-record", daemon=True)
                _thread.start()


def _run() -> None:
    while True:
        said = [_waiting.get()]
        time.sleep(GATHER_S)
        while len(said) < MOST and not _waiting.empty():
            said.append(_waiting.get())
        try:
            keep(said)
        except Exception:
            log.exception("answers_not_recorded", answers=len(said))
        finally:
            connection.close_if_unusable_or_obsolete()


def keep(said: Sequence[Said]) -> None:
    """Store these in one transaction. Never raises for the database.

    An answer that is stored already (another process said it, too; the log holds one) changes nothing, and
    the others are stored one by one then.
    """
    try:
        _store(said)
    except IntegrityError:
        if len(said) > 1:
            for each in said:
                keep([each])
        return
    except DatabaseError as error:
        log.warning("answer_not_recorded", error=type(error).__name__, answers=len(said))
        return
    for talk, outcome in said:
        log.info(
            "bot_answered", conversation=talk.conversation, seq=talk.seq, outcome=outcome.answer.outcome,
            level=outcome.answer.level, took_us=outcome.took_us,
        )  # fmt: skip


@transaction.atomic
def _store(said: Sequence[Said]) -> None:
    Answered.objects.bulk_create([_row(talk, outcome) for talk, outcome in said])
    counted: Counter[tuple[str, str, What]] = Counter()
    missed: list[tuple[str, str, str]] = []
    for talk, outcome in said:
        if outcome.answer.handover is not None:
            _keep_brief(talk, outcome)
        if _is_miss(outcome):  # remembered without anybody's personal data
            missed.append((mask(_question(talk)), talk.state.site, outcome.language))
        else:
            counted.update(_served(talk, outcome))
    count_many(counted)
    note(missed)


def _row(talk: Talk, outcome: Outcome) -> Answered:
    answer = outcome.answer
    return Answered(
        site_id=UUID(talk.state.site),
        conversation=UUID(talk.conversation),
        seq=talk.seq,
        question=_question(talk),
        outcome=answer.outcome,
        level=answer.level,
        confidence=answer.confidence,
        intent=outcome.intent,
        sources=[msgspec.to_builtins(each) for each in answer.sources],
        trace=[msgspec.to_builtins(step) for step in outcome.trace],
        took_us=outcome.took_us,
        model=outcome.version,
        at_ms=now_ms(),
    )


def _question(talk: Talk) -> str:
    return "\n".join(text_of(entry) for entry in talk.burst)[:LONGEST_QUESTION]


def _is_miss(outcome: Outcome) -> bool:
    """Whether nothing the operator knows answered."""
    return outcome.answer.level in ("honest", "none") and outcome.answer.outcome in ("honest", "handed")


def _served(talk: Talk, outcome: Outcome) -> list[tuple[str, str, What]]:
    """What answered, to be counted; and after what people had to take over."""
    site = talk.state.site
    served: list[tuple[str, str, What]] = [(source.id, site, "served") for source in outcome.answer.sources]
    if outcome.answer.handover is not None:
        served += [(topic, site, "handed_over") for topic in outcome.state.last_topic]
    return served


def _keep_brief(talk: Talk, outcome: Outcome) -> None:
    over = outcome.answer.handover
    assert over is not None
    brief = outcome.brief
    Brief.objects.update_or_create(
        conversation=UUID(talk.conversation),
        defaults={
            "site_id": UUID(talk.state.site),
            "reason": over.reason,
            "summary": str(brief.get("summary", ""))[:2000],
            "intent": str(brief.get("intent", ""))[:60],
            "slots": brief.get("slots", {}),
            "tried": brief.get("tried", []),
            "mood": str(brief.get("mood", ""))[:12],
            "at_ms": now_ms(),
        },
    )
