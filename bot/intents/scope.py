"""Whether a text belongs to any intent at all. Pure, numpy only.

No "other" class: its examples would never be those that come. Instead four signals that fall for anything
the examples do not cover: the best score, its lead, the likeness to the nearest example, and the share of
known features.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

SIGNALS = ("best", "lead", "likeness", "known")
# The share of what belongs that may be taken for foreign: half of the two points that are bearable, because
# visitors stray further from the examples than the examples from each other.
LOST = 0.01


class Scope(msgspec.Struct, frozen=True):
    """A weighted sum of the signals, and from which value on a text belongs; 0 texts lost when nothing
    is known.
    """

    weights: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0)
    bias: float = 0.0
    threshold: float = -1e9

    def values(self, signals: NDArray[np.float32]) -> NDArray[np.float32]:
        """How much each row of signals [texts, 4] belongs; only the order has a meaning."""
        return np.asarray(signals @ np.asarray(self.weights, np.float32) + self.bias, np.float32)


def signals(
    scores: NDArray[np.float32], likeness: NDArray[np.float32], known: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The four signals [texts, 4] from scores [texts, intents], likeness [texts] and known share [texts]."""
    best = scores.max(axis=1)
    second = np.partition(scores, -2, axis=1)[:, -2] if scores.shape[1] > 1 else np.zeros_like(best)
    return np.stack([best, best - second, likeness, known], axis=1).astype(np.float32)


def threshold(belongs: NDArray[np.float32], right: NDArray[np.bool_], lost: float = LOST) -> float:
    """The highest threshold that costs at most the share `lost` of texts whose intent is recognised.

    `belongs` are the values of texts that have an intent, `right` whether it was recognised: a text taken for
    foreign that would have been answered wrongly is no loss.
    """
    allowed = int(lost * len(belongs))
    values = np.sort(belongs[right])
    if not len(values):
        return -1e9
    return float(values[min(allowed, len(values) - 1)]) - 1e-6
