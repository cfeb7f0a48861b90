"""Which files the console's script is made of, so that the page can ask for all of them at once.

Modules import modules: a browser that reads each before it knows the next pays one round trip a level.
"""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache
from pathlib import Path

from django.contrib.staticfiles import finders

_IMPORT = re.compile(r"""^(?:import|export)\b[^"';]*?["'](\.[^"']+\.js)["']""", re.MULTILINE)
_ENTRY = "console/main.js"
_EARLY = "console/early.js"  # asks for the list while the rest is on its way: it and what it needs go first


def modules(locale: str) -> tuple[str, ...]:
    """Static names of the entries, all they import, and the words of one language ("zh-CN", "en")."""
    tail = locale.lower()
    code = dict.fromkeys((*_imported(_EARLY), *_imported(_ENTRY)))
    words = (f"console/words/{part}{tail}.js" for part in ("", "thread-", "bot-"))
    return (*code, *words)


@lru_cache(maxsize=8)
def _imported(entry: str) -> tuple[str, ...]:
    """The entry and what it imports, nearest first. A file that is not there is left to the browser."""
    found: dict[str, None] = {entry: None}
    queue = [entry]
    while queue:
        name = queue.pop(0)
        path = finders.find(name)
        if path is None:
            del found[name]
            continue
        for target in _IMPORT.findall(Path(path).read_text(encoding="utf-8")):
            known = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
            if known not in found:
                found[known] = None
                queue.append(known)
    return tuple(found)
