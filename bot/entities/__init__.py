"""What a message names: numbers, days, sums, addresses and the operator's own things. Pure."""

from bot.entities.entity import MAX_LENGTH, Entity
from bot.entities.extract import extract
from bot.entities.lists import EntityLists, ListItem, PatternError

__all__ = ["MAX_LENGTH", "Entity", "EntityLists", "ListItem", "PatternError", "extract"]
