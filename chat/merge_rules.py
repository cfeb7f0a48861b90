"""Two visitors who are one person: which data the one that stays has, and how that is undone. Pure.

What the one that stays has, it keeps; gaps are filled from the duplicate. Only when the site vouches for the
duplicate and not for the other does the duplicate's data win. The higher priority counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

FIELDS: Final = ("name", "email", "phone", "avatar_url", "locale")
Gave = dict[str, list[Any]]


def gains(stays: Mapping[str, Any], duplicate: Mapping[str, Any]) -> Gave:
    """What changes at the one that stays: {field: [before, after]}, attributes as "attributes.<key>" (before
    is null where there was none).

    Both hold `FIELDS`, `priority`, `attributes` and `verified` (whether the site vouches for it).
    """
    trusted = bool(duplicate["verified"]) and not stays["verified"]
    found: Gave = {}
    for field in FIELDS:
        before, offered = stays[field], duplicate[field]
        if offered and offered != before and (trusted or not before):
            found[field] = [before, offered]
    if duplicate["priority"] > stays["priority"]:
        found["priority"] = [stays["priority"], duplicate["priority"]]
    for key, offered in duplicate["attributes"].items():
        before = stays["attributes"].get(key)
        if offered is not None and offered != before and (trusted or before is None):
            found[f"attributes.{key}"] = [before, offered]
    return found


def apply(stays: Mapping[str, Any], gave: Gave) -> dict[str, Any]:
    """The fields to be written at the one that stays."""
    return _moved(stays, {name: after for name, (_, after) in gave.items()})


def undo(stays: Mapping[str, Any], gave: Gave) -> dict[str, Any]:
    """The fields to be written when the merge is taken back: what nobody has changed since is as before."""
    current = {name: _value(stays, name) for name in gave}
    return _moved(stays, {name: before for name, (before, after) in gave.items() if current[name] == after})


def _value(row: Mapping[str, Any], name: str) -> Any:
    if name.startswith("attributes."):
        return row["attributes"].get(name.removeprefix("attributes."))
    return row[name]


def _moved(row: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    fields = {name: value for name, value in values.items() if not name.startswith("attributes.")}
    attributes = dict(row["attributes"])
    for name, value in values.items():
        if name.startswith("attributes."):
            key = name.removeprefix("attributes.")
            if value is None:
                attributes.pop(key, None)
            else:
                attributes[key] = value
    if attributes != row["attributes"]:
        fields["attributes"] = attributes
    return fields
