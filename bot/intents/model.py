"""A learnt model as it serves: loaded from one file, numpy only. `training.py` makes the file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import msgspec
import numpy as np
from numpy.typing import NDArray

from bot.encoders.base import Encoder
from bot.intents.features import features, is_chinese, spelling
from bot.intents.kernel import KernelPart
from bot.intents.letters import LettersPart
from bot.intents.linear import LinearPart
from bot.intents.prediction import Prediction
from bot.intents.scope import Scope, signals
from knowledge.lexicon import Lexicon

VERSION = 1
BEST = 5  # intents a prediction names
BLOCK = 256  # texts compared with the examples at once: 10 MB for 10,000 examples


class UnreadableModel(Exception):
    """The file is not a model of this version; the text says why. Learning again makes one."""


class Blend(msgspec.Struct, frozen=True):
    """How scores become probabilities, with or without the encoder's part."""

    linear: float
    kernel: float
    temperature: float
    scope: Scope


class Settings(msgspec.Struct, frozen=True):
    """Everything of a model but its arrays."""

    version: int
    intents: tuple[str, ...]
    encoder: str
    sharpness: float
    alone: Blend
    together: Blend
    examples: int
    letters: float = 0.0  # what the characters' likelihood counts beside the linear part


class IntentModel:
    """Recognises intents; safe to use from several threads."""

    def __init__(
        self,
        settings: Settings,
        linear: LinearPart,
        kernel: KernelPart | None,
        lexicon: Lexicon,
        encoder: Encoder | None,
        letters: LettersPart | None = None,
    ) -> None:
        self.settings = settings
        self.intents = settings.intents
        self._linear = linear
        self._rarest = float(linear.rarity.max(initial=0.0))
        self._letters = letters
        self._lexicon = lexicon
        # Vectors of other weights than learnt with mean nothing here.
        fits = kernel is not None and encoder is not None and encoder.name == settings.encoder
        self._kernel = kernel if fits else None
        self._encoder = encoder if fits else None

    @property
    def uses_encoder(self) -> bool:
        """Whether the encoder the model was learnt with is at hand."""
        return self._encoder is not None

    @classmethod
    def load(
        cls, path: Path, *, lexicon: Lexicon | None = None, encoder: Encoder | None = None
    ) -> IntentModel:
        """Raises `UnreadableModel` and `OSError`. Without its encoder the model works, less well."""
        return cls.from_bytes(path.read_bytes(), lexicon=lexicon, encoder=encoder)

    @classmethod
    def from_bytes(
        cls, data: bytes, *, lexicon: Lexicon | None = None, encoder: Encoder | None = None
    ) -> IntentModel:
        """The model of a file's content; see `load`."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as file:
                settings = msgspec.json.decode(file["settings"].tobytes(), type=Settings)
                if settings.version != VERSION:
                    raise UnreadableModel(f"the model is of version {settings.version}, not {VERSION}")
                linear = LinearPart(
                    file["keys"], file["rarity"].astype(np.float32), file["weights"], file["bias"]
                )
                letters = None
                if settings.letters:
                    letters = LettersPart(
                        *(_counted(file[f"letters_{name}"]) for name in LettersPart._fields)
                    )
                kernel = None
                if settings.encoder and encoder is not None and encoder.name == settings.encoder:
                    mean, directions, points, votes = (
                        file[name].astype(np.float32) for name in ("mean", "directions", "points", "votes")
                    )
                    kernel = KernelPart(mean, directions, points, votes, settings.sharpness)
        except (ValueError, KeyError, OSError, EOFError, BadZipFile, msgspec.DecodeError) as error:
            raise UnreadableModel(f"not an intent model: {error}") from None
        return cls(settings, linear, kernel, lexicon or _shipped_lexicon(), encoder, letters)

    def to_bytes(self) -> bytes:
        """The content of a model file."""
        arrays: dict[str, NDArray[Any]] = {
            "settings": np.frombuffer(msgspec.json.encode(self.settings), np.uint8),
            "keys": self._linear.keys,
            "rarity": self._linear.rarity.astype(np.float16),
            "weights": self._linear.weights,
            "bias": self._linear.bias,
        }
        if self._letters is not None:
            for name, table in zip(LettersPart._fields, self._letters, strict=True):
                # Counts of few examples: whole numbers below 2,048 are exact in half precision.
                whole = table.dtype == np.uint32
                arrays[f"letters_{name}"] = table if whole else table.astype(np.float16)
        if self._kernel is not None:
            # Half precision moves a likeness by less than 0.001; the votes are large and cancel, so they
            # stay whole.
            halves = {
                "mean": self._kernel.mean,
                "directions": self._kernel.directions,
                "points": self._kernel.points,
            }
            arrays |= {name: values.astype(np.float16) for name, values in halves.items()}
            arrays["votes"] = self._kernel.votes
        file = io.BytesIO()
        np.savez(file, allow_pickle=False, **arrays)
        return file.getvalue()

    def predict(self, text: str) -> Prediction:
        """What one text means."""
        return self.predict_many([text])[0]

    def predict_many(self, texts: Sequence[str]) -> list[Prediction]:
        """What each text means, in order."""
        out: list[Prediction] = []
        for start in range(0, len(texts), BLOCK):
            out.extend(self._block(texts[start : start + BLOCK]))
        return out

    def raw(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
        """Blended scores [texts, intents], the scope's signals [texts, 4], and which texts the encoder
        took part in.
        """
        linear = np.zeros((len(texts), len(self.intents)), np.float32)
        known = np.zeros(len(texts), np.float32)
        for row, text in enumerate(texts):
            linear[row], known[row] = self._linear.scores(features(text, self._lexicon), self._rarest)
            if self._letters is not None and is_chinese(text):
                linear[row] += self.settings.letters * self._letters.scores(spelling(text))
        settings = self.settings
        scores = linear * settings.alone.linear
        likeness = np.zeros(len(texts), np.float32)
        joined = np.zeros(len(texts), np.bool_)
        if self._encoder is not None and self._kernel is not None:
            joined = np.array([suits(self._encoder, text) for text in texts], np.bool_)
            rows = np.flatnonzero(joined).tolist()
            if len(rows):
                states = self._encoder.states([texts[row] for row in rows])
                voted, likeness[rows] = self._kernel.scores(states)
                scores[rows] = linear[rows] * settings.together.linear + voted * settings.together.kernel
        return scores, signals(scores, likeness, known), joined

    def _block(self, texts: Sequence[str]) -> list[Prediction]:
        scores, seen, joined = self.raw(texts)
        out = []
        for row in range(len(texts)):
            blend = self.settings.together if joined[row] else self.settings.alone
            shares = softmax(scores[row] / blend.temperature)
            best = np.argsort(-shares, kind="stable")[:BEST]
            ranking = tuple((self.intents[place], round(float(shares[place]), 4)) for place in best)
            belongs = float(blend.scope.values(seen[row : row + 1])[0]) - blend.scope.threshold
            margin = ranking[0][1] - (ranking[1][1] if len(ranking) > 1 else 0.0)
            out.append(Prediction(ranking[0][0], ranking[0][1], belongs >= 0, margin, ranking, belongs))
        return out


def _counted(table: NDArray[Any]) -> NDArray[Any]:
    return table if table.dtype == np.uint32 else table.astype(np.float32)


def suits(encoder: Encoder, text: str) -> bool:
    """Whether the encoder's vectors mean anything for this text."""
    if not encoder.languages:
        return True
    return ("zh" if is_chinese(text) else "en") in encoder.languages


def softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shares that sum to 1, over the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float32)


@cache
def _shipped_lexicon() -> Lexicon:
    return Lexicon.load()
