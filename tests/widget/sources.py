"""The visitor's scripts and styles as files: which module imports which, and what they weigh compressed."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

STATIC = Path(__file__).resolve().parents[2] / "static"
TEMPLATES = STATIC.parent / "templates" / "widget"

_IMPORT = re.compile(r"""^(?:import|export)\s(?:[^;]*?\sfrom\s)?["'](\.[^"']+)["'];""", re.MULTILINE)
_DYNAMIC = re.compile(r"""\bimport\(\s*["'](\.[^"']+)["']\s*\)""")
_TERNARY = re.compile(r"""\bimport\([^)]*?["'](\.[^"'?]+\.js)["']""")


def read(name: str) -> str:
    """A file below static/."""
    return (STATIC / name).read_text(encoding="utf-8")


def _resolved(module: str, targets: list[str]) -> set[str]:
    folder = (STATIC / module).parent
    return {(folder / target).resolve().relative_to(STATIC).as_posix() for target in targets}


def static_imports(module: str) -> set[str]:
    """What a module needs before it runs."""
    return _resolved(module, _IMPORT.findall(read(module)))


def dynamic_imports(module: str) -> set[str]:
    """What a module asks for later."""
    source = read(module)
    return _resolved(module, [*_DYNAMIC.findall(source), *_TERNARY.findall(source)])


def closure(entry: str) -> set[str]:
    """The module and everything it statically needs."""
    found: set[str] = set()
    waiting = [entry]
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting.extend(static_imports(module))
    return found


def weight(name: str) -> int:
    """Bytes of the file as a server compresses it (gzip, level 6)."""
    return len(gzip.compress((STATIC / name).read_bytes(), 6, mtime=0))


def visitor_scripts() -> list[str]:
    """Every script of the visitor's side, the shop's demo included."""
    found = [*(STATIC / "shared").glob("*.js"), *(STATIC / "widget").glob("*.js")]
    return sorted(path.relative_to(STATIC).as_posix() for path in found)
