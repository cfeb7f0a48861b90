"""Schema and constraints of the bot room: what operators teach, what is under way, what was answered."""

from bot.models.engines import LanguageModel, RemoteEngine, TrainedModel
from bot.models.intents import Endpoint, EntityList, EntityPattern, Example, Intent, Slot
from bot.models.memory import Answered, Brief, Dialog, Outcome, Turn
from bot.models.rules import Rule, RuleKind, SensitiveCategory, SensitiveWord
from bot.models.settings import BotSettings, ConfigVersion

__all__ = [
    "Answered",
    "BotSettings",
    "Brief",
    "ConfigVersion",
    "Dialog",
    "Endpoint",
    "EntityList",
    "EntityPattern",
    "Example",
    "Intent",
    "LanguageModel",
    "Outcome",
    "RemoteEngine",
    "Rule",
    "RuleKind",
    "SensitiveCategory",
    "SensitiveWord",
    "Slot",
    "TrainedModel",
    "Turn",
]
