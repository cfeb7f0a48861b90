"""Learning from a serving process: in a process of its own, at low priority, with a limit of time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 600  # 20 times what 10,000 examples of 150 intents need


class LearningFailed(Exception):
    """No model was made; the text says why. The one in use is untouched."""


class Order(msgspec.Struct, frozen=True):
    """What to learn: (text, intent) pairs; the encoder's folder or ""; an operator's synonyms as for
    `Lexicon.load`.
    """

    examples: list[tuple[str, str]]
    out: str
    encoder: str = ""
    oos: list[str] = []
    synonyms: dict[str, list[str]] = {}


class Confusion(msgspec.Struct, frozen=True):
    """So many texts of one intent were taken for another."""

    intent: str
    taken_for: str
    times: int


class Report(msgspec.Struct, frozen=True):
    """What was learnt; `accuracy` is of examples that the judged models had not seen, `scarce` intents
    have under 5.
    """

    examples: int
    intents: int
    accuracy: float
    confusions: tuple[Confusion, ...]
    scarce: tuple[str, ...]
    encoder: str
    size: int
    train_s: float


def learn(
    examples: Sequence[tuple[str, str]],
    out: Path,
    *,
    encoder: Path | None = None,
    oos: Sequence[str] = (),
    synonyms: Mapping[str, Sequence[str]] | None = None,
) -> Report:
    """Train in a subprocess and write the model to `out`. Raises `LearningFailed`."""
    order = Order(
        examples=list(examples),
        out=str(out.absolute()),
        encoder=str(encoder.absolute()) if encoder else "",
        oos=list(oos),
        synonyms={name: list(told) for name, told in (synonyms or {}).items()},
    )
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "bot.intents.training"],
            input=msgspec.json.encode(order),
            capture_output=True,
            cwd=ROOT,
            env=environment,
            timeout=TIMEOUT_S,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError) as error:
        raise LearningFailed(str(error)) from None
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise LearningFailed(said[-1] if said else f"the process ended with {done.returncode}")
    return msgspec.json.decode(done.stdout, type=Report)
