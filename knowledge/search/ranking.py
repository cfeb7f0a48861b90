"""The exact ranking of the candidates, and what their score is worth.

Every feature is a share between 0 and 1, so that it means the same in a base of thirty questions and of
twenty thousand. Three sets of weights are mixed. Where the lexicon does not know a query's words (`known`),
what it tells is about the frame of the question only, and the words themselves decide. Where it does, how
well the query's letters are met by any candidate at all (`gate`) says how much letters decide, and how much
what the texts are about.
The weights were learnt from right and wrong candidates (bench/learn_ranking.py); docs/bot/retrieval.md says
on what, and what each part gave.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process
from rapidfuzz.distance import LCSseq, Levenshtein

from knowledge.search.rows import Matrix, Rows
from knowledge.search.terms import LONGEST, NUMBER
from knowledge.text import fold
from knowledge.text.fold import HAN
from knowledge.text.numbered import Numbers

# Points off where query and wording both name numbers (a model, a size, a floor) and none is the same.
# A rule, not learnt: the questions that weights are learnt from seldom name any.
OTHER_NUMBER = 3.0
ALONE = 4.0  # a hit without a rival leads by as much as the clearest ones do

WEIGHTS = Path(__file__).with_name("weights.json")

_NUMBER = re.compile(r"[0-9]+")
_CHINESE = re.compile(f"[{HAN}]")
_SIGNS = re.compile(r"\W+")
_WEIGHED = "wcbskhqr"
_PLAIN = "wcb"

_WEIGHED_AT = [NUMBER[field] for field in _WEIGHED]
_PLAIN_AT = [NUMBER[field] for field in _PLAIN]

FEATURES = (
    *(f"{field}_{part}" for field in _WEIGHED for part in ("query", "row", "both")),
    *(f"{field}_plain_{part}" for field in _PLAIN for part in ("query", "row", "both")),
    *("denied", "meaning", "meaning_rare", "meaning_answer", "answer_words", "answer_concepts", "script"),
    *("ratio", "order_query", "order_row", "length", "edit"),
)
GATE = FEATURES.index("c_plain_both")
JUDGED = (
    *("points", "lead", "gate", "close"),
    *("c_plain_query", "w_query", "w_row", "c_plain_row", "h_both", "k_both", "meaning", "meaning_rare"),
    *("meaning_answer", "answer_words", "s_both", "q_both", "ratio", "script", "denied", "order_query"),
    *("c_query", "h_query", "k_query", "b_both", "answer_concepts", "r_both", "length"),
    "known",
)
_JUDGED_FEATURES = np.array([FEATURES.index(name) for name in JUDGED[4:-1]])


class Weights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was learnt: by feature, where letters are met, where not, and where the lexicon knows nothing;
    and how points become a probability."""

    met: dict[str, float]
    unmet: dict[str, float]
    foreign: dict[str, float]
    judged: dict[str, float]
    bias: float

    def points(self) -> Matrix:
        """One vector for the columns of `mixed`."""
        return np.array([part[name] for part in (self.met, self.unmet, self.foreign) for name in FEATURES])


def read_weights(path: Path = WEIGHTS) -> Weights:
    """The learnt weights; raises msgspec.ValidationError or KeyError when the file does not fit the
    features."""
    weights = msgspec.json.decode(path.read_bytes(), type=Weights)
    for part in (weights.met, weights.unmet, weights.foreign):
        if set(part) != set(FEATURES):
            raise KeyError(json.dumps(sorted(set(part) ^ set(FEATURES))))
    if set(weights.judged) != set(JUDGED):
        raise KeyError(json.dumps(sorted(set(weights.judged) ^ set(JUDGED))))
    return weights


_WEIGHTS = read_weights()
_POINTS = _WEIGHTS.points()
_JUDGE = np.array([_WEIGHTS.judged[name] for name in JUDGED])


class Candidates(msgspec.Struct, frozen=True):
    """What is compared: the query with its terms and their numbers in the base; rows of wordings with their
    entries, answers' rows and texts; the share of the query's words that the lexicon knows."""

    query: str
    wanted: Mapping[str, float]
    numbers: Numbers
    rows: npt.NDArray[np.int64]
    owner: npt.NDArray[np.int64]
    answers: npt.NDArray[np.int64]
    letters: Sequence[str]
    known: float


def features(found: Candidates, rows: Rows) -> Matrix:
    """One line a candidate, one column a feature, each 0…1."""
    query = rows.asked(found.wanted, found.numbers)
    seen = rows.overlap(query, found.rows)
    told = rows.shared(query, found.answers)
    weighed = _shares(seen.both, query.mass, seen.rows)[:, _WEIGHED_AT]
    plain = _shares(seen.plain_both, query.plain, seen.plain_rows)[:, _PLAIN_AT]
    answer = _share(told, query.mass)
    concept = NUMBER["k"]
    others = (
        _share(seen.both[:, concept] - seen.both[:, NUMBER["n"]], query.mass[concept]),
        seen.both[:, NUMBER["m"]],
        seen.meaning,
        told[:, NUMBER["x"]],
        answer[:, NUMBER["a"]],
        answer[:, NUMBER["e"]],
        *_letters(found),
    )
    lines = len(found.rows)
    return np.concatenate(
        [weighed.reshape(lines, -1), plain.reshape(lines, -1), np.stack(others, axis=1)], axis=1
    )


