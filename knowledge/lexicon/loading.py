"""Reading the concept lexicon: TOML files, one table a concept.

[arrive]
name = {zh = "到货", en = "arrival"}
broader = ["shipping"]                  # optional
role = "negation"                       # optional: what part it plays, free text for those who read it
zh = ["到货", "没…影儿"]                  # … is a gap of at most 6 characters
en = ["arrive", "get … here"]           # … is a gap of at most 3 words; forms of a word come by stemming
"""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from knowledge.text.fold import fold, is_han

DATA = Path(__file__).with_name("data")
GAP = "…"
AWAY = "-"


class BadLexicon(ValueError):
    """A lexicon file says something that cannot be meant; the message names file and concept."""


class Concept(msgspec.Struct, frozen=True):
    """One thing customers talk about, in both languages, and the concepts it is a kind of."""

    id: str
    zh: str
    en: str
    broader: tuple[str, ...] = ()
    role: str = ""


class Expressions(msgspec.Struct, frozen=True):
    """What names a concept: folded, in the order of the file; a gap is written "…"."""

    zh: tuple[str, ...] = ()
    en: tuple[str, ...] = ()


class _Table(msgspec.Struct, forbid_unknown_fields=True):
    name: dict[str, str]
    broader: list[str] = []
    role: str = ""
    zh: list[str] = []
    en: list[str] = []


def read(folder: Path = DATA) -> dict[str, tuple[Concept, Expressions]]:
    """Every concept of the `*.toml` files of `folder` by its id; a missing folder holds none.

    Raises `BadLexicon` for a concept told twice, an unknown key, an empty expression or a broader concept
    nobody tells.
    """
    found: dict[str, tuple[Concept, Expressions]] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise BadLexicon(f"{path.name}: {error}") from error
        for name, raw in tables.items():
            if name in found:
                raise BadLexicon(f"{path.name}: {name} is told twice")
            found[name] = _concept(path.name, name, raw)
    for concept, _ in found.values():
        for broader in concept.broader:
            if broader not in found:
                raise BadLexicon(f"{concept.id}: broader concept {broader} is nowhere")
    return found


def _concept(file: str, name: str, raw: object) -> tuple[Concept, Expressions]:
    try:
        table = msgspec.convert(raw, _Table)
    except msgspec.ValidationError as error:
        raise BadLexicon(f"{file}: {name}: {error}") from error
    concept = Concept(
        name, table.name.get("zh", name), table.name.get("en", name), tuple(table.broader), table.role
    )
    try:
        return concept, Expressions(expressions(table.zh), expressions(table.en))
    except ValueError as error:
        raise BadLexicon(f"{file}: {name}: {error}") from error


def expressions(written: Sequence[str]) -> tuple[str, ...]:
    """Expressions as they are compared: folded, each once, gaps written "…"; raises ValueError for an empty
    one."""
    out: dict[str, None] = {}
    for expression in written:
        parts = [fold(part) for part in expression.replace("...", GAP).split(GAP)]
        kept = [part for part in parts if any(character.isalnum() for character in part)]
        if not kept:
            raise ValueError(f"empty expression {expression!r}")
        out[GAP.join(kept)] = None
    return tuple(out)


def with_extra(
    found: dict[str, tuple[Concept, Expressions]], extra: Mapping[str, Sequence[str]]
) -> dict[str, tuple[Concept, Expressions]]:
    """`found` joined by an operator's synonyms: a concept's id gains expressions, "syn:word" becomes its
    own concept. An expression with "-" in front is taken away from the concept.

    Empty expressions are left out: an operator's blank line must not keep the bot from starting.
    """
    joined = dict(found)
    for name, written in extra.items():
        told = [expression.strip() for expression in written if any(map(str.isalnum, expression))]
        usable = expressions([expression for expression in told if not expression.startswith(AWAY)])
        away = set(expressions([expression[1:] for expression in told if expression.startswith(AWAY)]))
        label = name.removeprefix("syn:")
        concept, known = joined.get(name, (Concept(name, label, label), Expressions()))
        zh = tuple(expression for expression in usable if any(map(is_han, expression)))
        en = tuple(expression for expression in usable if not any(map(is_han, expression)))
        joined[name] = (
            concept, Expressions(_both(known.zh, zh, away), _both(known.en, en, away))
        )  # fmt: skip
    return joined


def _both(one: tuple[str, ...], other: tuple[str, ...], away: set[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for each in (*one, *other) if each not in away))
