"""What a visitor wants: intents learnt from an operator's own examples."""

from typing import TYPE_CHECKING, Any

from bot.intents.prediction import Prediction

if TYPE_CHECKING:
    from bot.intents.model import IntentModel

__all__ = ["IntentModel", "Prediction"]


def __getattr__(name: str) -> Any:
    """The model needs numpy and the lexicon, so it comes with the first who names it."""
    if name != "IntentModel":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from bot.intents.model import IntentModel

    return IntentModel
