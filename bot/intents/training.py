"""Learns an intent model from examples, judges it by cross-validation and writes its file.

`python -m bot.intents.training` reads one JSON object from standard input (see `Order`) and prints the
report as JSON: the way a serving process learns without loading a training library (`learning.py`).
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from bot.encoders.base import Encoder
from bot.encoders.onnx_folder import OnnxEncoder
from bot.intents.features import Features, features, is_chinese, spelling
from bot.intents.fitting import AVERAGED, FEW, SEED, Labels, Shape, best_shape, fit_kernel, fit_linear
from bot.intents.kernel import Floats, KernelPart
from bot.intents.learning import Confusion, Order, Report
from bot.intents.letters import LettersPart, count_letters
from bot.intents.linear import LinearPart
from bot.intents.model import VERSION, Blend, IntentModel, Settings, softmax, suits
from bot.intents.scope import LOST, Scope, signals, threshold
from knowledge.lexicon import Lexicon

Rows = NDArray[np.int64]

_APART = re.compile(r"[_\W\d]+")

FOLDS = 4
MANY = 6_000  # examples up to which four folds take seconds; of more, a tenth is judged once
HIDDEN = 0.1  # the share of intents hidden in a fold: their examples play the texts that belong nowhere
SHARES = (0.1, 0.2, 0.3, 0.5, 0.8)  # of the linear part beside the kernel's
LETTERS = 0.6  # of the characters' likelihood beside the linear part, both of spread 1 on unseen texts
TEMPERATURES = tuple(float(value) for value in np.geomspace(0.05, 5, 40))


class NotEnough(Exception):
    """There is nothing to learn from: at least two intents with two examples each are needed."""


class _Data:
    """Examples with everything computed once that every fold needs."""

    def __init__(self, texts: Sequence[str], names: Sequence[str], lexicon: Lexicon, encoder: Encoder | None):
        self.texts = list(texts)
        self.intents = tuple(sorted(set(names)))
        index = {name: place for place, name in enumerate(self.intents)}
        self.labels: Labels = np.array([index[name] for name in names], np.int64)
        self.found: list[Features] = [features(text, lexicon) for text in self.texts]
        self.lexicon = lexicon
        self.encoder = encoder
        self.spoken = np.array(
            [encoder is not None and suits(encoder, text) for text in self.texts], np.bool_
        )
        self.states: Floats = np.zeros((len(self.texts), 0), np.float32)
        if encoder is not None and self.spoken.any():
            states = encoder.states([text for text, yes in zip(self.texts, self.spoken, strict=True) if yes])
            self.states = np.zeros((len(self.texts), states.shape[1]), np.float32)
            self.states[self.spoken] = states
        self.few = len(self.texts) <= FEW
        chinese = [is_chinese(text) for text in self.texts]
        # Of many examples the linear part has seen enough to do without.
        self.spells = sum(chinese) > len(chinese) / 2 and len(chinese) * len(self.intents) <= AVERAGED
        self.spelt = [spelling(text) if yes else "" for text, yes in zip(self.texts, chinese, strict=True)]
        self.names = self._named() if self.few else self.states[:0]
        self.shape = Shape()
        if self.few and self.spoken.sum() > 1:
            self.shape = best_shape(self.states[self.spoken], self.labels[self.spoken], len(self.intents))

    def _named(self) -> Floats:
        """The intents' own names as the encoder sees them, [intents, wide]; [0, wide] where it cannot."""
        spelt = [_APART.sub(" ", name).strip() for name in self.intents]
        if self.encoder is None or not all(name and suits(self.encoder, name) for name in spelt):
            return self.states[:0]
        return self.encoder.states(spelt)

    def linear(self, rows: Rows) -> LinearPart:
        """The linear part learnt from these rows."""
        found = [self.found[row] for row in rows]
        return fit_linear(found, self.labels[rows], len(self.intents), len(self.texts))

    def letters(self, rows: Rows) -> LettersPart | None:
        """The characters of these rows; None where they are many, or mostly not Chinese."""
        if not self.spells:
            return None
        written = np.array([row for row in rows if self.spelt[row]], np.int64)
        return count_letters([self.spelt[row] for row in written], self.labels[written], len(self.intents))

    def kernel(self, rows: Rows) -> KernelPart | None:
        """The kernel part learnt from those of these rows that the encoder understands."""
        spoken = rows[self.spoken[rows]]
        if len(spoken) < 2:
            return None
        states, labels = self.states[spoken], self.labels[spoken]
        present = np.unique(labels) if len(self.names) else labels[:0]
        # A name is one more example: "card_arrival" says what its texts are about.
        states = np.concatenate([states, self.names[present]])
        labels = np.concatenate([labels, present])
        return fit_kernel(states, labels, len(self.intents), self.shape, int(self.spoken.sum()))


