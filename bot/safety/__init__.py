"""What a machine must notice before it speaks and must not pass on: risk words, anger, personal data."""

from bot.safety.privacy import mask
from bot.safety.sensitive import RiskWord, Sensitive
from bot.safety.sentiment import anger

__all__ = ["RiskWord", "Sensitive", "anger", "mask"]
