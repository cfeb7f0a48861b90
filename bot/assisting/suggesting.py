"""Replies an agent may send as they are: from the engine that answers visitors, and what else was found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from django.conf import settings

from bot.answering.bundle import bundle_now
from bot.assisting.looking import asked_of, look
from bot.engine import Outcome, plain_of
from bot.strategies.base import Source
from bot.strategies.knowledge import source_of
from chat import sites
from chat.conversation import Participant
from knowledge.search import OFFER_AT
from knowledge.text import fold, words

MOST: Final = 3
MAX_DRAFT: Final = 2_000
SAID_ALREADY: Final = 0.5
"""What a draft that has all its words in an answer adds to the answer's score: an agent who has
begun to write an answer means that one, even where another was found a little better."""


class Suggestion(msgspec.Struct, frozen=True):
    """A reply. `text`: as it is sent; `markdown`: the same with its marks; `score`: 0 to 1."""

    text: str
    markdown: str
    level: str
    score: float
    sources: tuple[Source, ...] = ()


class Suggested(msgspec.Struct, frozen=True):
    """The visitor's words that are answered, and up to three replies to them, best first."""

    question: str
    replies: tuple[Suggestion, ...]


def suggest(conversation: str, who: Participant, draft: str = "") -> Suggested:
    """Replies to the visitor's newest words; `draft`: what the agent has written so far.

    Raises `not_found` for strangers.
    """
    view = look(conversation, who)
    if not settings.KEFU_BOT or not view.question.strip():
        return Suggested(view.question, ())
    asked = asked_of(view, view.question)
    bundle = bundle_now()
    engine = bundle.engine(asked.site, bundle.choose(conversation))
    outcome = engine.answer(asked)
    found = [_own(outcome)] if is_reply(outcome) else []
    index, shelf = bundle.live.index, f"/help/{sites.by_id(asked.site).public_key}/"
    contexts = [engine.context(asked)]
    if draft.strip():
        contexts.append(engine.context(msgspec.structs.replace(asked, text=draft[:MAX_DRAFT])))
    for context in contexts:
        for hit in context.hits():
            if hit.score >= OFFER_AT:
                entry = index.entry(hit.id)
                text = plain_of(entry.answer)
                sources = (source_of(entry, shelf),)
                found.append(Suggestion(text, entry.answer, "retrieval", hit.score, sources))
    return Suggested(view.question, best(found, draft))


def is_reply(outcome: Outcome) -> bool:
    """Whether a person could say it, too: something that is known, not a hand-over and nothing to look up."""
    answer = outcome.answer
    return answer.outcome in ("answered", "asked") and answer.action is None and answer.level != "honest"


def best(found: Iterable[Suggestion], draft: str = "") -> tuple[Suggestion, ...]:
    """The best of them, each text once; what a draft begins to say goes first. Pure."""
    wanted = set(words(fold(draft)))
    rated: dict[str, tuple[float, Suggestion]] = {}
    for each in found:
        rate = each.score + (SAID_ALREADY * _share(wanted, words(fold(each.text))) if wanted else 0.0)
        if each.text and (each.text not in rated or rate > rated[each.text][0]):
            rated[each.text] = (rate, each)
    ordered = sorted(rated.values(), key=lambda pair: -pair[0])
    return tuple(each for _, each in ordered[:MOST])


def _share(wanted: set[str], said: Sequence[str]) -> float:
    return len(wanted & set(said)) / len(wanted)


def _own(outcome: Outcome) -> Suggestion:
    answer = outcome.answer
    return Suggestion(outcome.plain, answer.text, answer.level, min(1.0, answer.confidence), answer.sources)
