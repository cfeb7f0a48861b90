"""What service talk means: concepts of customer service and the expressions that name them. Pure."""

from knowledge.lexicon.loading import BadLexicon, Concept
from knowledge.lexicon.matching import Lexicon, Mention

__all__ = ["BadLexicon", "Concept", "Lexicon", "Mention"]
