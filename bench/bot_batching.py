"""The NLP interface's micro-batching, with and without: latency and throughput of callers that come at once.

python -m bench.bot_batching [folder of an encoder]

A model is learnt from made-up examples first; with a folder, sentences are encoded by it too.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from bot.encoders.onnx_folder import OnnxEncoder
from bot.intents.learning import learn
from bot.intents.model import IntentModel
from bot.nlp.batching import Batcher

CALLERS: Final = (1, 4, 16)
CALLS: Final = 320
WINDOWS_US: Final = (None, 0, 500, 2_000)
WORDS: Final = (
    *("where", "is", "my", "order", "parcel", "refund", "money", "invoice", "address", "change", "account"),
    *("card", "password", "delivery", "late", "broken", "size", "colour", "return", "exchange", "coupon"),
    *("price", "cancel", "please", "help", "when", "how", "long", "phone", "email"),
)


def sentences(dice: random.Random, count: int) -> list[str]:
    """Different ones, of 4 to 12 words."""
    return [" ".join(dice.choices(WORDS, k=dice.randint(4, 12))) for _ in range(count)]


def measure(call: Callable[[str], Any], texts: Sequence[str], callers: int) -> tuple[float, float, float]:
    """p50 and p99 in ms, and calls a second, of so many threads that call one after the other."""
    took: list[float] = []
    start = threading.Barrier(callers + 1)

    def run(mine: Sequence[str]) -> None:
        start.wait()
        for text in mine:
            began = time.perf_counter()
            call(text)
            took.append(time.perf_counter() - began)

    threads = [threading.Thread(target=run, args=(texts[at::callers],)) for at in range(callers)]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    whole = time.perf_counter() - began
    took.sort()
    return statistics.median(took) * 1000, took[int(len(took) * 0.99)] * 1000, len(took) / whole


def table(name: str, compute: Callable[[Sequence[str]], Any], dice: random.Random) -> None:
    """A line for each number of callers and each window."""
    compute(sentences(dice, 8))
    print(f"\n{name}: callers, window, p50 ms, p99 ms, calls/s, texts an inference", flush=True)
    for callers in CALLERS:
        for window in WINDOWS_US:
            texts = sentences(dice, CALLS)
            if window is None:
                p50, p99, rate = measure(lambda text: compute([text]), texts, callers)
                print(f"{callers:3}  without  {p50:7.2f} {p99:7.2f} {rate:8.0f}    1.0", flush=True)
                continue
            batcher: Batcher[str, Any] = Batcher(compute, window_us=window)
            p50, p99, rate = measure(batcher.call, texts, callers)
            size = batcher.computed / batcher.batches
            print(f"{callers:3}  {window:5} µs {p50:7.2f} {p99:7.2f} {rate:8.0f}  {size:5.1f}", flush=True)


def main() -> None:
    """Print the tables."""
    dice = random.Random(7)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "model.npz"
        learn([(text, f"intent{at % 20}") for at, text in enumerate(sentences(dice, 400))], out)
        table("intents", IntentModel.load(out).predict_many, dice)
    if len(sys.argv) > 1:
        table("sentence vectors", OnnxEncoder.open(Path(sys.argv[1])).encode, dice)


if __name__ == "__main__":
    main()
