"""Golden questions: what must be answered by what, asked of the release to be and of the one that is live.

A release is refused when something that was right is wrong in it. What was wrong before and still is holds
nobody up, and is shown. Pure: here the search alone is asked. Where a bot answers, it registers a runner that
asks all of it (`knowledge.ports.register_golden_runner`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from knowledge.graph import Graph
from knowledge.lexicon import Lexicon
from knowledge.search.entry import ANSWER_AT

if TYPE_CHECKING:
    from knowledge.search.index import SearchIndex

ANSWERED: Final = ANSWER_AT
"""From this score on a hit is taken for an answer when nobody registered a runner that knows better."""


class Asked(msgspec.Struct, frozen=True):
    """A golden question. `expected`: the id of the question that must answer, None: nothing may; `wanted`:
    its words; `to_people`: it must be given to a person instead.
    """

    id: str
    query: str
    expected: str | None
    site: str | None = None
    language: str = ""
    to_people: bool = False
    wanted: str = ""


class Candidate(msgspec.Struct, frozen=True):
    """What would answer: the release to be, or the one that is live."""

    index: SearchIndex
    lexicon: Lexicon
    graph: Graph
    now_ms: int


class Result(msgspec.Struct, frozen=True):
    """How one went. `got`: the id of what answered, None for nothing; `title`: its words. `outcome`:
    answered, asked, choices, honest, handed or failure; `level`: of the bot, "search" without one.
    """

    id: str
    query: str
    expected: str | None
    got: str | None
    title: str
    score: float
    passed: bool
    verdict: Literal["same", "better", "worse", "new"] = "same"
    to_people: bool = False
    wanted: str = ""
    outcome: str = ""
    level: str = ""


def run(asked: Sequence[Asked], candidate: Candidate) -> list[Result]:
    """Search alone: the first hit must be the expected one; where nothing may answer, nothing above
    `ANSWERED` may be found. What must go to people does: without a bot everything is theirs.
    """
    found = []
    for one in asked:
        hits = candidate.index.search(
            one.query, limit=1, site=one.site, language=one.language or None, now_ms=candidate.now_ms
        )
        best = hits[0] if hits else None
        got = best.id.partition("#")[0] if best is not None else None
        score = best.score if best is not None else 0.0
        if one.to_people:
            passed, got = True, None
        elif one.expected is None:
            passed = score < ANSWERED
            got = None if passed else got
        else:
            passed = got == one.expected
        title = candidate.index.entry(best.id).question if best is not None and got is not None else ""
        outcome = "handed" if one.to_people else "honest" if got is None else "answered"
        found.append(
            Result(
                one.id, one.query, one.expected, got, title, round(score, 4), passed,
                to_people=one.to_people, wanted=one.wanted, outcome=outcome, level="search",
            )
        )  # fmt: skip
    return found


def compare(new: Sequence[Result], live: Sequence[Result] | None) -> list[Result]:
    """The new results with how they stand to the live release's; without one, what fails is worse."""
    before = {result.id: result.passed for result in live or ()}
    return [
        msgspec.structs.replace(result, verdict=_verdict(result.passed, before.get(result.id), live is None))
        for result in new
    ]


def regressions(results: Sequence[Result]) -> list[Result]:
    """Those that refuse a release."""
    return [result for result in results if result.verdict == "worse"]


def as_json(results: Sequence[Result]) -> list[dict[str, Any]]:
    """As plain JSON, for a column or an answer."""
    found: list[dict[str, Any]] = msgspec.to_builtins(results)
    return found


def _verdict(passed: bool, before: bool | None, first: bool) -> Literal["same", "better", "worse", "new"]:
    if before is None:
        return "worse" if first and not passed else "new"
    if passed == before:
        return "same"
    return "better" if passed else "worse"
