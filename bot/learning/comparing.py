"""What the same question got and would get, compared. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

Verdict = Literal["same", "better", "worse", "other"]

_WORTH = {"answered": 3, "asked": 2, "choices": 2, "honest": 1, "handed": 0}


class Given(msgspec.Struct, frozen=True):
    """What a question got. `sources`: ids of what the answer came from; `title`: in words, for people."""

    outcome: str
    level: str = ""
    intent: str = ""
    sources: tuple[str, ...] = ()
    title: str = ""


class Pair(msgspec.Struct, frozen=True):
    """A question with what it got and what it would get. `at_ms`: when it was asked."""

    conversation: str
    seq: int
    question: str
    before: Given
    after: Given
    at_ms: int = 0

    @property
    def verdict(self) -> Verdict:
        """Better: it gets further without people. Other: as far, by another source."""
        return verdict_of(self.before, self.after)


class Report(msgspec.Struct, frozen=True):
    """A replay in numbers. `moves`: how many went from one outcome to another, most first; `failed`:
    questions on which the engine failed; `cut`: there were more than were looked at.
    """

    total: int
    same: int
    better: int
    worse: int
    other: int
    failed: int
    cut: bool
    moves: tuple[tuple[str, str, int], ...]
    changed: tuple[Pair, ...]


def verdict_of(before: Given, after: Given) -> Verdict:
    """How the two stand to each other. An answer by the same source is the same, whatever its words."""
    if before.outcome != after.outcome:
        gain = _WORTH.get(after.outcome, 0) - _WORTH.get(before.outcome, 0)
        return "better" if gain > 0 else "worse" if gain < 0 else "other"
    if after.outcome == "answered":
        return (
            "same" if set(before.sources) & set(after.sources) or before.sources == after.sources else "other"
        )
    if after.outcome == "asked":
        return "same" if before.intent == after.intent else "other"
    return "same"


def report_of(pairs: Sequence[Pair], failed: int = 0, cut: bool = False) -> Report:
    """All pairs in numbers, with those that changed: worse first."""
    verdicts = Counter(pair.verdict for pair in pairs)
    order = {"worse": 0, "other": 1, "better": 2}
    changed = sorted((pair for pair in pairs if pair.verdict != "same"), key=lambda pair: order[pair.verdict])
    return Report(
        total=len(pairs),
        same=verdicts["same"],
        better=verdicts["better"],
        worse=verdicts["worse"],
        other=verdicts["other"],
        failed=failed,
        cut=cut,
        moves=moves_of(changed),
        changed=tuple(changed),
    )


def moves_of(changed: Iterable[Pair]) -> tuple[tuple[str, str, int], ...]:
    """(from, to, how many), most first."""
    counts = Counter((pair.before.outcome, pair.after.outcome) for pair in changed)
    return tuple((before, after, times) for (before, after), times in counts.most_common())
