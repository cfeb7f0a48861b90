"""`bot_eval entities`: how much of the named things is found, on lines of {"text", "entities": [...]}."""

import json
import re
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.entities import extract
from knowledge.text import fold

Named = tuple[str, str, str]  # type, value, normalised


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of the measure."""
    parser.add_argument("--file", required=True, type=Path)
    parser.add_argument("--now", required=True, type=datetime.fromisoformat)
    parser.add_argument("--errors", type=int, default=0, help="print this many wrong lines to look at")


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """The figures as one object of JSON.

    `f1`, `precision`, `recall` are micro-averaged over all entities. A finding is right when its type is
    right and its value is the expected one (case, width, spaces and outer punctuation aside) or its
    normalised form is. `f1_exact` asks for the value itself. `normalized_accuracy`: of the right ones, the
    share whose normalised form is the expected one; notations that mean the same are equal (350.00 and 350,
    9:00 and 09:00). A file's entity that is a day and a time at once ("2026-11-21 15:00"), or a span
    ("2026-12-03/2026-12-05"), is split into two.
    """
    lines = [
        json.loads(line) for line in options["file"].read_text(encoding="utf-8").splitlines() if line.strip()
    ]
    now: datetime = options["now"]
    extract("热身 13800138000", now)
    right: Counter[str] = Counter()
    found: Counter[str] = Counter()
    expected: Counter[str] = Counter()
    exact = normalised = shown = clean = 0
    spent: list[float] = []
    for line in lines:
        began = time.perf_counter()
        entities = extract(line["text"], now)
        spent.append(time.perf_counter() - began)
        ours = [(entity.type, entity.value, entity.normalized) for entity in entities]
        theirs = [part for one in line.get("entities", []) for part in _parts(one)]
        found.update(kind for kind, _, _ in ours)
        expected.update(kind for kind, _, _ in theirs)
        pairs, extra, missed = _paired(ours, theirs)
        for mine, other in pairs:
            right[mine[0]] += 1
            exact += _same_value(mine, other)
            normalised += _same_form(mine, other)
        wrong_form = [(mine, other) for mine, other in pairs if not _same_form(mine, other)]
        clean += not extra and not missed
        if shown < options.get("errors", 0) and (extra or missed or wrong_form):
            shown += 1
            print(
                json.dumps(
                    {"text": line["text"], "extra": extra, "missed": missed, "form": wrong_form},
                    ensure_ascii=False,
                )
            )
    spent.sort()
    total = sum(right.values())
    return {
        "lines": len(lines),
        **_scores(total, sum(found.values()), sum(expected.values())),
        "f1_exact": _scores(exact, sum(found.values()), sum(expected.values()))["f1"],
        "normalized_accuracy": round(normalised / total, 4) if total else None,
        "lines_right": round(clean / len(lines), 4) if lines else None,
        "types": {
            kind: {**_scores(right[kind], found[kind], expected[kind]), "expected": expected[kind]}
            for kind in sorted({*found, *expected})
        },
        "p50_ms": _milliseconds(spent, 0.5),
        "p99_ms": _milliseconds(spent, 0.99),
    }


def _scores(right: int, found: int, expected: int) -> dict[str, float]:
    precision = right / found if found else float(not expected)
    recall = right / expected if expected else float(not found)
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"f1": round(f1, 4), "precision": round(precision, 4), "recall": round(recall, 4)}


def _milliseconds(spent: list[float], share: float) -> float:
    return round(spent[min(len(spent) - 1, int(len(spent) * share))] * 1000, 3) if spent else 0.0


def _paired(
    ours: list[Named], theirs: list[Named]
) -> tuple[list[tuple[Named, Named]], list[Named], list[Named]]:
    """Each expected entity with the finding that is it: by value first, then by normalised form."""
    pairs: list[tuple[Named, Named]] = []
    left, missed = list(ours), list(theirs)
    for same in (_same_value, _same_form):
        for other in list(missed):
            mine = next((one for one in left if one[0] == other[0] and same(one, other)), None)
            if mine is not None:
                pairs.append((mine, other))
                left.remove(mine)
                missed.remove(other)
    return pairs, left, missed


def _same_value(mine: Named, other: Named) -> bool:
    return _bare(mine[1]) == _bare(other[1])


def _same_form(mine: Named, other: Named) -> bool:
    return same_form(mine[0], mine[2], other[2])


def same_form(kind: str, mine: str, other: str) -> bool:
    """Whether two normalised values of this type mean the same."""
    return _canonical(kind, mine) == _canonical(kind, other)


def _bare(value: str) -> str:
    return re.sub(r"[\s。，,.！!？?；;：:、（）()“”\"']", "", fold(value))


def _canonical(kind: str, value: str) -> str:
    text = fold(str(value)).strip()
    if kind == "money":
        number = re.sub(r"[^\d.]", "", text)
        try:
            return f"{float(number):.2f}"
        except ValueError:
            return text
    if kind == "time":
        match = re.fullmatch(r"(?:\d{4}-\d\d-\d\d[t ])?(\d{1,2}):(\d\d)(?::\d\d)?.{0,6}", text)
        return f"{int(match[1]) % 24:02d}:{match[2]}" if match else text
    if kind == "date":
        match = re.match(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})", text)
        return f"{match[1]}-{int(match[2]):02d}-{int(match[3]):02d}" if match else text
    if kind == "phone":
        digits = re.sub(r"\D", "", text)
        return digits[-11:] if len(digits) in {13, 15} and digits[-11] == "1" else digits
    if kind in {"order_id", "tracking_no", "id_card"}:
        return re.sub(r"[\s\-]", "", text)
    if kind == "url":
        return re.sub(r"^https?://", "", text).rstrip("/")
    return re.sub(r"[\s，,。]", "", text)


def _parts(one: Mapping[str, Any]) -> list[Named]:
    """A file's entity; two of them when it is a moment or a span."""
    kind, value = str(one["type"]), str(one["value"])
    form = str(one.get("normalized") or value)
    moment = re.fullmatch(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::\d\d)?(?:\+\d\d:\d\d|Z)?", form)
    if kind in {"date", "time", "datetime"} and moment:
        return [("date", value, moment[1]), ("time", value, moment[2])]
    span = re.fullmatch(r"(\d{4}-\d\d-\d\d|\d\d:\d\d)\s?(?:/|~|到|至|--)\s?(\d{4}-\d\d-\d\d|\d\d:\d\d)", form)
    if kind in {"date", "time"} and span:
        return [(kind, value, span[1]), (kind, value, span[2])]
    return [(kind, value, form)]


__all__ = ["add_arguments", "run", "same_form"]
