"""Variables of canned replies and macros: {{visitor.name}}, with a fallback {{visitor.name|friend}}. Pure.

Text in, text out: what a value says is never looked at again, so a visitor named "{{site.name}}" is just
called so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

MAX_OUT: Final = 8000  # characters: what a message holds
_VARIABLE: Final = re.compile(r"\{\{\s*([a-z]+(?:\.[\w-]{1,60}){1,2})\s*(?:\|([^{}]{0,200}))?\}\}")


def render(text: str, values: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The text with its variables filled in, and the names of those that could not be.

    A variable that is unknown or empty and has no fallback stays as it was written, so that whoever sends
    the text sees it.
    """
    missing: list[str] = []

    def fill(found: re.Match[str]) -> str:
        value = _text(values.get(found[1]))
        if value:
            return value
        if found[2] is not None:
            return found[2].strip()
        if found[1] not in missing:
            missing.append(found[1])
        return found[0]

    return _VARIABLE.sub(fill, text)[:MAX_OUT], missing


def flattened(**people: Mapping[str, Any]) -> dict[str, Any]:
    """{"visitor": {"name": …, "attributes": {…}}} as {"visitor.name": …, "visitor.attributes.x": …}."""
    found: dict[str, Any] = {}
    for person, fields in people.items():
        for name, value in fields.items():
            if isinstance(value, Mapping):
                found |= {f"{person}.{name}.{key}": inner for key, inner in value.items()}
            else:
                found[f"{person}.{name}"] = value
    return found


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).strip()
