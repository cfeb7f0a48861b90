"""How well questions find their entry of a knowledge base, measured by the search that answers visitors."""

import json
import resource
import sys
import time
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from knowledge.lexicon import Lexicon
from knowledge.search import ANSWER_AT, Entry, Hit, SearchIndex


def add_arguments(parser: ArgumentParser) -> None:
    """The files: a base, queries with the id of their entry, and queries no entry answers."""
    parser.add_argument("--base", type=Path, required=True, help='lines {"id","question","similar","answer"}')
    parser.add_argument("--queries", type=Path, required=True, help='lines {"id","query"}')
    parser.add_argument("--oos", type=Path, help='lines {"query"}: what the base does not answer')
    parser.add_argument("--misses", type=Path, help="write what missed, and what was found, here")


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSONL file; raises ValueError naming the line that is none."""
    out = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            try:
                out.append(json.loads(line))
            except json.JSONDecodeError as error:
                raise ValueError(f"{path}:{number}: {error}") from error
    return out


def read_base(path: Path) -> list[Entry]:
    """The entries of a base file."""
    return [
        Entry(
            id=str(line["id"]),
            question=line["question"],
            similar=tuple(line.get("similar") or ()),
            answer=line.get("answer") or "",
            category=line.get("category") or "",
            language=line.get("language") or "",
        )
        for line in read_lines(path)
    ]


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Recall at 1 and 5, mean reciprocal rank (of the first 10), what is answered at the product's threshold.

    Shares are of all queries. Times are of `SearchIndex.search`, one query at a time, after 20 to warm up.
    """
    began = time.perf_counter()
    lexicon = Lexicon.load()
    lexicon_s = time.perf_counter() - began
    entries = iter(read_base(options["base"]))  # read through, it lets the list go: 10 MB
    began = time.perf_counter()
    index = SearchIndex.build(entries, lexicon)
    build_s = time.perf_counter() - began
    queries = read_lines(options["queries"])
    for line in queries[:20]:
        index.search(line["query"])
    ranks: list[int] = []
    answered: list[bool] = []
    seconds: list[float] = []
    misses: list[str] = []
    for line in queries:  # judged one by one: the hits of all would be 30 MB of what is measured
        hits = _timed(index, line["query"], seconds)
        ranks.append(_rank(hits, str(line["id"])))
        answered.append(_is_answered(hits))
        if options.get("misses") and ranks[-1] != 1:
            misses.append(_miss(line, hits, ranks[-1]))
    if options.get("misses"):
        options["misses"].write_text("\n".join(misses) + "\n", encoding="utf-8")
    out: dict[str, Any] = {
        "queries": len(queries),
        "entries": len(index),
        "r1": _share([rank == 1 for rank in ranks]),
        "r5": _share([0 < rank <= 5 for rank in ranks]),
        "mrr": _share([1 / rank if rank else 0.0 for rank in ranks]),
        "threshold": ANSWER_AT,
        "answered": _share(answered),
        "wrong": _share([said and rank != 1 for said, rank in zip(answered, ranks, strict=True)]),
    }
    if options.get("oos"):
        outside = read_lines(options["oos"])
        out["oos_answered"] = _share(
            [_is_answered(_timed(index, line["query"], seconds)) for line in outside]
        )
    seconds.sort()
    out |= {
        "p50_ms": _milliseconds(seconds, 0.5),
        "p99_ms": _milliseconds(seconds, 0.99),
        "build_s": round(build_s, 3),
        "lexicon_s": round(lexicon_s, 3),
        "rss_mb": _memory(),
    }
    return out


def _timed(index: SearchIndex, query: str, seconds: list[float]) -> list[Hit]:
    """The first ten, as `search` finds them; how long it took goes to `seconds`."""
    began = time.perf_counter()
    hits = index.search(query, limit=10)
    seconds.append(time.perf_counter() - began)
    return hits


def _is_answered(hits: Sequence[Hit]) -> bool:
    return bool(hits) and hits[0].score >= ANSWER_AT


def _rank(hits: Sequence[Hit], wanted: str) -> int:
    return next((rank for rank, hit in enumerate(hits, 1) if hit.id == wanted), 0)


def _share(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4) if values else 0.0


def _milliseconds(seconds: Sequence[float], share: float) -> float:
    return round(1000 * seconds[min(len(seconds) - 1, int(share * len(seconds)))], 3) if seconds else 0.0


def _memory() -> float:
    """The most this process ever held, MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)


def _miss(line: Mapping[str, Any], hits: Sequence[Hit], rank: int) -> str:
    told = [{"id": hit.id, "score": hit.score, "matched": hit.matched} for hit in hits[:3]]
    return json.dumps({**line, "rank": rank, "found": told}, ensure_ascii=False)
