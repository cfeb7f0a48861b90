"""Learns the weights of the search's exact ranking (knowledge/search/weights.json) from questions whose
answer is known.

    python -m bench.learn_ranking [--on BASE QUERIES OOS WEIGHT …] [--write]

Without --on from the project's own sets (bench/ranking_sets.py). BASE, QUERIES, OOS: files as `manage.py
bot_eval retrieval` takes them, OOS "-" for none; WEIGHT: what one of its queries counts.

First by cross-validation over two halves (by entry): what is printed was learnt on
the other half. Then, with --write, on everything. A query whose right entry is taken out of the base counts
as out of scope, too.
"""

import argparse
import json
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from bench.ranking_sets import QuestionSet, own_sets
from bot.evaluation.retrieval import read_base, read_lines
from knowledge.lexicon import Lexicon
from knowledge.search import ANSWER_AT, SearchIndex
from knowledge.search.ranking import FEATURES, JUDGED, features, judged, mixed, points

OUT = Path(__file__).parents[1] / "knowledge/search/weights.json"
FLAT = 0.3  # L2 of the ranking; 1 and 3 gave the same within half a point
DROPPED = 0.25  # what a query without its entry counts
OUTSIDE = 2.0  # and one that is out of scope: an answer to it harms more than a question back

Array = npt.NDArray[Any]


class Case(msgspec.Struct):
    """A query's candidates: their entries and features; how much of the query the lexicon knows; the number
    of the right entry, -1 when there is none."""

    owner: Array
    seen: Array
    known: float
    right: int
    weight: float
    half: int
    kind: str


def cases(asked: QuestionSet, lexicon: Lexicon) -> list[Case]:
    """What the index offers for each query of a set."""
    base, queries, oos, weight, outside = asked
    index = SearchIndex.build(read_base(base), lexicon)
    place = {entry.id: number for number, entry in enumerate(index.entries())}
    rows = [(line["query"], line["id"]) for line in read_lines(queries)]
    if oos is not None:
        rows += [(line["query"], "") for line in read_lines(oos)]
    out = []
    for query, name in rows:
        found = index.candidates(query)
        if found is not None:
            half = zlib.crc32((name or query).encode()) % 2
            kind = f"{base.parent.name} {base.stem}{'' if name else ' oos'}"
            seen = features(found, index.rows)
            counts = weight if name else outside * OUTSIDE
            out.append(Case(found.owner, seen, found.known, place.get(name, -1), counts, half, kind))
    return out


def learn_points(known: Sequence[Case]) -> Array:
    """Weights that make the right entry's best wording the most likely of the candidates (softmax, L2)."""
    usable = [case for case in known if 0 < (case.owner == case.right).sum() < len(case.owner)]
    table = np.concatenate([mixed(case.seen, case.known) for case in usable])
    sizes = [len(case.owner) for case in usable]
    group = np.repeat(np.arange(len(usable)), sizes)
    right = np.concatenate([case.owner == case.right for case in usable])
    weight = np.array([case.weight for case in usable])
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))

    def loss(weights: Array) -> tuple[float, Array]:
        scored = table @ weights
        shifted = np.exp(scored - np.maximum.reduceat(scored, starts)[group])
        whole = np.add.reduceat(shifted, starts)
        part = np.add.reduceat(shifted * right, starts) + 1e-12
        slope = shifted / whole[group] - shifted * right / part[group]
        value = (weight * (np.log(whole) - np.log(part))).sum() + FLAT * weights @ weights / 2
        return float(value), table.T @ (weight[group] * slope) + FLAT * weights

    # Sharing more must never count against a wording, even where the examples would have it so: among
    # wordings that differ in one number, the other number would win.
    bounds = [(None, 0.0) if name == "denied" else (0.0, None) for name in FEATURES * 3]
    start = np.zeros(table.shape[1])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 300})
    return np.asarray(found.x)


class Judgement(msgspec.Struct):
    """The first hit of a query: what is known of it, whether it is right, what it counts."""

    known: Array
    right: bool
    weight: float
    kind: str


def first(case: Case, weights: Array, *, drop: bool = False) -> Judgement | None:
    """The first hit, as it is or with the right entry taken out of the base."""
    keep = case.owner != case.right if drop else np.ones(len(case.owner), bool)
    if not keep.any():
        return None
    owner, seen = case.owner[keep], case.seen[keep]
    scored = points(seen, case.known, weights)
    best = int(np.argmax(scored))
    right = bool(owner[best] == case.right) and not drop
    kind = f"{case.kind} without its entry" if drop else case.kind
    return Judgement(
        judged(seen, case.known, owner, scored, best),
        right,
        case.weight * (DROPPED if drop else 1),
        kind,
    )


def judgements(known: Sequence[Case], weights: Array) -> list[Judgement]:
    """Every first hit of these cases, and those without the right entry."""
    out = [first(case, weights) for case in known]
    out += [first(case, weights, drop=True) for case in known if case.right >= 0]
    return [one for one in out if one is not None]


def learn_judge(known: Sequence[Judgement]) -> tuple[Array, float]:
    """A logistic regression on standardised features, told in those of the product."""
    table = np.array([one.known for one in known])
    mean, spread = table.mean(0), table.std(0) + 1e-9
    model = LogisticRegression(C=0.3, max_iter=2000)
    weights = [one.weight for one in known]
    model.fit((table - mean) / spread, [one.right for one in known], sample_weight=weights)
    slope = model.coef_[0] / spread
    return slope, float(model.intercept_[0] - slope @ mean)


def report(known: Sequence[Judgement], judge: tuple[Array, float]) -> None:
    """By kind: how many, right first, and at the product's threshold answered and answered wrongly."""
    for kind in dict.fromkeys(one.kind for one in known):
        these = [one for one in known if one.kind == kind]
        sure = [1 / (1 + np.exp(-(one.known @ judge[0] + judge[1]))) >= ANSWER_AT for one in these]
        right = np.mean([one.right for one in these])
        wrong = np.mean([answered and not one.right for answered, one in zip(sure, these, strict=True)])
        print(f"{kind}: {len(these)} r1 {right:.3f} answered {np.mean(sure):.3f} wrongly {wrong:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--on", nargs=4, action="append", default=[])
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    lexicon = Lexicon.load()
    with tempfile.TemporaryDirectory() as folder:
        sets = [
            QuestionSet(Path(base), Path(queries), None if oos == "-" else Path(oos), *2 * (float(weight),))
            for base, queries, oos, weight in chosen.on
        ] or own_sets(Path(folder))
        known = [case for asked in sets for case in cases(asked, lexicon)]
    halves = [[case for case in known if case.half == half] for half in (0, 1)]
    judged_by_half = [judgements(halves[half], learn_points(halves[1 - half])) for half in (0, 1)]
    for half in (0, 1):
        print(f"half {half}, learnt on the other")
        report(judged_by_half[half], learn_judge(judged_by_half[1 - half]))
    if chosen.write:
        weights = learn_points(known)
        slope, bias = learn_judge(judged_by_half[0] + judged_by_half[1])
        met, unmet, foreign = np.split(weights, 3)
        found = {
            "met": _told(FEATURES, met),
            "unmet": _told(FEATURES, unmet),
            "foreign": _told(FEATURES, foreign),
            "judged": _told(JUDGED, slope),
            "bias": round(bias, 4),
        }
        OUT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _told(names: Sequence[str], values: Array) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in zip(names, values, strict=True)}


if __name__ == "__main__":
    main()
