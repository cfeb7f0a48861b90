"""Why the knowledge room refuses; edges translate these into their own words."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """An action that is not carried out, in a sentence for people. `details` says more, as plain JSON."""

    def __init__(self, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details or {}


class NotAllowed(Refused):
    """Somebody reaches beyond their sites or their role."""


class Overtaken(Refused):
    """Somebody else did something meanwhile; look again and repeat."""


class GoldenFailed(Refused):
    """Golden questions got worse. `details["golden"]`: the results that did."""
