"""What of a text can be compared by letter or by sound. One letter before a term names its field."""

from knowledge.text.common import weight
from knowledge.text.fold import is_han
from knowledge.text.grams import pieces
from knowledge.text.pinyin import sounds
from knowledge.text.words import words


def terms(folded: str) -> list[str]:
    """The terms of a folded text, each once: w words, c Chinese characters, b pairs of them (English:
    triples of letters, with ^ and $ where the word ends), s pairs of sounds.
    """
    out: dict[str, None] = dict.fromkeys(["w" + word for word in words(folded)])
    for piece in pieces(folded):
        if is_han(piece[0]):
            out.update(dict.fromkeys(["c" + character for character in piece]))
            heard = sounds(piece)
            known = len(heard) == len(piece)
            for at in range(len(piece) - 1):
                pair = piece[at : at + 2]
                out["b" + pair] = None
                if known and weight(pair) == 1.0:
                    out[f"s{heard[at]} {heard[at + 1]}"] = None
        elif piece[0].isalpha() and len(piece) > 3:
            framed = f"^{piece}$"
            out.update(dict.fromkeys(["b" + framed[at : at + 3] for at in range(len(framed) - 2)]))
    return list(out)
