"""English stems by Porter's algorithm (M. F. Porter, "An algorithm for suffix stripping", Program 14/3,
1980)."""

from functools import lru_cache
from itertools import pairwise

# fmt: off
_IRREGULAR = {
    "got": "get", "gotten": "get", "went": "go", "gone": "go", "sent": "send", "paid": "pay",
    "bought": "buy", "broke": "break", "broken": "break", "lost": "lose", "came": "come",
    "took": "take", "taken": "take", "gave": "give", "given": "give", "made": "make", "did": "do",
    "done": "do", "does": "do", "was": "be", "were": "be", "is": "be", "are": "be", "am": "be",
    "been": "be", "has": "have", "had": "have", "said": "say", "told": "tell", "found": "find",
    "left": "leave", "kept": "keep", "forgot": "forget", "forgotten": "forget", "chose": "choose",
    "chosen": "choose", "stolen": "steal", "stole": "steal", "arrival": "arrive",
    "delivery": "deliver", "deliveries": "deliver", "children": "child", "men": "man",
    "women": "woman",
}
# fmt: on
# fmt: off
_STEP2 = (
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"),
    ("abli", "able"), ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"),
    ("ization", "ize"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"), ("iveness", "ive"),
    ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble"),
)
# fmt: on
_STEP3 = (
    ("icate", "ic"),
    ("ative", ""),
    ("alize", "al"),
    ("iciti", "ic"),
    ("ical", "ic"),
    ("ful", ""),
    ("ness", ""),
)
# fmt: off
_STEP4 = (
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ou", "ism",
    "ate", "iti", "ous", "ive", "ize",
)
# fmt: on


def _consonant(word: str, place: int) -> bool:
    letter = word[place]
    if letter in "aeiou":
        return False
    return letter != "y" or place == 0 or not _consonant(word, place - 1)


def _measure(word: str) -> int:
    """How often a vowel is followed by a consonant: Porter's m."""
    kinds = [_consonant(word, place) for place in range(len(word))]
    return sum(1 for before, now in pairwise(kinds) if now and not before)


def _vowel(word: str) -> bool:
    return any(not _consonant(word, place) for place in range(len(word)))


def _double(word: str) -> bool:
    return len(word) > 1 and word[-1] == word[-2] and _consonant(word, len(word) - 1)


def _cvc(word: str) -> bool:
    end = len(word) - 1
    return (
        end >= 2
        and _consonant(word, end)
        and not _consonant(word, end - 1)
        and _consonant(word, end - 2)
        and word[end] not in "wxy"
    )


def _plural(word: str) -> str:
    if word.endswith("sses"):
        return word[:-2]
    if word.endswith("ies"):
        return word[:-2]
    if word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


def _past(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    for suffix in ("ed", "ing"):
        if word.endswith(suffix) and _vowel(word[: -len(suffix)]):
            word = word[: -len(suffix)]
            if word.endswith(("at", "bl", "iz")):
                return word + "e"
            if _double(word) and word[-1] not in "lsz":
                return word[:-1]
            return word + "e" if _measure(word) == 1 and _cvc(word) else word
    return word


def _replace(word: str, pairs: tuple[tuple[str, str], ...]) -> str:
    for suffix, new in pairs:
        if word.endswith(suffix):
            head = word[: -len(suffix)]
            return head + new if _measure(head) > 0 else word
    return word


def _residue(word: str) -> str:
    if word.endswith("ion") and len(word) > 3 and word[-4] in "st" and _measure(word[:-3]) > 1:
        return word[:-3]
    for suffix in sorted(_STEP4, key=len, reverse=True):
        if word.endswith(suffix):
            return word[: -len(suffix)] if _measure(word[: -len(suffix)]) > 1 else word
    return word


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """The stem of a lower-case English word; irregular forms of service talk become their present ("sent",
    "send")."""
    word = _IRREGULAR.get(word, word)
    if len(word) <= 2 or not word.isascii():
        return word
    word = _past(_plural(word))
    if word.endswith("y") and _vowel(word[:-1]):
        word = word[:-1] + "i"
    word = _residue(_replace(_replace(word, _STEP2), _STEP3))
    if word.endswith("e"):
        measure = _measure(word[:-1])
        if measure > 1 or (measure == 1 and not _cvc(word[:-1])):
            word = word[:-1]
    return word[:-1] if _measure(word) > 1 and _double(word) and word[-1] == "l" else word
