"""What an answer has beside its words, as one cell or comment holds it: links and pictures as in Markdown, a
card as JSON. Pure.

No two hyphens stand together in what is written, so that it fits into a comment of a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from django.utils.translation import gettext as _

MOST: Final = 20
MAX_CARD: Final = 8_000
_LINK: Final = re.compile(r"!?\[([^\[\]]{0,200})\]\(([^()\s]{1,1000})\)")
_ADDRESS: Final = re.compile(r"(?:https?://|mailto:|tel:|/)\S*\Z")
_BRACKETS: Final = str.maketrans("[]", "()")

Pairs = tuple[tuple[str, str], ...]


def links_to(rows: Iterable[Mapping[str, str]], word: str = "title") -> str:
    """Rows such as {"title", "url"}, one a line; `word`: the key of what is read.

    >>> links_to([{"title": "订单", "url": "/orders"}])
    '[订单](/orders)'
    """
    found = []
    for row in rows:
        text = " ".join(row.get(word, "").translate(_BRACKETS).replace("--", "- -").split())
        url = row.get("url", "").replace("(", "%28").replace(")", "%29").replace("--", "-%2D")
        found.append(f"{'!' if word == 'alt' else ''}[{text}]({url})")
    return "\n".join(found)


def links_of(text: str, word: str = "title") -> list[dict[str, str]]:
    """The reverse. Raises `ValueError` for what is no link, with a sentence for people."""
    rest = _LINK.sub("", text).strip()
    rows = [{word: title.strip(), "url": url} for title, url in _LINK.findall(text)]
    wrong = rest or next((row["url"] for row in rows if not _ADDRESS.match(row["url"])), "")
    if wrong:
        raise ValueError(_("“%(text)s” is no link such as [words](https://…).") % {"text": wrong[:60]})
    if len(rows) > MOST:
        raise ValueError(_("An answer has at most %(count)d links.") % {"count": MOST})
    return rows


def card_to(card: Mapping[str, Any] | None) -> str:
    """A card as JSON in one line; "" for none."""
    return msgspec.json.encode(card).decode().replace("--", "-\\u002d") if card else ""


def card_of(text: str) -> dict[str, Any] | None:
    """The reverse. Raises `ValueError`, with a sentence for people."""
    if not text.strip():
        return None
    try:
        if len(text) > MAX_CARD:
            raise ValueError
        card: dict[str, Any] = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise ValueError(_("“%(text)s” is no card such as {“title”: …}.") % {"text": text[:60]}) from None
    return card or None
