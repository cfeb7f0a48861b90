"""Reading JSON strictly: bounded, UTF-8, no NaN, no NUL, no depth that could exhaust a stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any, Final

import msgspec
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from chat.errors import KefuError

MAX_JSON_BYTES: Final = 256 * 1024
"""Four times the largest frame: the longest legal body is a card or a site's list of origins."""

MAX_DEPTH: Final = 32


class StrictJSONParser(BaseParser):
    """`application/json` and nothing else. Always a 4xx, whatever arrives."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The value in the body. Raises `too_large` above `MAX_JSON_BYTES`, `ParseError` for bad JSON."""
        raw = stream.read(MAX_JSON_BYTES + 1)
        if len(raw) > MAX_JSON_BYTES:
            raise KefuError("too_large", f"a JSON body has at most {MAX_JSON_BYTES} bytes")
        try:
            value = msgspec.json.decode(raw)
        except (msgspec.DecodeError, RecursionError, ValueError):
            raise ParseError("the body is not valid JSON") from None
        problem = storable_problem(value)
        if problem:
            raise ParseError(problem)
        return value


def storable_problem(value: Any, depth: int = 0) -> str | None:
    """Why a JSON value cannot be kept (NUL characters, too deep, numbers over 64 bits); None when it can."""
    if depth > MAX_DEPTH:
        return f"JSON nests deeper than {MAX_DEPTH}"
    match value:
        case str():
            return "text must not contain NUL characters" if "\x00" in value else None
        case bool():
            return None
        case int():
            return None if -(2**63) <= value < 2**63 else "numbers have at most 64 bits"
        case dict():
            pairs: list[Any] = [*value.keys(), *value.values()]
            return next(filter(None, (storable_problem(item, depth + 1) for item in pairs)), None)
        case list():
            return next(filter(None, (storable_problem(item, depth + 1) for item in value)), None)
        case _:
            return None
