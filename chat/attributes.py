"""Values of custom attributes: what a definition takes, and how a change is laid over what is there. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import msgspec

from chat.errors import KefuError

MAX_VALUE: Final = 1000  # characters of a text
MAX_KEYS: Final = 50
MAX_BYTES: Final = 8 * 1024
_MAX_NUMBER: Final = 1e15  # beyond it a browser no longer shows the number that was typed


class Definition(msgspec.Struct, frozen=True):
    """What people may fill in under a key. `kind`: text, number, date (YYYY-MM-DD), choice or boolean."""

    key: str
    kind: str
    choices: tuple[str, ...] = ()


def merged(
    current: Mapping[str, Any],
    change: Mapping[str, Any],
    definitions: Sequence[Definition],
    *,
    only_defined: bool,
) -> dict[str, Any]:
    """`current` with `change` laid over it: null removes a key, what is not named stays.

    Defined keys hold what their definition takes; others are refused with `only_defined`, and else taken as
    they are (a page tells what it likes about its user). Raises `invalid`, whose details name the key.
    """
    known = {definition.key: definition for definition in definitions}
    result = dict(current)
    for key, value in change.items():
        if value is None:
            result.pop(key, None)
        elif key in known:
            result[key] = _taken(known[key], value)
        elif only_defined:
            raise _wrong(key, "No such attribute.")
        else:
            result[key] = value
    if len(result) > MAX_KEYS:
        raise _wrong("", f"At most {MAX_KEYS} keys.")
    if len(msgspec.json.encode(result)) > MAX_BYTES:
        raise _wrong("", f"At most {MAX_BYTES} bytes of JSON.")
    return result


def _taken(definition: Definition, value: Any) -> Any:
    match definition.kind:
        case "number":
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise _wrong(definition.key, "A number.")
            if not math.isfinite(value) or abs(value) > _MAX_NUMBER:
                raise _wrong(definition.key, "A number of at most fifteen digits.")
        case "boolean":
            if not isinstance(value, bool):
                raise _wrong(definition.key, "true or false.")
        case "date":
            try:
                value = date.fromisoformat(value if isinstance(value, str) else "").isoformat()
            except ValueError:
                raise _wrong(definition.key, "A date as YYYY-MM-DD.") from None
        case "choice":
            if value not in definition.choices:
                raise _wrong(definition.key, f"One of {', '.join(definition.choices)}.")
        case _:
            if not isinstance(value, str) or len(value) > MAX_VALUE:
                raise _wrong(definition.key, f"A text of at most {MAX_VALUE} characters.")
    return value


def _wrong(key: str, what: str) -> KefuError:
    fields: dict[str, Any] = {"attributes": {key: [what]} if key else [what]}
    return KefuError("invalid", "the attributes are not valid", details={"fields": fields})
