"""Which strings the sources ask a translation for: the gettext calls of Python files and Django templates."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOMS = ("kefu_project", "chat", "agents", "bot", "knowledge")
_PLAIN = {"_", "gettext", "gettext_lazy", "gettext_noop"}
_PLURAL = {"ngettext", "ngettext_lazy"}
_CONTEXT = {"pgettext", "pgettext_lazy"}


@dataclass(frozen=True, slots=True)
class SourceMessage:
    """One msgid, its context or None, and where it was found (path:line)."""

    id: str
    context: str | None
    place: str


def source_messages(root: Path) -> list[SourceMessage]:
    """Every message of the checkout at `root`, each once, in order of files."""
    found: dict[tuple[str, str | None], SourceMessage] = {}
    for path in _sources(root):
        for message in _of_file(path, root):
            found.setdefault((message.id, message.context), message)
    return list(found.values())


def _sources(root: Path) -> Iterator[Path]:
    for room in ROOMS:
        yield from sorted((root / room).rglob("*.py"))
        yield from sorted((root / room).rglob("*.html"))
    yield from sorted((root / "templates").rglob("*.html"))


def _of_file(path: Path, root: Path) -> Iterator[SourceMessage]:
    text = path.read_text(encoding="utf-8")
    place = str(path.relative_to(root))
    if path.suffix == ".py":
        yield from _calls(ast.parse(text), place)
        return
    from django.utils.translation.template import templatize

    # templatize() makes a line of Python-like text per translatable tag and leaves the rest as dots and X.
    for number, line in enumerate(templatize(text).splitlines(), 1):
        for call in _call_texts(line):
            for message in _calls(ast.parse(call), place):
                yield SourceMessage(message.id, message.context, f"{place}:{number}")


def _call_texts(line: str) -> Iterator[str]:
    """The gettext calls inside a line of templatize()'s output."""
    for name in ("npgettext(", "pgettext(", "ngettext(", "gettext(", "_("):
        start = line.find(name)
        while start >= 0:
            before = line[start - 1] if start else " "
            if not (before.isalnum() or before == "_") and (end := _end_of_call(line, start + len(name))):
                yield line[start:end]
            start = line.find(name, start + 1)


def _end_of_call(line: str, position: int) -> int:
    """Index after the bracket that closes a call opened before `position`; 0 when there is none."""
    quote = ""
    while position < len(line):
        letter = line[position]
        if quote:
            if letter == "\\":
                position += 1
            elif letter == quote:
                quote = ""
        elif letter in "\"'":
            quote = letter
        elif letter == ")":
            return position + 1
        position += 1
    return 0


def _calls(tree: ast.AST, place: str) -> Iterator[SourceMessage]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        texts = [
            arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
        ]
        where = f"{place}:{node.lineno}"
        if (name in _PLAIN or name in _PLURAL) and texts:
            yield SourceMessage(texts[0], None, where)
        elif name in _CONTEXT and len(texts) > 1:
            yield SourceMessage(texts[1], texts[0], where)
