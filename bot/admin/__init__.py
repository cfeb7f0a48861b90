"""The back office of the bot: what operators teach it, what it learnt, why it answered, and a playground.

The same rights as for knowledge: a superuser everywhere, an administrator of some sites for those.
"""

from bot.admin import answered, endpoints, engines, entities, intents, rules, settings

__all__ = ("answered", "endpoints", "engines", "entities", "intents", "rules", "settings")
