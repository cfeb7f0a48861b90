"""One message tried on an engine, with everything that was seen on the way. Nothing is sent to anybody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec

from bot import sites
from bot.actions.calling import Call, call
from bot.actions.replying import answer_of
from bot.answering.bundle import Bundle
from bot.answering.slow import in_words_of
from bot.dialog.state import DialogState
from bot.engine import Asked, Outcome, plain_of
from bot.llm.prompting import may_write
from bot.llm.writing import Writing, write, writer_of
from bot.models import Endpoint
from bot.strategies.base import Said
from bot.strategies.knowledge import title_of
from chat import sites as chat_sites


class Question(msgspec.Struct, frozen=True):
    """What is tried, and by whom. `locale`: empty for the site's; `really_call`: endpoints are asked;
    `ask_model`: the site's language model is, too, within its budget.
    """

    site: str
    text: str
    state: DialogState
    history: tuple[Said, ...] = ()
    locale: str = ""
    page: dict[str, str] = {}
    attributes: dict[str, str] = {}
    priority: int = 0
    really_call: bool = False
    ask_model: bool = False


class Seen(msgspec.Struct, frozen=True):
    """What came of it. `ranking`: intents with their shares; `hits`: what knowledge found, with the parts of
    each score; `steps`: the trace; `before`, `after`: where the talk stood and stands.
    """

    outcome: Outcome
    entities: list[dict[str, Any]]
    ranking: list[tuple[str, float]]
    in_scope: bool | None
    hits: list[dict[str, Any]]
    steps: list[dict[str, Any]]
    before: dict[str, Any]
    after: dict[str, Any]
    called: str = ""
    #: What the site's language model made of it, where it was to be asked.
    writing: Writing | None = None


def attempt(question: Question, bundle: Bundle) -> Seen:
    """Answer it. Raises what a level raises."""
    site = chat_sites.by_id(question.site)
    bot = sites.everywhere().get(question.site)
    asked = Asked(
        text=question.text,
        now=datetime.now(ZoneInfo(site.time_zone)),
        site=question.site,
        state=question.state,
        locale=question.locale or site.locale,
        page=question.page,
        visitor={"name": "", "attributes": question.attributes, "priority": question.priority},
        history=question.history,
    )
    if bot is not None:
        asked = bot.asks(asked)
    engine = bundle.engine(question.site, bundle.active)
    outcome, called = engine.answer(asked), ""
    if outcome.answer.action is not None:
        called = outcome.answer.action.endpoint
        if question.really_call:
            outcome = _acted(outcome)
    writing = _written(question, outcome) if question.ask_model else None
    if writing is not None:
        outcome = in_words_of(outcome, writing, question.text)
    read = engine.context(asked)
    prediction = read.predict()
    index = bundle.live.index
    return Seen(
        outcome=outcome,
        entities=[msgspec.to_builtins(entity) for entity in read.entities],
        ranking=list(prediction.ranking) if prediction is not None else [],
        in_scope=prediction.in_scope if prediction is not None else None,
        hits=[
            {
                "id": hit.id, "title": title_of(index.entry(hit.id)), "score": round(hit.score, 3),
                "matched": hit.matched, "parts": {name: round(part, 3) for name, part in hit.parts.items()},
            }
            for hit in read.hits()
        ],
        steps=[msgspec.to_builtins(step) for step in outcome.trace],
        before=plain_state(question.state),
        after=plain_state(outcome.state),
        called=called,
        writing=writing,
    )  # fmt: skip


def _written(question: Question, outcome: Outcome) -> Writing:
    """What the site's model writes; `outcome` none: there is nothing to write, or nobody who does."""
    writer = writer_of(question.site)
    if writer is None or not may_write(outcome):
        return Writing(writer.spec.model if writer is not None else "", "none")
    return write(writer, question.text, outcome.passages, question.history)


def plain_state(state: DialogState) -> dict[str, Any]:
    """The state as JSON, without what says nothing."""
    found: dict[str, Any] = msgspec.to_builtins(state)
    return {name: value for name, value in found.items() if name not in ("format", "updated_ms") and value}


def _acted(outcome: Outcome) -> Outcome:
    """The endpoint asked, under a key of its own each time."""
    action = outcome.answer.action
    assert action is not None
    row = Endpoint.objects.filter(name=action.endpoint, enabled=True).first()
    if row is None:
        return outcome.handed("action_failed", "failure")
    slots: Mapping[str, str] = action.slots
    body = {
        "intent": action.intent, "slots": dict(slots), "language": outcome.language, "site": "",
        "conversation": "", "visitor": "", "trial": True,
    }  # fmt: skip
    result = call(Call(row.name, row.url, row.secret, row.timeout_ms, f"trial:{uuid4()}", body))
    template = row.reply if outcome.language == "zh" else row.reply_en or row.reply
    answer = answer_of(
        outcome.answer,
        result,
        title=row.name,
        template=template,
        language=outcome.language,
        state=outcome.state,
    )
    return msgspec.structs.replace(
        outcome, answer=answer, state=answer.state or outcome.state, plain=plain_of(answer.text)
    )
