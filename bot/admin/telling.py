"""Details of a trace and a dialog's state as lists that people read, in place of JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bot.admin.naming import FACTS, LEVELS, VERDICTS, named

MOST: Final = 12
"""Lines of one list; a trace keeps at most five hits and five intents."""
DEEPEST: Final = 4
#: Said by the verdict in people's words, or only of use to machines.
_SILENT: Final = frozenset({"why", "id", "start", "end"})
#: Facts whose value is a code, too.
_CODES: Final = {"level": LEVELS, "verdict": VERDICTS, "pending": FACTS, "type": FACTS}


def told(value: Any, name: str = "", depth: int = 0) -> SafeString | str:
    """A value of JSON: objects as names and values, lists as lines, numbers with three digits. Escaped."""
    if isinstance(value, Mapping) and depth < DEEPEST:
        rows = [
            (named(FACTS, key), told(held, str(key), depth + 1))
            for key, held in value.items()
            if key not in _SILENT and not (isinstance(held, Sequence | Mapping) and not held)
        ]
        lines = format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", rows)
        return format_html('<dl class="told">{}</dl>', lines) if rows else "–"
    if _is_list(value) and depth < DEEPEST:
        parts = [told(held, name, depth + 1) for held in value[:MOST]]
        if all(not isinstance(part, SafeString) for part in parts):
            return " · ".join(parts) if parts else "–"
        return format_html(
            '<ul class="told">{}</ul>', format_html_join("", "<li>{}</li>", ((part,) for part in parts))
        )
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    return named(_CODES.get(name, {}), value) if value not in (None, "") else "–"


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def took(microseconds: int) -> str:
    """A duration for people: "58 µs", "38.5 ms"."""
    return f"{microseconds} µs" if microseconds < 1_000 else f"{microseconds / 1_000:.1f} ms"
