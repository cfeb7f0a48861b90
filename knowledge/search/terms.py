"""What of a question and of an answer is looked up. One letter before a term names its field."""

from collections import Counter
from collections.abc import Iterable, Mapping

from knowledge.lexicon import Lexicon, Mention
from knowledge.text import fold
from knowledge.text.common import weight
from knowledge.text.terms import terms as plain_terms

# w words, c characters, b pairs of characters (English: triples of letters), s pairs of sounds, k concepts,
# h concepts with what they are a kind of, n concepts with whether they are denied, q question words, r the
# other concepts without content (time, quantity, politeness …), m what the text is about; of the answer: a
# words, e concepts, x what it is about.
FIELDS = "wcbskhnqrmaex"
NUMBER = {field: number for number, field in enumerate(FIELDS)}
ANSWER = NUMBER["a"]  # from here on
TOLD_BY_WORD = "wcba"  # fields whose terms are words or characters, which may be light
LONGEST = 400  # characters of a question that are looked up
BODY = 2_000  # characters of an answer that are indexed


def wording(text: str, lexicon: Lexicon, hint: Iterable[str] = ()) -> dict[str, float]:
    """The terms of a question with how surely it holds each (1, less for short or only sounding mentions).

    `hint`: concepts it is about although it does not name them; they count half.
    """
    folded = fold(text)[:LONGEST]
    held = plain_terms(folded)
    out = dict.fromkeys(held, 1.0)
    mentions = lexicon.mentions(folded)
    named = {concept: 0.5 for concept in hint}
    for mention, sure in _sure(mentions):
        role = lexicon.concept(mention.concept).role
        if role:
            _raise(out, ("q" if role == "question" else "r") + mention.concept, 1.0)
            continue
        _raise(named, mention.concept, sure)
        _raise(out, f"n{'-' if mention.negated else '+'}{mention.concept}", sure)
    for concept, sure in named.items():
        _raise(out, "k" + concept, sure)
        _raise(out, "h" + concept, sure)
        for above in lexicon.broader(concept):
            _raise(out, "h" + above, 0.5 * sure)
    for concept, share in lexicon.meaning.weights(held, named).items():
        out["m" + concept] = share
    return out


def body(text: str, lexicon: Lexicon) -> dict[str, float]:
    """The terms of an answer."""
    folded = fold(text)[:BODY]
    held = plain_terms(folded)
    out = {"a" + term[1:]: 1.0 for term in held if term[0] == "w"}
    named: dict[str, float] = {}
    for mention, sure in _sure(lexicon.mentions(folded, sounding=False)):
        if not lexicon.concept(mention.concept).role:
            _raise(named, mention.concept, sure)
            _raise(out, "e" + mention.concept, sure)
    for concept, share in lexicon.meaning.weights(held, named).items():
        out["x" + concept] = share
    return out


def asked_of_answers(wanted: Mapping[str, float]) -> dict[str, float]:
    """The terms of a question as they would stand in an answer."""
    field = {"w": "a", "k": "e", "m": "x"}
    return {field[term[0]] + term[1:]: sure for term, sure in wanted.items() if term[0] in field}


def known(wanted: Mapping[str, float], lexicon: Lexicon) -> float:
    """The share of a question's words with content that the lexicon's expressions hold, 0…1.

    What the lexicon tells of the others' meaning is about the frame they stand in, not about them.
    """
    content = [term for term in wanted if term[0] == "w" and informative(term) == 1.0]
    return lexicon.meaning.known(content) / len(content) if content else 1.0


def _sure(mentions: Iterable[Mention]) -> Iterable[tuple[Mention, float]]:
    """Each mention with how surely its concept is meant: less for one or two characters, for a span that
    names several concepts, and for a mere homophone."""
    found = list(mentions)
    sharing = Counter((mention.start, mention.end) for mention in found)
    for mention in found:
        sure = min(1.0, (mention.end - mention.start) / 3) * (0.8 if mention.sounding else 1.0)
        yield mention, sure / sharing[mention.start, mention.end] ** 0.5


def _raise(out: dict[str, float], term: str, sure: float) -> None:
    if out.get(term, 0.0) < sure:
        out[term] = sure


def informative(term: str) -> float:
    """How much a term can tell before any base is seen, 0…1."""
    return weight(term[1:]) if term[0] in TOLD_BY_WORD else 1.0
