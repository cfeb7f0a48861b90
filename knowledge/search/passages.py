"""Articles cut into passages: what a visitor is shown of an article, and what is found of it."""

import re

import msgspec

LONGEST = 400  # characters

_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*$")
_FENCE = re.compile(r"\s*(?:```|~~~)")
_SENTENCE = re.compile(r"(?<=[。！？!?；;\n])|(?<=\.)\s")


class Passage(msgspec.Struct, frozen=True):
    """A part of an article. `headings`: those it stands under, outermost first; `text`: Markdown, ≤ 400
    characters."""

    headings: tuple[str, ...]
    text: str


def passages(markdown: str, longest: int = LONGEST) -> list[Passage]:
    """The passages of a Markdown text in order: cut at headings, then at paragraphs, then at sentences.

    Neighbouring paragraphs of one section share a passage as long as they fit; a heading without text makes
    none.
    """
    out: list[Passage] = []
    path: list[tuple[int, str]] = []
    block: list[str] = []
    fenced = False

    def close() -> None:
        headings = tuple(title for _, title in path)
        out.extend(Passage(headings, text) for text in _packed("\n".join(block), longest))
        block.clear()

    for line in markdown.splitlines():
        if _FENCE.match(line):
            fenced = not fenced
        heading = None if fenced else _HEADING.match(line)
        if heading is None:
            block.append(line)
            continue
        close()
        depth = len(heading[1])
        path = [(level, title) for level, title in path if level < depth]
        path.append((depth, heading[2]))
    close()
    return out


def _packed(text: str, longest: int) -> list[str]:
    out: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text):
        whole = paragraph.strip()
        if not whole:
            continue
        for piece in [whole] if len(whole) <= longest else _cut(whole, longest):
            if out and len(out[-1]) + 2 + len(piece) <= longest:
                out[-1] = f"{out[-1]}\n\n{piece}"
            else:
                out.append(piece)
    return out


def _cut(paragraph: str, longest: int) -> list[str]:
    """A long paragraph at the ends of its sentences, and a sentence without end by length."""
    out: list[str] = []
    for sentence in filter(None, _SENTENCE.split(paragraph)):
        for start in range(0, len(sentence), longest):
            piece = sentence[start : start + longest]
            if out and len(out[-1]) + len(piece) <= longest:
                out[-1] += piece
            else:
                out.append(piece)
    return [piece.strip() for piece in out if piece.strip()]
