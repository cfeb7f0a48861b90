"""The interface's errors, numbered: the same in-process, over REST and between engines. Pure."""

from __future__ import annotations

from typing import Final

#: number → (name, HTTP status)
NUMBERS: Final[dict[int, tuple[str, int]]] = {
    1001: ("text_missing", 400),
    1002: ("text_too_long", 400),
    1003: ("text_not_readable", 400),
    1004: ("task_unknown", 400),
    1005: ("option_unknown", 400),
    1006: ("option_invalid", 400),
    1007: ("batch_too_large", 400),
    1101: ("model_missing", 409),
    1102: ("encoder_missing", 409),
    1201: ("engine_timeout", 503),
    1202: ("engine_unreachable", 503),
    1203: ("engine_refused", 503),
    1204: ("engine_answer_invalid", 503),
    1205: ("engine_open", 503),
    1901: ("internal", 500),
}


class NlpError(Exception):
    """A refusal. `number`: see `NUMBERS`; `message`: English, for developers; `at`: which text of a batch."""

    def __init__(self, number: int, message: str, at: int | None = None) -> None:
        super().__init__(message)
        if number not in NUMBERS:
            raise ValueError(f"unknown error number {number}")
        self.number = number
        self.message = message
        self.at = at

    @property
    def name(self) -> str:
        """What it is called."""
        return NUMBERS[self.number][0]

    @property
    def status(self) -> int:
        """The HTTP status that goes with it."""
        return NUMBERS[self.number][1]
