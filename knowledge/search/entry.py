"""What search holds, and what it finds."""

from typing import Any

import msgspec

ANSWER_AT = 0.5  # a score from here on: the first hit is the answer
OFFER_AT = 0.22  # from here on hits are worth offering as choices


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that can be an answer: a question with its other wordings, a passage, an article, a fact.

    `kind`: "question", "passage", "article" or "graph". `answer`: rich Markdown. `site`: None at every site;
    `language`: "zh", "en", "" for any. Shown from `valid_from` until before `valid_to` (ms since 1970, None:
    open). `source`: {"title", "url", "kind", "id"}. `answer_card`: choices and cards that go along.
    """

    id: str
    kind: str = "question"
    question: str = ""
    similar: tuple[str, ...] = ()
    answer: str = ""
    title: str = ""
    category: str = ""
    site: str | None = None
    language: str = ""
    valid_from: int | None = None
    valid_to: int | None = None
    source: dict[str, Any] = {}
    answer_card: dict[str, Any] | None = None


class Hit(msgspec.Struct, frozen=True):
    """An entry found. `score`: 0…1, the share of fresh questions with this score that it answers rightly.

    `matched`: the wording that was nearest. `parts`: what the score is made of, each 0…1, for those who ask
    why.
    """

    id: str
    score: float
    matched: str
    parts: dict[str, float]
