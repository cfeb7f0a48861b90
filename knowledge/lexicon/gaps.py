"""Expressions in an Aho-Corasick automaton, with gaps: the parts are found at once, then joined."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind


class Automaton:
    """Finds expressions of one or more literal parts; `find` gives (number of the expression, start, end)."""

    def __init__(self, parts: Iterable[Sequence[str]]) -> None:
        self._literals: dict[str, int] = {}
        self._whole: list[list[int]] = []  # by literal: the expressions it is all of
        self._heads: list[list[int]] = []  # by literal: the expressions with gaps it begins
        self._gapped: dict[int, list[int]] = {}  # by expression: its literals
        for number, expression in enumerate(parts):
            literals = [self._literal(part) for part in expression]
            if len(literals) == 1:
                self._whole[literals[0]].append(number)
            else:
                self._gapped[number] = literals
                self._heads[literals[0]].append(number)
        self._automaton = None
        if self._literals:
            self._automaton = AhoCorasick(
                list(self._literals),
                matchkind=MatchKind.Standard,
                store_patterns=False,
                implementation=Implementation.ContiguousNFA,
            )

    def _literal(self, part: str) -> int:
        known = self._literals.setdefault(part, len(self._literals))
        if known == len(self._whole):
            self._whole.append([])
            self._heads.append([])
        return known

    def find(self, text: str, gap: int) -> list[tuple[int, int, int]]:
        """Every occurrence; the parts of an expression follow each other with at most `gap` characters
        between."""
        if self._automaton is None:
            return []
        out = []
        places: dict[int, list[tuple[int, int]]] = {}
        for literal, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            for number in self._whole[literal]:
                out.append((number, start, end))
            places.setdefault(literal, []).append((start, end))
        for literal in list(places):
            for number in self._heads[literal]:
                parts = self._gapped[number]
                if all(part in places for part in parts):
                    out.extend((number, start, end) for start, end in self._joined(parts, places, gap))
        return out

    @staticmethod
    def _joined(
        parts: list[int], places: dict[int, list[tuple[int, int]]], gap: int
    ) -> Iterable[tuple[int, int]]:
        begins = 0
        for start, end in places[parts[0]]:
            if start < begins:
                continue  # inside the one just given
            until = end
            for part in parts[1:]:
                following = places[part]
                at = bisect_left(following, (until, 0))
                if at == len(following) or following[at][0] - until > gap:
                    break
                until = following[at][1]
            else:
                yield start, until
                begins = until
