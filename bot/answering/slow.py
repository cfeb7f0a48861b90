"""Finishing an answer that somebody else's machine has a part in: the customer's endpoint, a language model.

Runs on its own threads. Whatever fails, there is an answer: the endpoint's failure hands over to people, the
model's falls back to what level 3 found.
"""

from __future__ import annotations

from typing import Final

import msgspec
import structlog

from bot.actions.calling import Call, call
from bot.actions.replying import answer_of
from bot.answering import memory
from bot.answering.reading import Talk, text_of
from bot.answering.underway import underway
from bot.engine import Outcome, plain_of
from bot.llm.writing import Writing, claim, write, writer_of
from bot.models import Endpoint, Intent
from bot.sites import SiteBot
from bot.strategies.base import Step
from chat.delivery.hub import Signal
from chat.delivery.outbound import announce
from chat.protocol.entry import now_ms
from knowledge.text import fold

log = structlog.get_logger(__name__)

LEAST_SILENCE_MS: Final = 500
"""A model has this long for its first words at least, and level 3's answer is said so long before patience
ends."""


def complete(talk: Talk, bot: SiteBot, outcome: Outcome) -> Outcome | None:
    """The outcome with its open end closed, and the talk's memory as it is then; None when another process is
    about it. Raises `DatabaseError`.
    """
    acts = outcome.answer.action is not None
    whole = _acted(talk, outcome) if acts else _written(talk, bot, outcome)
    if whole is not None and whole.state != outcome.state:
        memory.amend(talk.conversation, talk.seq, whole.state)
    return whole


def _acted(talk: Talk, outcome: Outcome) -> Outcome:
    action = outcome.answer.action
    assert action is not None
    endpoint = Endpoint.objects.filter(name=action.endpoint, enabled=True).first()
    if endpoint is None:
        log.error("endpoint_missing", endpoint=action.endpoint)
        return outcome.handed("action_failed", "failure")
    result = call(
        Call(
            endpoint=endpoint.name,
            url=endpoint.url,
            secret=endpoint.secret,
            timeout_ms=endpoint.timeout_ms,
            key=f"{talk.conversation}:{talk.seq}",
            body={
                "intent": action.intent,
                "slots": dict(action.slots),
                "language": outcome.language,
                "site": talk.state.site,
                "conversation": talk.conversation,
                "visitor": talk.state.visitor,
            },
        )
    )
    answer = answer_of(
        outcome.answer,
        result,
        title=_title(action.intent, outcome.language, endpoint.name),
        template=endpoint.reply if outcome.language == "zh" else endpoint.reply_en or endpoint.reply,
        language=outcome.language,
        state=outcome.state,
    )
    state = answer.state or outcome.state
    brief = outcome.brief or {"summary": "\n".join(text_of(entry) for entry in talk.burst)[:500]}
    return msgspec.structs.replace(
        outcome, answer=answer, state=state, plain=plain_of(answer.text), brief=brief
    )


def _title(intent: str, language: str, otherwise: str) -> str:
    """What visitors know an intent as."""
    row = Intent.objects.filter(name=intent).values_list("title", "title_en").first()
    if row is None:
        return otherwise
    return (row[0] if language == "zh" else row[1] or row[0]) or otherwise


def _written(talk: Talk, bot: SiteBot, outcome: Outcome) -> Outcome | None:
    """The model's words where it finds some, else what level 3 found; None when another process has them
    written.
    """
    writer = writer_of(talk.state.site)
    if writer is None:
        return outcome
    if not claim(writer, talk.conversation, talk.seq):
        return None
    question = "\n".join(text_of(entry) for entry in talk.burst)
    waited_ms = now_ms() - talk.burst[-1].created_at
    first_ms = max(LEAST_SILENCE_MS, bot.patience_ms - waited_ms - LEAST_SILENCE_MS)
    written = write(
        writer, question, outcome.passages, talk.said, lambda text: _show(talk, text), first_ms
    )  # fmt: skip
    return in_words_of(outcome, written, question)


def in_words_of(outcome: Outcome, written: Writing, question: str) -> Outcome:
    """The outcome as the model put it, with its line in the trace; as it was where it said nothing. Pure."""
    if written.outcome == "none":
        return outcome
    detail = {"model": written.model, "tokens": written.tokens, "passages": len(outcome.passages)}
    verdict = "answered" if written.outcome == "ok" else written.outcome
    trace = (*outcome.trace, Step("model", verdict, detail, written.took_ms * 1000))
    if written.outcome != "ok":
        return msgspec.structs.replace(outcome, trace=trace, may_be_written=False)
    topic = tuple(source.id for source in written.sources)
    state = outcome.state.answered(topic, fold(question))
    answer = msgspec.structs.replace(
        outcome.answer, text=written.words, sources=written.sources, level="model", outcome="answered",
        choices=(), state=state,
    )  # fmt: skip
    return msgspec.structs.replace(
        outcome, answer=answer, state=state, trace=trace, plain=plain_of(written.words), may_be_written=False
    )


def _show(talk: Talk, text: str) -> None:
    if not underway.is_current(talk.conversation, talk.seq):
        return  # the visitor wrote on: nobody wants to read this any more
    payload = {"conversation": talk.conversation, "stream": f"bot:{talk.seq}", "text": text}
    announce([Signal(talk.conversation, "message.partial", payload)])
