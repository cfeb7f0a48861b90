"""The numbered house of errors: one code per thing that can go wrong, the same over socket, poll and REST.

A code is part of the wire contract once released: add codes, never rename one.
"""

from __future__ import annotations

from typing import Any, Final

# code -> (HTTP status, may the same call succeed later?)
CODES: Final[dict[str, tuple[int, bool]]] = {
    "bad_frame": (400, False),
    "unknown_type": (400, False),
    "invalid": (400, False),
    "unauthorized": (401, False),
    "token_expired": (401, False),
    "forbidden": (403, False),
    "origin_not_allowed": (403, False),
    "bad_user_hash": (403, False),
    "blocked": (403, False),
    "not_found": (404, False),
    "method_not_allowed": (405, False),
    "not_acceptable": (406, False),
    "conflict": (409, False),
    "already_accepted": (409, False),
    "not_owner": (409, False),
    "not_offered": (409, False),
    "bot_unavailable": (409, False),
    "conversation_closed": (409, False),
    "category_required": (409, False),
    "recall_too_late": (409, False),
    "already_rated": (409, False),
    "too_large": (413, False),
    "unsupported_media_type": (415, False),
    "file_type_not_allowed": (415, False),
    "rate_limited": (429, True),
    "internal": (500, True),
    "busy": (503, True),
    "journal_unavailable": (503, True),
    "database_unavailable": (503, True),
    "restarting": (503, True),
}


class KefuError(Exception):
    """A refusal with a code. `message` is English, for developers; people see a translation of the code.

    `details` is a JSON object (for example the owner named by `already_accepted`);
    `retry_after_s` is in seconds and only set where waiting helps.
    """

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        details: dict[str, Any] | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message or code)
        if code not in CODES:
            raise ValueError(f"unknown error code {code!r}")
        self.code = code
        self.message = message or code.replace("_", " ")
        self.details = details or {}
        self.retry_after_s = retry_after_s

    @property
    def status(self) -> int:
        """The HTTP status that goes with the code."""
        return CODES[self.code][0]

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed later without being changed."""
        return CODES[self.code][1]
