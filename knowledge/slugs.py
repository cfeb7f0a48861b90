"""Addresses made of words: pinyin and Latin words with hyphens. Pure."""

from __future__ import annotations

import re
from collections.abc import Container
from itertools import count
from typing import Final

from knowledge.text import fold, syllables

LONGEST: Final = 60
_OTHER: Final = re.compile(r"[^a-z0-9]+")


def slug_of(text: str) -> str:
    """ "怎么退货？" is "zen-me-tui-huo". Never empty, at most `LONGEST` characters, cut at a hyphen."""
    slug = _OTHER.sub("-", " ".join(syllables(fold(text))).lower()).strip("-")
    if len(slug) > LONGEST:
        slug = slug[:LONGEST].rpartition("-")[0] or slug[:LONGEST]
    return slug or "x"


def free_slug(text: str, taken: Container[str]) -> str:
    """The slug, with a number behind it when it is taken."""
    slug = slug_of(text)
    if slug not in taken:
        return slug
    return next(one for one in (f"{slug}-{number}" for number in count(2)) if one not in taken)
