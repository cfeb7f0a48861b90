"""Level 1: rules. Exact messages, keywords, patterns; by page, time and visitor. Pure and linear.

All keywords of all rules, and a literal that each pattern cannot do without, are one Aho-Corasick
automaton: a message is read once whatever the number of rules, and RE2, which never backtracks, looks only
where a pattern's literal stands. 5,000 rules on 2,000 hostile characters take under 5 ms
(bench/bot_rules.py). RE2's own sets were tried instead: up to 1,300 ms for a first hostile message with 1,700
patterns, because their automaton is built while it reads.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import ahocorasick_rs
import msgspec
import re2

from bot.strategies.base import Answer, Context, HandOver, Source, Strategy
from bot.strategies.parts import Parts
from knowledge.text import fold

# Python's own parser of patterns has no types, and its name no promise; only `literal` below reads it.
re_constants: Any = importlib.import_module("re._constants")
re_parser: Any = importlib.import_module("re._parser")

MAX_READ: Final = 2_000
"""Characters of a message that are compared; what is longer is no question."""
MAX_PATTERN: Final = 500
MAX_TRIED: Final = 24
"""Patterns looked at for one message, best rules first: 30 to 100 µs each on 2,000 characters."""
MAX_WITHOUT_LITERAL: Final = 16
"""Patterns like `\\d{6}` that every message has to be searched for."""


class BadRule(ValueError):
    """A rule that cannot be compared; the message says why."""


class RuleSpec(msgspec.Struct, frozen=True):
    """A rule as kept. `kind`: exact, keyword, pattern; see `bot.models.Rule` for the rest."""

    id: str
    name: str
    kind: str
    expressions: tuple[str, ...]
    answer: str = ""
    site: str | None = None
    conditions: Mapping[str, Any] = {}
    to_people: bool = False
    group: str | None = None
    priority: int = 0


class _Keywords(msgspec.Struct, frozen=True):
    """One keyword expression: all of `needs` (indexes of atoms) and none of `forbids`."""

    rule: int
    needs: frozenset[int]
    forbids: frozenset[int]


class RuleBook:
    """Rules ready to be compared. Raises `BadRule` for an expression that cannot be."""

    def __init__(self, rules: Iterable[RuleSpec]) -> None:
        self._rules = sorted(rules, key=lambda rule: -rule.priority)
        self._exact: dict[str, list[int]] = {}
        self._keywords: dict[int, list[_Keywords]] = {}
        atoms: dict[str, int] = {}
        self._patterns: dict[int, list[tuple[int, Any]]] = {}
        self._always: list[tuple[int, Any]] = []
        for number, rule in enumerate(self._rules):
            for expression in rule.expressions:
                match rule.kind:
                    case "exact":
                        self._exact.setdefault(_bare(fold(expression)), []).append(number)
                    case "keyword":
                        self._add_keywords(number, expression, atoms)
                    case "pattern":
                        self._add_pattern(number, expression, atoms)
                    case _:
                        raise BadRule(f"{rule.name}: unknown kind {rule.kind!r}")
        self._atoms = ahocorasick_rs.AhoCorasick(list(atoms)) if atoms else None

    def __len__(self) -> int:
        return len(self._rules)

    def matching(self, folded: str) -> list[RuleSpec]:
        """The rules whose expressions the message meets, best first; conditions are not looked at."""
        text = folded[:MAX_READ]
        found = set(self._exact.get(_bare(text), ()))
        patterns = list(self._always)
        if self._atoms is not None:
            present = {index for index, _, _ in self._atoms.find_matches_as_indexes(text, overlapping=True)}
            for atom in present:
                for expression in self._keywords.get(atom, ()):
                    if expression.needs <= present and expression.forbids.isdisjoint(present):
                        found.add(expression.rule)
                patterns += self._patterns.get(atom, ())
        for rule, pattern in sorted(patterns, key=lambda each: each[0])[:MAX_TRIED]:
            if rule not in found and pattern.search(text) is not None:
                found.add(rule)
        return [self._rules[number] for number in sorted(found)]

    def _add_keywords(self, rule: int, expression: str, atoms: dict[str, int]) -> None:
        needs, forbids = parse_keywords(expression)
        indexes = [atoms.setdefault(atom, len(atoms)) for atom in needs]
        against = [atoms.setdefault(atom, len(atoms)) for atom in forbids]
        parsed = _Keywords(rule, frozenset(indexes), frozenset(against))
        # Looked up by its rarest-looking atom alone, so a common word does not drag in every rule.
        longest = max(range(len(needs)), key=lambda at: len(needs[at]))
        self._keywords.setdefault(indexes[longest], []).append(parsed)

    def _add_pattern(self, rule: int, expression: str, atoms: dict[str, int]) -> None:
        compiled = check_pattern(expression)
        literal = literal_of(expression)
        if literal:
            self._patterns.setdefault(atoms.setdefault(literal, len(atoms)), []).append((rule, compiled))
        elif len(self._always) < MAX_WITHOUT_LITERAL:
            self._always.append((rule, compiled))
        else:
            raise BadRule(f"more than {MAX_WITHOUT_LITERAL} patterns without a word in them: {expression!r}")


def parse_keywords(expression: str) -> tuple[list[str], list[str]]:
    """`"退款+多久-红包"` → (needed, forbidden), folded. Raises `BadRule` when nothing is needed."""
    needs: list[str] = []
    forbids: list[str] = []
    for part in expression.split("+"):
        first, *without = part.split("-")
        if word := fold(first).strip():
            needs.append(word)
        forbids += [word for each in without if (word := fold(each).strip())]
    if not needs:
        raise BadRule(f"a keyword expression needs a word: {expression!r}")
    return needs, forbids


def check_pattern(pattern: str) -> Any:
    """The pattern compiled. Raises `BadRule` for what RE2 cannot do (look-around, back references) and for
    what matches every message.
    """
    if len(pattern) > MAX_PATTERN:
        raise BadRule(f"a pattern has at most {MAX_PATTERN} characters")
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False
    try:
        # Messages are compared folded, so the pattern's Chinese characters are, too.
        compiled = re2.compile("".join(fold(c) if c >= "\u2e80" else c for c in pattern), options)
    except re2.error as error:
        raise BadRule(f"{pattern!r}: {error}") from None
    if compiled.search("") is not None:
        raise BadRule(f"{pattern!r} matches an empty message, so every one")
    return compiled


def literal_of(pattern: str) -> str:
    """The longest text, folded, that everything the pattern matches holds; empty when there is none."""
    try:
        parsed = re_parser.parse(pattern)
    except (re_parser.error, RecursionError, OverflowError):
        return ""
    longest = max(_runs(parsed), key=len, default="")
    return fold(longest).strip() if len(longest) > 1 else ""


def _runs(parsed: Any) -> list[str]:
    """Literal runs of a sequence, in which everything has to match."""
    runs = [""]
    for operation, argument in parsed:
        if operation is re_constants.LITERAL:
            runs[-1] += chr(argument)
            continue
        if operation is re_constants.SUBPATTERN:
            runs += _runs(argument[3])
        elif operation in (re_constants.MAX_REPEAT, re_constants.MIN_REPEAT) and argument[0] >= 1:
            runs += _runs(argument[2])
        runs.append("")
    return runs


class Rules:
    """The level. `books`: ready rules of all sites together; a rule's site is one of its conditions."""

    name = "rules"
    priority = 10

    def __init__(self, book: RuleBook) -> None:
        self._book = book

    def match(self, context: Context) -> Answer | None:
        """The best rule whose conditions hold."""
        if not len(self._book):
            return None
        for rule in self._book.matching(context.folded):
            if (rule.site is not None and rule.site != context.site) or not holds(rule.conditions, context):
                continue
            context.note(self.name, "matched", rule=rule.name)
            over = HandOver("rule", rule.group) if rule.to_people else None
            return Answer(
                text=rule.answer,
                level=self.name,
                outcome="handed" if over else "answered",
                sources=(Source("rule", rule.id, rule.name),) if rule.answer else (),
                handover=over,
            )
        context.note(self.name, "none")
        return None


