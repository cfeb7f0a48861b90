"""The part of a model that compares a text's vector with those of all examples. Pure, numpy only.

A Gaussian kernel over an encoder's vectors, reduced to a few hundred directions: examples near in meaning
vote, and how near the nearest one is tells whether the text belongs to any intent.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class KernelPart(NamedTuple):
    """`mean` [wide], `directions` [wide, d], `points` [n, d], `votes` [n, intents]; all float32."""

    mean: Floats
    directions: Floats
    points: Floats
    votes: Floats
    sharpness: float

    def scores(self, states: Floats) -> tuple[Floats, Floats]:
        """Scores [texts, intents] and the likeness (0..1) to the nearest example [texts] of wide vectors."""
        placed = np.asarray((states - self.mean) @ self.directions, np.float32)
        likeness = kernel(placed, self.points, self.sharpness)
        return likeness @ self.votes, likeness.max(axis=1)


def kernel(left: Floats, right: Floats, sharpness: float) -> Floats:
    """exp(-sharpness * squared distance) of every row of `left` to every row of `right`."""
    products = left @ right.T
    products *= 2
    products -= np.einsum("ij,ij->i", left, left)[:, None]
    products -= np.einsum("ij,ij->i", right, right)[None]
    products *= sharpness
    np.minimum(products, 0, out=products)
    return np.asarray(np.exp(products, out=products), np.float32)
