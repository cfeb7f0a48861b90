"""Text as search and recognition compare it: folded, cut into words, spelt by sound. Pure, for Chinese and
English."""

from knowledge.text.fold import Folded, fold, fold_with_origin
from knowledge.text.grams import grams
from knowledge.text.pinyin import sound, sounds, syllables
from knowledge.text.words import stem, words

__all__ = ["Folded", "fold", "fold_with_origin", "grams", "sound", "sounds", "stem", "syllables", "words"]
