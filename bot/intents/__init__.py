"""What a visitor wants: intents learnt from an operator's own examples."""

from bot.intents.model import IntentModel, Prediction

__all__ = ["IntentModel", "Prediction"]
