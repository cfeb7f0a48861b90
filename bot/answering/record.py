"""Keeping why the bot answered as it did: for the console, the playground's replay and the counters."""

from __future__ import annotations

from uuid import UUID

import msgspec
import structlog
from django.db import DatabaseError, IntegrityError

from bot.answering.reading import Talk, text_of
from bot.engine import Outcome
from bot.models import Answered, Brief
from bot.safety.privacy import mask
from chat.protocol.entry import now_ms
from knowledge.learning.counting import count
from knowledge.learning.unanswered import note

log = structlog.get_logger(__name__)

LONGEST_QUESTION = 500


def keep(talk: Talk, outcome: Outcome) -> None:
    """Store it; best effort, for the answer is said already. Never raises for the database."""
    question = "\n".join(text_of(entry) for entry in talk.burst)[:LONGEST_QUESTION]
    answer = outcome.answer
    row = Answered(
        site_id=UUID(talk.state.site),
        conversation=UUID(talk.conversation),
        seq=talk.seq,
        question=question,
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
    try:
        row.save(force_insert=True)
        if answer.handover is not None:
            _keep_brief(talk, outcome)
        _learn(talk, outcome, question)
    except IntegrityError:
        return  # another process said it, too; the log holds one
    except DatabaseError as error:
        log.warning("answer_not_recorded", error=type(error).__name__)
    else:
        log.info(
            "bot_answered", conversation=talk.conversation, seq=talk.seq, outcome=answer.outcome,
            level=answer.level, took_us=outcome.took_us,
        )  # fmt: skip


def _learn(talk: Talk, outcome: Outcome, question: str) -> None:
    """Count what answered; remember what nothing did, without anybody's personal data."""
    answer, site = outcome.answer, talk.state.site
    if answer.level in ("honest", "none") and answer.outcome in ("honest", "handed"):
        note(mask(question), site, outcome.language)
        return
    for source in answer.sources:
        count(source.id, site, "served")
    if answer.handover is not None:
        for topic in outcome.state.last_topic:
            count(topic, site, "handed_over")


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
