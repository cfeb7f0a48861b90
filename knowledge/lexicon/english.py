"""English expressions in a text, by the stems of their words."""

import re
from collections.abc import Iterator, Mapping, Sequence

from knowledge.lexicon.gaps import Automaton
from knowledge.lexicon.loading import GAP
from knowledge.text.english import stem
from knowledge.text.words import expand

GAP_WORDS = 3
_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)*|[0-9]+(?:[.:][0-9]+)*|[.!?;,]")
_NEGATORS = frozenset(
    {"not", "never", "no", "without", "nor", "unabl", "neither", "hardli", "nobodi", "noth"}
)
_REACH = 3  # words between a negator and what it denies: "not been able to log in"


class EnglishExpressions:
    """The English side of a lexicon; `find` gives (concept, start, end, denied, False)."""

    def __init__(self, told: Mapping[str, Sequence[str]]) -> None:
        pairs = [(name, expression) for name, expressions in told.items() for expression in expressions]
        self._names = [name for name, _ in pairs]
        self._gapped: dict[int, tuple[int, int]] = {}  # by expression with gaps: its words, its gaps
        self._automaton = Automaton(self._literals(pairs))

    def _literals(self, pairs: Sequence[tuple[str, str]]) -> Iterator[list[str]]:
        for number, (_, expression) in enumerate(pairs):
            parts = _stems(expression)
            if len(parts) > 1:
                self._gapped[number] = (sum(part.count(" ") + 1 for part in parts), len(parts) - 1)
            yield [f" {part} " for part in parts]

    def find(self, folded: str) -> list[tuple[str, int, int, bool, bool]]:
        """Every mention in a folded text, overlapping ones too."""
        tokens = _tokens(folded)
        if not tokens:
            return []
        text = f" {' '.join(token for token, _, _ in tokens)} "
        index_at: dict[int, int] = {}  # where a token's leading space stands → its number
        place = 0
        for number, (token, _, _) in enumerate(tokens):
            index_at[place] = number
            place += len(token) + 1
        out = []
        longest = GAP_WORDS * 12
        for number, start, end in self._automaton.find(text, longest):
            first, last = index_at[start], index_at.get(end - 1, len(tokens)) - 1
            if not self._close(number, tokens[first : last + 1]):
                continue
            out.append(
                (self._names[number], tokens[first][1], tokens[last][2], _denied(tokens, first), False)
            )
        return out

    def _close(self, number: int, tokens: list[tuple[str, int, int]]) -> bool:
        if number not in self._gapped:
            return True
        words, gaps = self._gapped[number]
        return len(tokens) - words <= GAP_WORDS * gaps and not any(token in ".!?;" for token, _, _ in tokens)


def _stems(expression: str) -> list[str]:
    return [" ".join(token for token, _, _ in _tokens(part)) for part in expression.split(GAP)]


def _tokens(folded: str) -> list[tuple[str, int, int]]:
    out: list[tuple[str, int, int]] = []
    for match in _TOKEN.finditer(folded):
        word = match.group()
        if word[0].isalpha():
            out.extend((stem(part), match.start(), match.end()) for part in expand(word))
        else:
            out.append((word, match.start(), match.end()))
    return out


def _denied(tokens: list[tuple[str, int, int]], first: int) -> bool:
    for at in range(first - 1, max(-1, first - 2 - _REACH), -1):
        token = tokens[at][0]
        if token in ".!?;,":
            return False
        if token in _NEGATORS:
            return True
    return False
