"""A talk in a few lines of its own: the sentences that say the most that is new. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.strategies.base import Said
from knowledge.text import fold, words

LINES: Final = 5
LONGEST: Final = 160
"""Characters of a line; who reads it has somebody waiting."""
NEWS: Final = 2
"""Words a line must add to those chosen before: thanks and greetings add none."""
_SMALL: Final = frozenset(
    (
        *(
            "你好",
            "您好",
            "请问",
            "谢谢",
            "好的",
            "嗯",
            "哦",
            "在吗",
            "的",
            "了",
            "吗",
            "呢",
            "吧",
            "啊",
            "我",
            "你",
            "您",
        ),
        *(
            "是",
            "有",
            "在",
            "hi",
            "hello",
            "thank",
            "please",
            "ok",
            "yes",
            "no",
            "the",
            "a",
            "i",
            "you",
            "to",
        ),
        *("is", "it", "of", "and"),
    )
)


def summarise(said: Sequence[Said], lines: int = LINES) -> str:
    """The visitor's lines that tell the most, in their order, one a line; the newest one is always among
    them. Empty for a talk without words.

    >>> summarise([Said("visitor", "在吗"), Said("visitor", "茶壶碎了想退款"), Said("visitor", "茶壶碎了")])
    '茶壶碎了想退款\\n茶壶碎了'
    """
    texts = [" ".join(each.text.split()) for each in said if each.by == "visitor" and each.text.strip()]
    if not texts:
        return ""
    contents = [set(words(fold(text))) - _SMALL for text in texts]
    chosen = {len(texts) - 1}
    known = set(contents[-1])
    while len(chosen) < min(lines, len(texts)):
        news = {at: len(contents[at] - known) for at in range(len(texts)) if at not in chosen}
        at = max(news, key=lambda place: (news[place], -place))
        if news[at] < (NEWS if known else 1):
            break
        chosen.add(at)
        known |= contents[at]
    return "\n".join(_short(texts[at]) for at in sorted(chosen))


def _short(line: str) -> str:
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
