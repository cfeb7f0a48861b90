"""Finding the entry that answers a question: one index for the bot, the console and the help page. Pure."""

from knowledge.search.entry import Entry, Hit
from knowledge.search.index import SearchIndex
from knowledge.search.passages import Passage, passages
from knowledge.search.ranking import ANSWER_AT, OFFER_AT

__all__ = ["ANSWER_AT", "OFFER_AT", "Entry", "Hit", "Passage", "SearchIndex", "passages"]
