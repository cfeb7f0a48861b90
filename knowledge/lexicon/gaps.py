"""Expressions in an Aho-Corasick automaton, with gaps: the parts are found at once, then joined."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind


class Automaton:
    """Finds expressions of one or more literal parts; `find` gives (number of the expression, start, end)."""

    def __init__(self, parts: Iterable[Sequence[str]]) -> None:
        literals: dict[str, int] = {}  # forgotten once the automaton is made: it would be 100 bytes each
        self._whole = array("i")  # by literal: the first expression it is all of, -1 for none
        self._more: dict[int, tuple[int, ...]] = {}  # by literal: the other ones
        self._heads: dict[int, tuple[int, ...]] = {}  # by literal: the expressions with gaps it begins
        self._gapped: dict[int, tuple[int, ...]] = {}  # by expression: its literals
        for number, expression in enumerate(parts):
            held = tuple(literals.setdefault(part, len(literals)) for part in expression)
            self._whole.extend([-1] * (len(literals) - len(self._whole)))
            if len(held) > 1:
                self._gapped[number] = held
                self._heads[held[0]] = (*self._heads.get(held[0], ()), number)
            elif self._whole[held[0]] < 0:
                self._whole[held[0]] = number
            else:
                self._more[held[0]] = (*self._more.get(held[0], ()), number)
        self._automaton = None
        if literals:
            self._automaton = AhoCorasick(
                list(literals),
                matchkind=MatchKind.Standard,
                store_patterns=False,
                implementation=Implementation.ContiguousNFA,
            )

    def find(self, text: str, gap: int) -> list[tuple[int, int, int]]:
        """Every occurrence; the parts of an expression follow each other with at most `gap` characters
        between."""
        if self._automaton is None:
            return []
        out = []
        places: dict[int, list[tuple[int, int]]] = {}
        for literal, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            if self._whole[literal] >= 0:
                out.append((self._whole[literal], start, end))
                for number in self._more.get(literal, ()):
                    out.append((number, start, end))
            places.setdefault(literal, []).append((start, end))
        for literal in list(places):
            for number in self._heads.get(literal, ()):
                parts = self._gapped[number]
                if all(part in places for part in parts):
                    out.extend((number, start, end) for start, end in self._joined(parts, places, gap))
        return out

    @staticmethod
    def _joined(
        parts: Sequence[int], places: dict[int, list[tuple[int, int]]], gap: int
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
