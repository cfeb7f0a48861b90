"""The part of a model that sums weights of features. Pure, numpy only."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.intents.features import Features


class LinearPart(NamedTuple):
    """`keys` uint32[v] sorted; `rarity` float32[v]; `weights` float16[v, intents]; `bias`
    float32[intents].
    """

    keys: NDArray[np.uint32]
    rarity: NDArray[np.float32]
    weights: NDArray[np.float16]
    bias: NDArray[np.float32]

    def scores(self, found: Features, rarest: float | None = None) -> tuple[NDArray[np.float32], float]:
        """A score for each intent (float32[intents]), and the share of the text that examples know (0..1).

        `rarest`: the greatest rarity, where the caller has looked for it already.
        """
        if not len(self.keys) or not len(found.keys):
            return self.bias.copy(), 0.0
        places = np.searchsorted(self.keys, found.keys)
        places[places == len(self.keys)] = 0
        known = self.keys[places] == found.keys
        rows = places[known]
        values = found.values[known] * self.rarity[rows]
        rarest = float(self.rarity.max()) if rarest is None else rarest
        unknown = float(found.values[~known].sum()) * rarest
        total = float(values.sum()) + unknown
        scores = values @ self.weights[rows].astype(np.float32) + self.bias
        return scores, float(values.sum()) / total if total else 0.0
