"""One bad thing must never hold up the others: what cannot be written together is halved until it can."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, transaction

from chat.persistence.dialect import dialect

T = TypeVar("T")


def in_halves(
    items: Sequence[T], write: Callable[[Sequence[T]], int], alone: Callable[[T, Exception], int]
) -> int:
    """`write(items)` in a transaction (or savepoint), halves of it where that fails, and for what fails by
    itself `alone(item, cause)`, outside of it; the sum of what both return. At most 2n writes for n items.

    Raises `DatabaseError` when the database itself is in trouble.
    """
    try:
        with transaction.atomic():
            return write(items)
    except Exception as error:
        if not is_at_fault(error):
            raise
        cause = error
    if len(items) == 1:
        return alone(items[0], cause)
    middle = len(items) // 2
    return in_halves(items[:middle], write, alone) + in_halves(items[middle:], write, alone)


def is_at_fault(error: Exception) -> bool:
    """Whether what was written caused this, rather than a database in trouble."""
    return not isinstance(error, DatabaseError | InterfaceError) or dialect().is_data_error(error)
