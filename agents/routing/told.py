"""Which reason was last given for somebody's finding nobody, so that it is written once and not every second.

A queue of thousands whom nobody can take is looked at by every sweep. Without a memory each look read all
decisions of those at its head.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from agents.models import Decision

MOST: Final = 50_000  # conversations; about 10 MB


class Told:
    """What this process knows of it. One thread at a time; what it does not know it reads once."""

    def __init__(self) -> None:
        self._last: dict[str, str] = {}

    def news(self, reasons: Mapping[str, str]) -> set[str]:
        """Of {conversation: reason}, those whose last decision says something else; they count as told now.

        Call `forget` when the transaction that tells them fails. Reads the database only for strangers.
        """
        strangers = [each for each in reasons if each not in self._last]
        found: dict[str, str] = {}
        if strangers:
            rows = Decision.objects.filter(conversation__in=strangers).order_by("at_ms")
            found = {str(each): reason for each, reason in rows.values_list("conversation", "reason")}
        news = {each for each, reason in reasons.items() if self._last.get(each, found.get(each)) != reason}
        if len(self._last) + len(strangers) > MOST:
            self._last.clear()
        self._last.update(reasons)
        return news

    def forget(self, conversations: Iterable[str] | None = None) -> None:
        """These got another decision, or none was written; None for all."""
        if conversations is None:
            self._last.clear()
            return
        for each in conversations:
            self._last.pop(each, None)
