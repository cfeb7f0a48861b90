"""The question sets that the search's weights are learnt from, made anew from what the project holds."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.paraphrases import write_set
from bot.evaluation.retrieval import read_lines

ROOT = Path(__file__).parents[1]
OWN = ROOT / "tests/knowledge/data"
DEMO = ROOT / "knowledge/demo"
TAKEN_OUT = 2  # wordings of each entry of the demo, its last ones, that are asked instead of indexed
# Sets, and what one of their queries and one of their questions out of scope counts: the queries of `shop`
# and `services` were read while the lexicon was written, so it knows them better than a stranger's.
WRITTEN = {"service": (1.0, 1.0), "shop": (0.1, 0.5), "services": (0.1, 0.5)}
DEMO_WEIGHT = 0.5
MADE = ((5_000, 1), (10_000, 2))  # entries and seed of each made base
MADE_QUERIES = 1_500
MADE_WEIGHT = 0.03  # 0.1 cost service three points of R@1


class QuestionSet(NamedTuple):
    """Files as `manage.py bot_eval retrieval` takes them; what one of the queries counts, and what one that
    is out of scope."""

    base: Path
    queries: Path
    oos: Path | None
    weight: float
    outside: float


def own_sets(folder: Path) -> list[QuestionSet]:
    """Every set there is; those that have to be made are written into `folder`. Always the same ones."""
    sets = [_in(OWN, f"{name}_", *weights) for name, weights in WRITTEN.items()]
    sets.append(_demo(folder))
    for entries, seed in MADE:
        place = folder / f"made{seed}"
        write_set(place, entries, MADE_QUERIES, seed)
        sets.append(_in(place, "", MADE_WEIGHT, MADE_WEIGHT))
    return sets


def _in(folder: Path, prefix: str, weight: float, outside: float) -> QuestionSet:
    base, queries, oos = (folder / f"{prefix}{part}.jsonl" for part in ("base", "queries", "oos"))
    return QuestionSet(base, queries, oos, weight, outside)


def _demo(folder: Path) -> QuestionSet:
    base, queries = [], []
    for line in (*read_lines(DEMO / "questions.zh.jsonl"), *read_lines(DEMO / "questions.en.jsonl")):
        similar = line["similar"]
        base.append({**line, "similar": similar[:-TAKEN_OUT]})
        queries += [{"id": line["id"], "query": text} for text in similar[-TAKEN_OUT:]]
    _write(folder / "demo_base.jsonl", base)
    _write(folder / "demo_queries.jsonl", queries)
    return QuestionSet(folder / "demo_base.jsonl", folder / "demo_queries.jsonl", None, DEMO_WEIGHT, 0.0)


def _write(path: Path, lines: Sequence[Mapping[str, object]]) -> None:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
