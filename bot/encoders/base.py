"""What every encoder is to the rest of the bot. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Encoder(Protocol):
    """Turns sentences into unit vectors whose dot product is their likeness in meaning."""

    @property
    def name(self) -> str:
        """Which weights these are; vectors of different names must not be compared."""

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages the vectors mean something for ("zh", "en"); empty: any."""

    @property
    def dimensions(self) -> int:
        """The length of a vector."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """float32[len(texts), dimensions], each row of unit length; all zero for a text without any token."""

    def states(self, texts: Sequence[str]) -> Vectors:
        """float32[len(texts), any fixed width]: everything the encoder knows of each text, for learning from.

        The vectors of `encode` and, where the model gives them, those of its inner layers, which tell apart
        what a sentence's meaning alone does not.
        """