class _Fold:
    """What the models of one or more folds said of texts they had not seen: scores by part, and their
    signals.
    """

    def __init__(self) -> None:
        self.linear: list[Floats] = []
        self.spelt: list[Floats] = []
        self.voted: list[Floats] = []
        self.near: list[Floats] = []
        self.known: list[Floats] = []
        self.labels: list[Labels] = []  # -1 for a text that belongs nowhere
        self.joined: list[NDArray[np.bool_]] = []

    def arrays(self) -> tuple[Floats, Floats, Floats, Floats, Labels, NDArray[np.bool_]]:
        """Everything of all folds but the characters, one row a text."""
        joined = [np.concatenate(part) for part in (self.linear, self.voted, self.near, self.known)]
        return (
            joined[0],
            joined[1],
            joined[2],
            joined[3],
            np.concatenate(self.labels),
            np.concatenate(self.joined),
        )


def train(
    examples: Sequence[tuple[str, str]],
    out: Path,
    *,
    lexicon: Lexicon,
    encoder: Encoder | None = None,
    oos: Sequence[str] = (),
) -> Report:
    """Learn from (text, intent) pairs and write the model to `out`, whole or not at all.

    `oos` are texts that belong to no intent, where some are known; they set the scope only. The same
    examples give the same file. Raises `NotEnough`.
    """
    started = time.perf_counter()
    counts = Counter(intent for _, intent in examples)
    if len(counts) < 2 or max(counts.values()) < 2:
        raise NotEnough(f"{len(counts)} intents; at least two with two examples each are needed")
    data = _Data([text for text, _ in examples], [intent for _, intent in examples], lexicon, encoder)
    foreign = _Data(oos, [""] * len(oos), lexicon, encoder) if oos else None
    fold = _cross_validate(data, foreign)
    letters = _share_of_letters(fold)
    alone, together, right, labels = _blend(fold, real=foreign is not None)
    everything = np.arange(len(data.texts))
    parts = data.kernel(everything)
    model = IntentModel(
        Settings(
            version=VERSION,
            intents=data.intents,
            encoder=encoder.name if encoder is not None and parts is not None else "",
            sharpness=parts.sharpness if parts is not None else 1.0,
            alone=alone,
            together=together,
            examples=len(examples),
            letters=letters,
        ),
        data.linear(everything),
        parts,
        lexicon,
        encoder,
        data.letters(everything) if letters else None,
    )
    content = model.to_bytes()
    _write(out, content)
    wrong = Counter((data.intents[real], data.intents[said]) for real, said in labels if real != said)
    return Report(
        examples=len(examples),
        intents=len(data.intents),
        accuracy=round(right, 4),
        confusions=tuple(Confusion(real, said, times) for (real, said), times in wrong.most_common(20)),
        scarce=tuple(sorted(name for name, times in counts.items() if times < 5)),
        encoder=model.settings.encoder,
        size=len(content),
        train_s=round(time.perf_counter() - started, 2),
    )


def _cross_validate(data: _Data, foreign: _Data | None) -> _Fold:
    generator = np.random.default_rng(SEED)
    few = len(data.texts) <= (MANY if data.encoder is None else FEW)
    share = 1 / FOLDS if few else 0.1
    # Every intent keeps examples in each fold: the n-th example of an intent goes to part n.
    place = np.zeros(len(data.texts), np.int64)
    for label in range(len(data.intents)):
        rows = np.flatnonzero(data.labels == label)
        place[rows] = generator.permutation(len(rows)) + generator.integers(round(1 / share))
    part = place % round(1 / share)
    classes = generator.permutation(len(data.intents))
    hidden_count = int(HIDDEN * len(data.intents)) if len(data.intents) >= 5 else 0
    hidden_count = max(hidden_count, 1) if len(data.intents) >= 5 else 0
    fold = _Fold()
    for number in range(FOLDS if few else 1):
        hidden = (
            classes[number * hidden_count : (number + 1) * hidden_count] if foreign is None else classes[:0]
        )
        away = np.isin(data.labels, hidden)
        tested = (part == number) & ~away
        learnt = ~tested & ~away
        if len(np.unique(data.labels[learnt])) < 2 or not tested.any():
            continue
        rows = np.concatenate([np.flatnonzero(tested), np.flatnonzero(away)])
        _one_fold(fold, data, np.flatnonzero(learnt), rows, away[rows], foreign)
    return fold


