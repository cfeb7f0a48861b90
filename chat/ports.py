"""What the chat room asks of rooms it does not know. The others fill these when they start (their
AppConfig.ready).
"""

from __future__ import annotations

from typing import Protocol

from chat.conversation import Participant


class Roster(Protocol):
    """The people who answer, as the chat room needs them. Implemented by `agents.roster`."""

    def agent_of(self, user_id: int) -> Participant | None:
        """The agent a login belongs to, None when it has none or is disabled. May touch the database."""

    def able_among(self, agent_ids: list[str]) -> dict[str, Participant]:
        """Those of these agents who may act, by id, with the sites of this moment; the others are disabled,
        deleted or their login inactive. May touch the database.
        """

    def refresh(self, agent_id: str) -> Participant | None:
        """The agent as of now (sites may have changed), None when disabled."""


_roster: Roster | None = None


def register_roster(roster: Roster) -> None:
    """Fill the port; called once by the agents app."""
    global _roster
    _roster = roster


def roster() -> Roster:
    """The registered roster. Raises `RuntimeError` when the agents app is not installed."""
    if _roster is None:
        raise RuntimeError("no roster registered: is the agents app in INSTALLED_APPS?")
    return _roster
