"""Finishing an answer that somebody else's machine has a part in: the customer's endpoint, a language model.

Runs on its own threads. Whatever fails, there is an answer: the endpoint's failure hands over to people, the
model's falls back to what level 3 found.
"""

from __future__ import annotations

import time
from typing import Final
from uuid import UUID

import msgspec
import structlog
from django.core.cache import cache

from bot import metrics
from bot.actions.calling import Call, call
from bot.actions.replying import answer_of
from bot.answering.reading import Talk, text_of
from bot.engine import Outcome, plain_of
from bot.llm.client import ModelFailed, ModelSpec, stream
from bot.llm.prompting import growing, messages, spoken
from bot.models import Endpoint, Intent, LanguageModel
from bot.sites import SiteBot
from chat.delivery.hub import Signal
from chat.delivery.outbound import announce

log = structlog.get_logger(__name__)

PARTIAL_EVERY_S: Final = 0.1
"""How often a growing answer is shown: faster is not read, and each is a frame to everybody who follows."""
_DAY_S: Final = 86_400


def complete(talk: Talk, bot: SiteBot, outcome: Outcome) -> Outcome:
    """The outcome with its open end closed. Raises `DatabaseError`."""
    if outcome.answer.action is not None:
        return _acted(talk, outcome)
    return _written(talk, outcome)


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


def _written(talk: Talk, outcome: Outcome) -> Outcome:
    """The model's words where it may speak, the retrieved answer otherwise."""
    row = model_for(talk.state.site)
    if row is None or not outcome.passages:
        return outcome
    if not _may_spend(row):
        metrics.MODEL_CALLS.labels(outcome="budget").inc()
        return outcome
    spec = ModelSpec(row.base_url, row.key, row.model, row.max_tokens, row.timeout_ms)
    question = "\n".join(text_of(entry) for entry in talk.burst)
    asked = messages(question, outcome.passages, talk.said, row.instructions)
    text, shown = "", 0.0
    try:
        for delta in stream(spec, asked):
            text += delta.text
            if delta.tokens:
                _spend(row, delta.tokens)
            if time.monotonic() - shown >= PARTIAL_EVERY_S and (visible := growing(text)):
                shown = time.monotonic()
                _show(talk, visible)
    except ModelFailed as error:
        metrics.MODEL_CALLS.labels(outcome=error.reason).inc()
        log.warning("model_failed", model=row.model, reason=error.reason)
        return outcome
    said = spoken(text, outcome.passages)
    metrics.MODEL_CALLS.labels(outcome="ok" if said else "unsourced").inc()
    if said is None:
        return outcome
    words, sources = said
    answer = msgspec.structs.replace(outcome.answer, text=words, sources=sources, level="model", choices=())
    return msgspec.structs.replace(outcome, answer=answer, plain=plain_of(words))


def model_for(site: str) -> LanguageModel | None:
    """The model that writes at the site: its own, else the one for all."""
    rows = LanguageModel.objects.filter(enabled=True)
    return rows.filter(site_id=UUID(site)).first() or rows.filter(site=None).first()


def _show(talk: Talk, text: str) -> None:
    payload = {"conversation": talk.conversation, "stream": f"bot:{talk.seq}", "text": text}
    announce([Signal(talk.conversation, "message.partial", payload)])


def _may_spend(row: LanguageModel) -> bool:
    return int(cache.get(_budget_key(row)) or 0) < row.tokens_a_day


def _spend(row: LanguageModel, tokens: int) -> None:
    key = _budget_key(row)
    if not cache.add(key, tokens, _DAY_S):
        cache.incr(key, tokens)


def _budget_key(row: LanguageModel) -> str:
    return f"bot:tokens:{row.pk}:{int(time.time()) // _DAY_S}"
