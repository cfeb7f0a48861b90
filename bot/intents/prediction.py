"""What the intents' model says about a text. Pure, and without the libraries the model needs."""

from __future__ import annotations

import msgspec


class Prediction(msgspec.Struct, frozen=True):
    """What a text means. `confidence` is the share of such predictions that are right; `margin` its
    lead (0..1).
    """

    intent: str
    confidence: float
    in_scope: bool
    margin: float
    ranking: tuple[tuple[str, float], ...]
    scope: float = 0.0
