"""What a database must do for persistence, each thing in one statement whatever the size of the batch.

One statement, because both drivers let go of Python's lock while a statement runs: the event loop beside
goes on. SQLite's driver takes the lock again for every row it hands out, which a busy loop makes it wait
for, so even reading comes back as one value.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Protocol

import msgspec
from django.db import connection

from chat.persistence.projection import Acts, Row, Talk


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where an entry claims to stand."""

    conversation: str
    seq: int
    id: str


class Mark(msgspec.Struct, frozen=True, gc=False):
    """A recalled entry."""

    conversation: str
    seq: int


class Dialect(Protocol):
    """Called inside a transaction. Failures are Django's `DatabaseError` family."""

    def prepare(self) -> None:
        """Make the connection ready for batches; called outside a transaction, as often as one likes."""

    def load(self, conversations: Sequence[str]) -> list[Row]:
        """Rows of those conversations that exist, locked against other writers until the transaction ends."""

    def insert(self, bodies: Sequence[bytes]) -> int:
        """Store entries; an occupied (conversation, seq) is left as it is. Returns how many were new.

        Raises `IntegrityError` when an id or client_msg_id stands elsewhere: then none of them is stored.
        """

    def strangers(self, places: Sequence[Place]) -> set[tuple[str, int]]:
        """Which of these places hold an entry with another id."""

    def move(self, talks: Sequence[Talk]) -> None:
        """Write the talk half, where the head is lower."""

    def act(self, acts: Sequence[Acts]) -> None:
        """Write the state half, where the mark is lower."""

    def hide(self, marks: Sequence[Mark]) -> None:
        """Hide recalled entries."""

    def is_data_error(self, error: Exception) -> bool:
        """Whether the data is at fault, so that trying again cannot help; anything else is the database's
        trouble.
        """


@cache
def _of(vendor: str) -> Dialect:
    if vendor == "postgresql":
        from chat.persistence.postgres import Postgres

        return Postgres()
    from chat.persistence.sqlite import Sqlite

    return Sqlite()


def dialect() -> Dialect:
    """The form for the database in use."""
    return _of(connection.vendor)