def _shares(both: Matrix, query: Matrix, rows: Matrix) -> Matrix:
    """Candidate, field, and what is shared as a part of the query, of the row, and of both together."""
    return np.stack([_share(both, query), _share(both, rows), _share(2 * both, query + rows)], axis=2)


def _share(part: Matrix, whole: Matrix) -> Matrix:
    """`part / whole` between 0 and 1; 0 where there is nothing to share."""
    return np.minimum(np.maximum(part, 0) / np.maximum(whole, 1e-9), 1) * (whole > 1e-9)


def letters(text: str) -> str:
    """A text as it is compared letter by letter."""
    return _SIGNS.sub("", fold(text)[:LONGEST])


def _letters(found: Candidates) -> list[Matrix]:
    """What the texts have in common letter by letter, in order: signs and spaces do not count."""
    query, texts = letters(found.query), found.letters
    chinese = _CHINESE.search(query) is not None
    script = np.array([float((_CHINESE.search(text) is not None) == chinese) for text in texts])
    ratio = process.cdist([query], texts, scorer=fuzz.ratio)[0] / 100
    common = process.cdist([query], texts, scorer=LCSseq.similarity)[0]
    edit = process.cdist([query], texts, scorer=Levenshtein.normalized_similarity)[0]
    lengths = np.array([max(1, len(text)) for text in texts])
    own = max(1, len(query))
    length = np.minimum(lengths, own) / np.maximum(lengths, own)
    return [script, ratio, common / own, common / lengths, length, edit]


def mixed(seen: Matrix, known: float) -> Matrix:
    """The features once for each set of weights, by how much that set counts for this query."""
    gate = seen[:, GATE].max()
    return np.concatenate([known * gate * seen, known * (1 - gate) * seen, (1 - known) * seen], axis=1)


def points(seen: Matrix, known: float, weights: Matrix = _POINTS) -> Matrix:
    """How well each candidate answers, comparable within one query only."""
    return np.asarray(mixed(seen, known) @ weights)


def judged(seen: Matrix, known: float, owner: npt.NDArray[np.int64], scored: Matrix, place: int) -> Matrix:
    """What a candidate's score is made of (`JUDGED`): its points, its lead over the best other entry, its
    features, how much of the query is known."""
    others = scored[owner != owner[place]]
    lead = float(scored[place] - others.max()) if len(others) else ALONE
    return _judged(seen[place], known, scored[place], lead, seen[:, GATE].max())


def _judged(own: Matrix, known: float, points: float, lead: float, gate: float) -> Matrix:
    out = np.empty(len(JUDGED))
    out[:4] = points, lead, gate, min(lead, 2.0)
    out[4:-1] = own[_JUDGED_FEATURES]
    out[-1] = known
    return out


def rank(found: Candidates, rows: Rows) -> Iterator[tuple[int, float, dict[str, float]]]:
    """(place of the candidate, score, parts), best first; wordings of one entry may follow each other."""
    seen = features(found, rows)
    scored = points(seen, found.known) - OTHER_NUMBER * _other_numbers(found)
    gate = seen[:, GATE].max()
    order = np.argsort(-scored, kind="stable").tolist()
    first = order[0]
    rival = next((place for place in order if found.owner[place] != found.owner[first]), None)
    ceiling = 1.0  # the first leads over the best of another entry, everybody else over the first
    for place in order:
        other = first if found.owner[place] != found.owner[first] else rival
        lead = ALONE if other is None else scored[place] - scored[other]
        logit = float(_judged(seen[place], found.known, scored[place], lead, gate) @ _JUDGE) + _WEIGHTS.bias
        # The order is that of the points; a score never says otherwise.
        ceiling = min(ceiling, 1 / (1 + np.exp(-min(30.0, max(-30.0, logit)))))
        yield place, round(float(ceiling), 4), _parts(seen[place])


def _other_numbers(found: Candidates) -> Matrix:
    """1 where both name numbers and share none, else 0."""
    asked = set(_NUMBER.findall(found.query))
    if not asked:
        return np.zeros(len(found.letters))
    named = [set(_NUMBER.findall(text)) for text in found.letters]
    return np.array([float(bool(numbers) and asked.isdisjoint(numbers)) for numbers in named])


_TOLD = {
    "words": "w_both",
    "characters": "c_plain_both",
    "sounds": "s_both",
    "concepts": "h_both",
    "question": "q_both",
    "meaning": "meaning",
    "answer": "answer_words",
    "order": "order_query",
}
_TOLD_AT = np.array([FEATURES.index(feature) for feature in _TOLD.values()])


def _parts(seen: Matrix) -> dict[str, float]:
    return {name: round(value, 3) for name, value in zip(_TOLD, seen[_TOLD_AT].tolist(), strict=True)}
