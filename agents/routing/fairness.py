"""How evenly work is spread. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def jain(shares: Sequence[float]) -> float:
    """Jain's index, (Σx)² / (n · Σx²): 1 when all have the same, 1/n when one has everything. 1 for nobody
    and for nothing to share.

    R. Jain, D. Chiu, W. Hawe: A Quantitative Measure of Fairness and Discrimination for Resource Allocation
    in Shared Computer Systems. DEC Research Report TR-301, 1984. Shares must not be negative.
    """
    squares = sum(each * each for each in shares)
    if not squares:
        return 1.0
    return sum(shares) ** 2 / (len(shares) * squares)
