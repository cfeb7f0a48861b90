"""`bot_eval intents`: accuracy, out-of-scope recall, times and memory of intents learnt from a file of
examples.
"""

from __future__ import annotations

import json
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings

from bot.encoders.onnx_folder import OnnxEncoder
from bot.encoders.shipped import ensure
from bot.intents.learning import learn
from bot.intents.model import IntentModel
from knowledge.lexicon import Lexicon


def add_arguments(parser: ArgumentParser) -> None:
    """Files of JSON lines, {"text", "intent"} or, for what belongs to no intent, {"text"}."""
    parser.add_argument("--train", type=Path, required=True, help="the examples to learn from")
    parser.add_argument("--test", type=Path, required=True, help="texts with the right intent")
    parser.add_argument("--oos-val", type=Path, help="texts of no intent, to set the threshold with")
    parser.add_argument("--oos-test", type=Path, help="texts of no intent that should be recognised as such")
    parser.add_argument(
        "--lang",
        choices=("zh", "en"),
        default="en",
        help="en uses the English encoder, where it is installed",
    )


def run(options: dict[str, Any]) -> dict[str, Any]:
    """Learn in a subprocess as the product does, then predict one text after the other."""
    examples = [(line["text"], line["intent"]) for line in _lines(options["train"])]
    tests = [(line["text"], line["intent"]) for line in _lines(options["test"])]
    foreign = [line["text"] for line in _lines(options["oos_test"])]
    known_foreign = [line["text"] for line in _lines(options["oos_val"])]
    folder = ensure(settings.KEFU_DATA_DIR) if options["lang"] == "en" else None
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "intents.npz"
        report = learn(examples, path, encoder=folder, oos=known_foreign)
        encoder = OnnxEncoder.open(folder) if folder else None
        model = IntentModel.load(path, lexicon=Lexicon.load(), encoder=encoder)
    for text, _ in tests[:20]:  # first calls fill tables
        model.predict(f"{text}?")
    right, kept, right_kept, times = 0, 0, 0, []
    for text, intent in tests:
        began = time.perf_counter()
        found = model.predict(text)
        times.append(time.perf_counter() - began)
        right += found.intent == intent
        kept += found.in_scope
        right_kept += found.in_scope and found.intent == intent
    times.sort()
    measured: dict[str, Any] = {
        "accuracy": round(right / len(tests), 4),
        "in_scope_accuracy": round(right_kept / len(tests), 4),
        "answered_share": round(kept / len(tests), 4),
        "cross_validated_accuracy": report.accuracy,
        "train_s": report.train_s,
        "p50_ms": round(times[len(times) // 2] * 1000, 3),
        "p99_ms": round(times[int(len(times) * 0.99)] * 1000, 3),
        "rss_mb": _resident_mb(),
        "model_mb": round(report.size / 1e6, 1),
        "encoder": report.encoder,
    }
    if foreign:
        recognised = sum(not found.in_scope for found in model.predict_many(foreign))
        measured["oos_recall"] = round(recognised / len(foreign), 4)
    return measured


def _lines(path: Path | None) -> list[dict[str, Any]]:
    if path is None:
        return []
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def _resident_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0