def _one_fold(
    fold: _Fold,
    data: _Data,
    learnt: Rows,
    rows: Rows,
    away: NDArray[np.bool_],
    foreign: _Data | None,
) -> None:
    count = len(data.intents)
    linear, parts, letters = data.linear(learnt), data.kernel(learnt), data.letters(learnt)
    for source, chosen, labels in (
        (data, rows, np.where(away, -1, data.labels[rows])),
        (foreign, np.arange(len(foreign.texts)) if foreign else rows, None),
    ):
        if source is None:
            continue
        said = [linear.scores(source.found[row]) for row in chosen]
        fold.linear.append(np.stack([scores for scores, _ in said]))
        spelt = np.zeros((len(chosen), count), np.float32)
        for at, row in enumerate(chosen):
            if letters is not None and source.spelt[row]:
                spelt[at] = letters.scores(source.spelt[row])
        fold.spelt.append(spelt)
        fold.known.append(np.array([known for _, known in said], np.float32))
        voted = np.zeros((len(chosen), count), np.float32)
        near = np.zeros(len(chosen), np.float32)
        joined = source.spoken[chosen] & (parts is not None)
        if parts is not None and joined.any():
            voted[joined], near[joined] = parts.scores(source.states[chosen[joined]])
        fold.voted.append(voted)
        fold.near.append(near)
        fold.joined.append(joined)
        fold.labels.append(np.full(len(chosen), -1, np.int64) if labels is None else labels)


def _share_of_letters(fold: _Fold) -> float:
    """What the characters' likelihood counts; joins it to the linear scores of the fold."""
    if not fold.labels:
        return 0.0
    linear, spelt = np.concatenate(fold.linear), np.concatenate(fold.spelt)
    spread = float(spelt.std())
    share = LETTERS * float(linear.std()) / spread if spread else 0.0
    fold.linear = [linear + share * spelt]
    return share


def _blend(fold: _Fold, *, real: bool) -> tuple[Blend, Blend, float, list[tuple[int, int]]]:
    """Weights, temperature and scope from unseen texts; accuracy; pairs (intent, recognised intent)."""
    neutral = Blend(1.0, 0.0, 0.3, Scope())
    if not fold.labels:
        return neutral, neutral, 0.0, []
    linear, voted, near, known, labels, joined = fold.arrays()
    inside = labels >= 0
    alone = _calibrated(linear, np.zeros_like(near), known, labels, 1.0, 0.0, real)
    together, scores = alone, linear * alone.linear
    if joined.any():
        scale = float(voted[joined].std()) or 1.0
        spread = float(linear.std()) or 1.0
        tried = []
        for share in SHARES:
            mixed = voted[joined] / scale + share * linear[joined] / spread
            tried.append((_least(mixed[inside[joined]], labels[joined & inside])[0], share))
        share = min(tried)[1]
        mixed = voted / scale + share * linear / spread
        together = _calibrated(
            mixed[joined], near[joined], known[joined], labels[joined], share / spread, 1 / scale, real
        )
        scores = np.where(joined[:, None], mixed, linear)
    said = scores.argmax(axis=1)
    pairs = [(int(label), int(guess)) for label, guess in zip(labels[inside], said[inside], strict=True)]
    right = float((said[inside] == labels[inside]).mean()) if inside.any() else 0.0
    return alone, together, right, pairs


def _least(scores: Floats, labels: Labels) -> tuple[float, float]:
    """The smallest loss (nats an example) any temperature reaches, and that temperature."""
    losses = []
    for temperature in TEMPERATURES:
        shares = softmax(scores / temperature)[np.arange(len(labels)), labels]
        losses.append((float(-np.log(np.maximum(shares, 1e-9)).mean()), temperature))
    return min(losses)


def _calibrated(
    scores: Floats, near: Floats, known: Floats, labels: Labels, linear: float, voted: float, real: bool
) -> Blend:
    inside = labels >= 0
    if not inside.any():
        return Blend(linear, voted, 0.3, Scope())
    temperature = _least(scores[inside], labels[inside])[1]
    seen = signals(scores, near, known)
    scope = Scope()
    if (~inside).sum() >= 5:
        spread = np.maximum(seen.std(axis=0), 1e-6)
        judge = LogisticRegression(C=1.0, class_weight="balanced").fit(seen / spread, inside)
        scope = Scope(tuple((judge.coef_[0] / spread).tolist()), float(judge.intercept_[0]))
    right = scores[inside].argmax(axis=1) == labels[inside]
    limit = threshold(scope.values(seen)[inside], right, LOST)
    return Blend(linear, voted, temperature, msgspec.structs.replace(scope, threshold=limit))


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def main() -> int:
    """One order on standard input, its report on standard output; 1 and a sentence on standard error
    otherwise.
    """
    try:
        order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
        encoder = OnnxEncoder.open(Path(order.encoder)) if order.encoder else None
        lexicon = Lexicon.load(extra=order.synonyms)
        report = train(order.examples, Path(order.out), lexicon=lexicon, encoder=encoder, oos=order.oos)
    except Exception as error:  # the parent shows it to an operator, whatever it is
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    sys.stdout.buffer.write(msgspec.json.encode(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
