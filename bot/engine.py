"""The engine: reads a message, asks the levels in their order, and says why it answers as it does. Pure.

The same code answers visitors, suggests replies to agents, runs in the playground and is measured by
`manage.py bot_eval`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from bot import phrases
from bot.dialog.state import EXPIRES_MS, DialogState
from bot.entities import Entity
from bot.intents.prediction import Prediction
from bot.strategies.base import Answer, Context, HandOver, Passage, Said, Step, Strategy
from knowledge.search import ANSWER_AT
from knowledge.search.entry import Hit
from knowledge.text import fold
from knowledge.text.markdown import plain

MAX_TEXT: Final = 2_000
"""Characters of a burst that are understood; the rest is no question any more."""


_LATIN: Final = re.compile(r"[A-Za-z]{2,}")
MAX_PASSAGES: Final = 5
WORTH: Final = 0.15
"""Hits below this are noise even to a model."""


class Asked(msgspec.Struct, frozen=True):
    """A question with all around it. `wordless`: only pictures or files; `locale` of the site, used when the
    words do not tell their language. From `answers_at` on what knowledge has is an answer, in every level;
    a talk is remembered for `memory_ms`. `SiteBot.asks` fills in what a site says.
    """

    text: str
    now: datetime
    site: str
    state: DialogState
    locale: str = "zh-CN"
    wordless: bool = False
    page: dict[str, str] = {}
    visitor: dict[str, Any] = {}
    history: tuple[Said, ...] = ()
    answers_at: float = ANSWER_AT
    memory_ms: int = EXPIRES_MS
    misses_to_people: int = 2
    vip_priority: int | None = None
    anger_to_people: bool = True


class Outcome(msgspec.Struct, frozen=True):
    """What the bot does. `state`: where the talk stands after it; `plain`: the answer without its Markdown;
    `brief`: for the person it is handed to (`chat.protocol.commands.Brief`); `trace`: why.
    """

    answer: Answer
    state: DialogState
    trace: tuple[Step, ...] = ()
    plain: str = ""
    brief: dict[str, Any] = {}
    language: str = "zh"
    intent: str = ""
    took_us: int = 0
    passages: tuple[Passage, ...] = ()

    #: A language model may put the answer into its own words.
    may_be_written: bool = False

    #: Of the engine: release of knowledge (k), configuration (c), learnt model (m0: none).
    version: str = ""

    @property
    def is_slow(self) -> bool:
        """Whether somebody else's machine has to be asked before there is an answer."""
        return self.answer.action is not None or self.may_be_written

    def handed(self, phrase: str, reason: str) -> Outcome:
        """The same question, given to people instead."""
        text = phrases.say(phrase, self.language)
        answer = Answer(text, self.answer.level, 0.0, "handed", handover=HandOver(reason), intent=self.intent)
        return msgspec.structs.replace(self, answer=answer, plain=text)

    @classmethod
    def failure(cls, asked: Asked) -> Outcome:
        """What happens when the bot itself fails: people take over."""
        language = language_of(asked.text, asked.locale, asked.history)
        text = phrases.say("to_people", language)
        answer = Answer(text, "failure", 0.0, "handed", handover=HandOver("failure"))
        return cls(answer, asked.state, plain=text, language=language, brief={"summary": asked.text[:500]})


class Understanding(msgspec.Struct, frozen=True):
    """What reads a message before any level does. `retrieve(query, site, language, now)`: best hits first."""

    extract: Callable[[str, datetime], Sequence[Entity]]
    predict: Callable[[str, str], Prediction | None]
    retrieve: Callable[[str, str, str, datetime], Sequence[Hit]]
    passage: Callable[[Hit], Passage] | None = None


class Engine:
    """Levels in the order of their priority over one understanding. Thread-safe: holds nothing of a talk."""

    def __init__(
        self,
        levels: Sequence[Strategy],
        understanding: Understanding,
        *,
        version: str = "",
        brief: Callable[[Context, Answer], Mapping[str, Any]] | None = None,
    ) -> None:
        self.levels = tuple(sorted(levels, key=lambda level: level.priority))
        self.version = version
        self._understanding = understanding
        self._brief = brief

    def answer(self, asked: Asked) -> Outcome:
        """What to do about it. Raises what a level raises; the caller hands over then."""
        began = time.perf_counter_ns()
        context = self.context(asked)
        answer = None
        for level in self.levels:
            at = time.perf_counter_ns()
            answer = level.match(context)
            if context.trace:
                context.trace[-1] = msgspec.structs.replace(
                    context.trace[-1], took_us=(time.perf_counter_ns() - at) // 1000
                )
            if answer is not None:
                break
        if answer is None:
            # No level had anything, not even the last: that is a bundle without one, as in an empty site.
            answer = Answer(
                phrases.say("to_people", context.language), "none", 0.0, "handed", handover=HandOver("misses")
            )
        state = answer.state if answer.state is not None else context.state
        at_ms = int(asked.now.timestamp() * 1000)
        state = msgspec.structs.replace(state, turns=state.turns + 1, updated_ms=at_ms)
        brief = dict(self._brief(context, answer)) if self._brief and answer.handover else {}
        return Outcome(
            answer=answer,
            state=state,
            trace=tuple(context.trace),
            plain=plain_of(answer.text),
            brief=brief,
            language=context.language,
            intent=answer.intent or state.intent or "",
            took_us=(time.perf_counter_ns() - began) // 1000,
            passages=self._passages(context) if context.has_hits else (),
            version=self.version,
        )

    def _passages(self, context: Context) -> tuple[Passage, ...]:
        """The best of what was found, for a model to write from."""
        passage = self._understanding.passage
        if passage is None:
            return ()
        return tuple(passage(hit) for hit in context.hits()[:MAX_PASSAGES] if hit.score >= WORTH)

    def context(self, asked: Asked) -> Context:
        """What the levels look at."""
        text = asked.text[:MAX_TEXT]
        folded = fold(text)
        language = language_of(text, asked.locale, asked.history)
        read = self._understanding
        return Context(
            text=text,
            folded=folded,
            now=asked.now,
            site=asked.site,
            language=language,
            state=asked.state,
            entities=tuple(read.extract(text, asked.now)),
            asked=asked,
            predictor=lambda: read.predict(folded, language),
            retriever=lambda query: read.retrieve(query, asked.site, language, asked.now),
            page=asked.page,
            visitor=asked.visitor,
            history=asked.history,
        )


def language_of(text: str, locale: str, history: Sequence[Said] = ()) -> str:
    """zh or en: by the words; one Latin word alone ("iphone") in a Chinese talk is Chinese; without words (an
    order's number) by what the visitor wrote last that has some, then by the site's locale.
    """
    if is_chinese(text):
        return "zh"
    latin = _LATIN.findall(text)
    if not latin:
        for said in reversed(history):
            if said.by == "visitor" and (is_chinese(said.text) or _LATIN.search(said.text)):
                return "zh" if is_chinese(said.text) else "en"
        return "zh" if locale.lower().startswith("zh") else "en"
    if len(latin) == 1 and any(said.by == "visitor" and is_chinese(said.text) for said in history):
        return "zh"
    return "en"


def is_chinese(text: str) -> bool:
    """Whether any of it is written in Chinese characters."""
    return any("\u3400" <= character <= "\u9fff" for character in text)


def plain_of(markdown: str) -> str:
    """An answer's words for clients that show plain text: links keep their address, marks go."""
    return plain(markdown)
