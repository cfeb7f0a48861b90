"""Finding the entry that answers a question: one index for the bot, the console and the help page. Pure."""

from typing import TYPE_CHECKING, Any

from knowledge.search.entry import ANSWER_AT, OFFER_AT, Entry, Hit
from knowledge.search.passages import Passage, passages

if TYPE_CHECKING:
    from knowledge.search.index import SearchIndex

__all__ = ["ANSWER_AT", "OFFER_AT", "Entry", "Hit", "Passage", "SearchIndex", "passages"]


def __getattr__(name: str) -> Any:
    """The index brings 17 MB of libraries, so it comes with the first who names it."""
    if name != "SearchIndex":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from knowledge.search.index import SearchIndex

    return SearchIndex
