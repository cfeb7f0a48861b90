"""jieba's dictionary of Chinese words: 33 MB and 0.1 s, so it is loaded by the first text that needs it, and
once for the whole process. A process that never compares texts (a web server whose workers answer) is spared.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache


def cut(text: str) -> list[str]:
    """`text` in words, as jieba cuts it (with its model for unknown words)."""
    return _loaded()[0](text)


def is_word(text: str) -> bool:
    """Whether the dictionary has exactly this word."""
    return _loaded()[1](text)


@cache
def _loaded() -> tuple[Callable[[str], list[str]], Callable[[str], bool]]:
    import rjieba

    # The module's own instance: another would hold the dictionary a second time.
    return rjieba.cut, rjieba.has_word