def holds(conditions: Mapping[str, Any], context: Context) -> bool:
    """Whether all conditions are met; one that is not known is not met."""
    return all(_CONDITIONS.get(name, _never)(wanted, context) for name, wanted in conditions.items())


def _page(wanted: Any, context: Context) -> bool:
    return isinstance(wanted, str) and wanted.lower() in context.page.get("url", "").lower()


def _hours(wanted: Any, context: Context) -> bool:
    """["09:00", "18:00"]; over midnight when the end comes first."""
    if not (isinstance(wanted, Sequence) and len(wanted) == 2):
        return False
    begin, end = (str(each) for each in wanted)
    at = context.now.strftime("%H:%M")
    return begin <= at < end if begin <= end else at >= begin or at < end


def _weekdays(wanted: Any, context: Context) -> bool:
    return isinstance(wanted, Sequence) and context.now.weekday() in wanted


def _languages(wanted: Any, context: Context) -> bool:
    return isinstance(wanted, Sequence) and context.language in wanted


def _attributes(wanted: Any, context: Context) -> bool:
    has = context.visitor.get("attributes") or {}
    return isinstance(wanted, Mapping) and all(
        str(has.get(key, "")) == str(value) for key, value in wanted.items()
    )


def _min_priority(wanted: Any, context: Context) -> bool:
    return isinstance(wanted, int) and int(context.visitor.get("priority") or 0) >= wanted


def _never(_wanted: Any, _context: Context) -> bool:
    return False


_CONDITIONS: Final = {
    "page": _page,
    "hours": _hours,
    "weekdays": _weekdays,
    "languages": _languages,
    "attributes": _attributes,
    "min_priority": _min_priority,
}
CONDITIONS: Final = tuple(_CONDITIONS)
"""Names of the conditions there are."""

_EDGES: Final = " \t\n。，！？!?.,~～…;；:：、"


def _bare(folded: str) -> str:
    """Without punctuation around it: 「你好！」 is 「你好」."""
    return folded.strip(_EDGES)


def make(parts: Parts) -> list[Strategy]:
    """Those of all sites; each is checked for its own."""
    return [Rules(parts.rules)]
