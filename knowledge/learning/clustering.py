"""Questions that mean one thing, in different words: leader clustering over concepts and characters. Pure.

The most frequent question of all leads the first cluster; each further one joins the leader it is most
like, or leads a cluster of its own. Concepts of the lexicon count three times as much as a pair of
characters, since "钱啥时候退" and "退款多久到" share no other. Linear in practice: only leaders that share
a feature are compared.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

import msgspec

ALIKE: Final = 0.42
"""Cosine from which on two questions mean one thing; chosen on the demo base's wordings, see
docs/knowledge.md.
"""
CONCEPT: Final = 3.0
COMMON: Final = 0.2  # a feature in more than this share of all questions tells nothing (and costs time)


class Asked(msgspec.Struct, frozen=True):
    """A question that was asked `count` times; `folded` as `knowledge.text.fold` makes it."""

    id: str
    folded: str
    count: int = 1


class Cluster(msgspec.Struct, frozen=True):
    """Questions that mean one thing, the leader first; `count`: how often all of them were asked."""

    ids: tuple[str, ...]
    count: int


def clusters(asked: Iterable[Asked], concepts_of: Callable[[str], Collection[str]]) -> list[Cluster]:
    """All of them, the most asked first. `concepts_of` takes folded text (`Lexicon.concepts`)."""
    ordered = sorted(asked, key=lambda one: (-one.count, one.id))
    weighted = _weigh([features(one.folded, concepts_of) for one in ordered])
    leaders: list[dict[str, float]] = []
    members: list[list[Asked]] = []
    holders: dict[str, list[int]] = defaultdict(list)
    for one, vector in zip(ordered, weighted, strict=True):
        best, likeness = _nearest(vector, leaders, holders)
        if best is not None and likeness >= ALIKE:
            members[best].append(one)
            continue
        for name in vector:
            holders[name].append(len(leaders))
        leaders.append(vector)
        members.append([one])
    found = [Cluster(tuple(one.id for one in group), sum(one.count for one in group)) for group in members]
    return sorted(found, key=lambda cluster: (-cluster.count, cluster.ids[0]))


def features(folded: str, concepts_of: Callable[[str], Collection[str]]) -> dict[str, float]:
    """Concepts, and pairs of characters within words."""
    found: Counter[str] = Counter()
    for concept in concepts_of(folded):
        found[f"concept:{concept}"] = 1
    for run in folded.split():
        kept = "".join(character for character in run if character.isalnum())
        pairs = [kept[at : at + 2] for at in range(len(kept) - 1)] or ([kept] if kept else [])
        found.update(pairs)
    return {
        name: CONCEPT if name.startswith("concept:") else 1.0 + math.log(count)
        for name, count in found.items()
    }


def _weigh(vectors: Sequence[dict[str, float]]) -> list[dict[str, float]]:
    """Rare features count more (idf), and each vector has the length one."""
    holders: Counter[str] = Counter(name for vector in vectors for name in vector)
    many = len(vectors)
    weighted = []
    for vector in vectors:
        scaled = {
            name: value * math.log(1 + many / holders[name])
            for name, value in vector.items()
            if many < 20 or holders[name] <= COMMON * many
        }
        length = math.sqrt(sum(value * value for value in scaled.values())) or 1.0
        weighted.append({name: value / length for name, value in scaled.items()})
    return weighted


def _nearest(
    vector: dict[str, float], leaders: Sequence[dict[str, float]], holders: dict[str, list[int]]
) -> tuple[int | None, float]:
    """The most alike leader and its cosine."""
    scores: dict[int, float] = defaultdict(float)
    for name, value in vector.items():
        for leader in holders.get(name, ()):
            scores[leader] += value * leaders[leader][name]
    if not scores:
        return None, 0.0
    best = min(scores, key=lambda leader: (-scores[leader], leader))
    return best, scores[best]
