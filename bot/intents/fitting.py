"""Fits the parts of an intent model. Needs scikit-learn and SciPy: imported while learning only, never
while serving.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy.linalg
import scipy.sparse
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from bot.intents.features import Features
from bot.intents.kernel import Floats, KernelPart, kernel
from bot.intents.linear import LinearPart

Labels = NDArray[np.int64]

FEW = 1_600  # examples up to which the kernel's shape is chosen by leaving each out, and folds are four
AVERAGED = 50_000  # examples times intents up to which a logistic regression is worth its seconds
KEEP_SINGLE = 10_000  # examples up to which features of one example alone are kept
SINGLE = 0.7  # of few examples, the weight of a feature only one of them has
MOST_WEIGHTS = 6_000_000  # features times intents, the rarest features go first; 12 MB of memory
DIRECTIONS = 256  # of an encoder's vectors; more changed nothing, 128 cost 0.3 points
MOST_AT_ONCE = 11_000  # examples of one exact solution: 480 MB while learning, and time grows with the cube
SHARPNESS, RIDGE = 1.0, 0.3
RIDGES = (0.05, 0.1, 0.2, 0.4)
SHARPNESSES = (0.5, 1.0, 2.0)
SEED = 20240607


def fit_linear(found: Sequence[Features], labels: Labels, intents: int, total: int) -> LinearPart:
    """Support vector machines, one against the rest; of few examples averaged with a logistic regression.

    `total` is how many examples there are when nothing is held out: it decides, and not `found`, what counts
    as few, or a fold's scores would not be those of the whole.
    """
    few = total * intents <= AVERAGED
    keys, rarity = _vocabulary(
        found, MOST_WEIGHTS // intents, 1 if total <= KEEP_SINGLE else 2, SINGLE if few else 1.0
    )
    matrix = _matrix(found, keys, rarity)
    weights = np.zeros((len(keys), intents), np.float32)
    bias = np.zeros(intents, np.float32)
    present = np.unique(labels)
    if len(present) < 2 or not len(keys):
        bias[present] = 1.0
        return LinearPart(keys, rarity, weights.astype(np.float16), bias)
    models: list[Any] = [LinearSVC(C=1.0, tol=1e-4 if few else 1e-2, random_state=SEED)]
    if few:
        models.append(LogisticRegression(C=50.0, max_iter=200, tol=1e-3))
    for model in models:
        model.fit(matrix, labels)
        coefficients, intercept = np.asarray(model.coef_), np.asarray(model.intercept_)
        if len(present) == 2:  # scikit-learn keeps one row for two classes
            coefficients = np.concatenate([-coefficients, coefficients])
            intercept = np.concatenate([-intercept, intercept])
        scores = matrix @ coefficients.T + intercept
        scale = float(scores.std()) or 1.0
        weights[:, present] += (coefficients / scale).T
        bias[present] += intercept / scale
    weights /= len(models)
    bias /= len(models)
    absent = np.setdiff1d(np.arange(intents), present)
    bias[absent] = bias.min() - 1.0
    return LinearPart(keys, rarity, weights.astype(np.float16), bias)


def _vocabulary(
    found: Sequence[Features], most: int, least: int, single: float
) -> tuple[NDArray[np.uint32], Floats]:
    counts: Counter[int] = Counter()
    for entry in found:
        counts.update(entry.keys.tolist())
    kept = [(key, times) for key, times in counts.items() if times >= least]
    kept = sorted(sorted(kept, key=lambda pair: (-pair[1], pair[0]))[:most])
    keys = np.array([key for key, _ in kept], np.uint32)
    times = np.array([times for _, times in kept], np.float64)
    rarity = np.sqrt(np.log((1 + len(found)) / (1 + times)) + 1) * np.where(times > 1, 1.0, single)
    return keys, rarity.astype(np.float32)


def _matrix(found: Sequence[Features], keys: NDArray[np.uint32], rarity: Floats) -> scipy.sparse.csr_matrix:
    columns, values, ends = [], [], [0]
    for entry in found:
        places = np.searchsorted(keys, entry.keys)
        places[places == len(keys)] = 0
        known = keys[places] == entry.keys if len(keys) else np.zeros(len(places), np.bool_)
        columns.append(places[known])
        values.append(entry.values[known] * rarity[places[known]])
        ends.append(ends[-1] + len(columns[-1]))
    return scipy.sparse.csr_matrix(
        (np.concatenate(values).astype(np.float64), np.concatenate(columns), ends), (len(found), len(keys))
    )


class Shape(NamedTuple):
    """How far an example's vote reaches, and how much votes are held back."""

    sharpness: float = SHARPNESS
    ridge: float = RIDGE


def _place(states: Floats) -> tuple[Floats, Floats, Floats]:
    """The mean, the directions in which `states` differ most, and where each row lies; mean length 1."""
    mean = states.mean(axis=0)
    centred = states - mean
    values, vectors = np.linalg.eigh(centred.T @ centred / len(centred))
    count = min(DIRECTIONS, len(states), states.shape[1])
    spread = float(np.sqrt(values[::-1][:count].sum())) or 1.0
    directions = np.asarray(vectors[:, ::-1][:, :count] / spread, np.float32)
    return mean, directions, np.asarray(centred @ directions, np.float32)


def fit_kernel(states: Floats, labels: Labels, intents: int, shape: Shape, total: int) -> KernelPart:
    """Ridge regression on a Gaussian kernel of an encoder's vectors; `total` as for `fit_linear`."""
    mean, directions, points = _place(states)
    sharpness, ridge = shape
    wanted = np.zeros((len(labels), intents), np.float32)
    wanted[np.arange(len(labels)), labels] = 1.0
    votes = np.zeros_like(wanted)
    parts = -(-total // MOST_AT_ONCE)
    order = np.random.default_rng(SEED).permutation(len(labels))
    for part in range(parts):
        rows = np.sort(order[part::parts])
        centre = wanted[rows].mean(axis=0) * (wanted[rows].max(axis=0) > 0)
        likeness = kernel(points[rows], points[rows], sharpness)
        likeness[np.diag_indices(len(rows))] += ridge
        solved = scipy.linalg.solve(
            likeness.T, wanted[rows] - centre, assume_a="pos", overwrite_a=True, check_finite=False
        )
        votes[rows] = solved / parts
    return KernelPart(mean, directions, points, votes, sharpness)


def best_shape(states: Floats, labels: Labels, intents: int) -> Shape:
    """The shape with the most examples right when each is left out once (in closed form); few examples."""
    points = _place(states)[2]
    wanted = np.eye(intents)[labels]
    centred = wanted - wanted.mean(axis=0)
    best = (-1.0, Shape())
    for sharpness in SHARPNESSES:
        values, vectors = np.linalg.eigh(kernel(points, points, sharpness).astype(np.float64))
        turned = vectors.T @ centred
        for ridge in RIDGES:
            inverse = 1.0 / (np.maximum(values, 0) + ridge)
            votes = vectors @ (inverse[:, None] * turned)
            left_out = centred - votes / ((vectors**2) @ inverse)[:, None]
            right = float((left_out.argmax(axis=1) == labels).mean())
            if right > best[0]:
                best = (right, Shape(sharpness, ridge))
    return best[1]
