"""What a level of the bot is: it looks at the context and has an answer, or none. Pure.

A new level is one file here: a class that keeps `Strategy`, and `make(parts)`, which gives those of a site
(`bot.strategies.parts`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from bot.dialog.state import DialogState
from bot.entities import Entity
from bot.intents.prediction import Prediction
from knowledge.search.entry import Hit


class Source(msgspec.Struct, frozen=True):
    """Where an answer comes from. `kind`: question, passage, article, graph, rule, action, model."""

    kind: str
    id: str
    title: str
    url: str = ""


class Choice(msgspec.Struct, frozen=True):
    """One of up to three ways to go on. `text` is what the visitor says by choosing it."""

    text: str
    id: str = ""


class HandOver(msgspec.Struct, frozen=True):
    """To people. `reason`: asked, misses, anger, sensitive, vip, rule, intent, failure,
    loop; `group`: its id."""

    reason: str
    group: str | None = None


class ActionCall(msgspec.Struct, frozen=True):
    """A call of the customer's endpoint that the caller has to make before there is an answer."""

    endpoint: str
    intent: str
    slots: Mapping[str, str]
    #: What the talk goes on with after the endpoint's words.
    rest: str = ""


class Answer(msgspec.Struct, frozen=True):
    """What a level says. `text`: Markdown. `confidence`: 0 to 1. `outcome`: answered, asked, choices, honest,
    handed. `state`: where the talk stands after it, None: as before. With `action` the text is not known yet.
    """

    text: str
    level: str
    confidence: float = 1.0
    outcome: str = "answered"
    sources: tuple[Source, ...] = ()
    choices: tuple[Choice, ...] = ()
    card: dict[str, Any] | None = None
    handover: HandOver | None = None
    state: DialogState | None = None
    action: ActionCall | None = None
    intent: str = ""


class Step(msgspec.Struct, frozen=True):
    """One line of the trace: what a level saw and decided, with its scores."""

    level: str
    verdict: str
    detail: dict[str, Any] = {}
    took_us: int = 0


class Said(msgspec.Struct, frozen=True):
    """An earlier message of the talk. `by`: visitor, bot, agent."""

    by: str
    text: str


class Passage(msgspec.Struct, frozen=True):
    """Something that was found, for who writes from it."""

    text: str
    source: Source


class Context(msgspec.Struct):
    """All a level may look at. `text` is the newest burst joined by newlines, `folded` the same as compared.

    `now` is in the site's zone; `language`: zh or en; `page`: url, title, referrer; `visitor`: name,
    priority, attributes; `asked`: the question with the site's settings (`bot.engine.Asked`).
    """

    text: str
    folded: str
    now: datetime
    site: str
    language: str
    state: DialogState
    entities: tuple[Entity, ...]
    asked: Any
    predictor: Callable[[], Prediction | None]
    retriever: Callable[[str], Sequence[Hit]]
    page: dict[str, str] = {}
    visitor: dict[str, Any] = {}
    history: tuple[Said, ...] = ()
    trace: list[Step] = []
    #: What knowledge is asked: the message, joined to the question before where it follows up on that.
    query: str = ""
    _prediction: tuple[Prediction | None] | None = None
    _hits: dict[str, tuple[Hit, ...]] = {}

    def predict(self) -> Prediction | None:
        """The intent, computed on first use and shared by the levels; None without a model."""
        if self._prediction is None:
            self._prediction = (self.predictor(),)
        return self._prediction[0]

    def hits(self, query: str | None = None) -> tuple[Hit, ...]:
        """What knowledge has for the message (or for another query), best first; computed once for each."""
        query = (self.query or self.folded) if query is None else query
        if query not in self._hits:
            self._hits[query] = tuple(self.retriever(query))
        return self._hits[query]

    def keep_hits(self, query: str, hits: tuple[Hit, ...]) -> None:
        """Have `hits(query)` give these: whoever knows more than the index has ranked them anew."""
        self._hits[query] = hits

    @property
    def has_hits(self) -> bool:
        """Whether a level has looked into knowledge for the message."""
        return (self.query or self.folded) in self._hits

    def note(self, level: str, verdict: str, **detail: Any) -> None:
        """Write a line of the trace."""
        self.trace.append(Step(level, verdict, detail))


class Strategy(Protocol):
    """A level. Lower priorities go first; the first answer stands."""

    name: str
    priority: int

    def match(self, context: Context) -> Answer | None:
        """An answer, or None when this level has none. Must not block."""
