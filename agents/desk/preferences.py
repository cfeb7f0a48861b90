"""An agent's own settings of the console: which there are, what they may be, what they are at first. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from chat.errors import KefuError

MAX_BYTES: Final = 8 * 1024
_Check = Callable[[Any], bool]


def _one_of(*allowed: str) -> _Check:
    return lambda value: isinstance(value, str) and value in allowed


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _minutes(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 240


def _small_object(value: Any) -> bool:
    return isinstance(value, dict) and len(value) <= 100 and all(len(key) <= 60 for key in value)


#: name → (default, what it may be, in words)
SETTINGS: Final[dict[str, tuple[Any, _Check, str]]] = {
    "theme": ("auto", _one_of("auto", "light", "dark"), "auto, light or dark"),
    "locale": ("", _one_of("", "zh-cn", "en"), "zh-cn, en or nothing"),
    "enter_sends": (True, _flag, "true or false"),
    "sound": (True, _flag, "true or false"),
    "notifications": (False, _flag, "true or false"),
    "density": ("comfortable", _one_of("comfortable", "compact"), "comfortable or compact"),
    "suggest_replies": (True, _flag, "true or false"),
    "away_after_min": (0, _minutes, "0 to 240 minutes"),
    "ui": ({}, _small_object, "a small object"),
}


def complete(stored: Mapping[str, Any]) -> dict[str, Any]:
    """All settings: the stored ones that are still good, defaults for the others."""
    return {
        name: stored[name] if name in stored and good(stored[name]) else default
        for name, (default, good, _) in SETTINGS.items()
    }


def read(raw: Any) -> dict[str, Any]:
    """The settings a client sends. Raises `invalid`, whose details name those that are not good."""
    if not isinstance(raw, Mapping):
        raise KefuError("invalid", "the preferences are not valid")
    wrong: dict[str, list[str]] = {}
    for name, value in raw.items():
        if name not in SETTINGS:
            wrong[str(name)[:60]] = ["No such preference."]
        elif not SETTINGS[name][1](value):
            wrong[name] = [f"{SETTINGS[name][2].capitalize()}."]
    if wrong:
        raise KefuError("invalid", "the preferences are not valid", details={"fields": wrong})
    if len(msgspec.json.encode(dict(raw))) > MAX_BYTES:
        raise KefuError("invalid", f"at most {MAX_BYTES} bytes of JSON")
    return dict(raw)
