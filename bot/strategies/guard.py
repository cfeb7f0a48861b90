"""Before all levels: who should not talk to a machine at all: important visitors, angry ones, risk words."""

from __future__ import annotations

from bot import phrases
from bot.safety.sensitive import Sensitive
from bot.safety.sentiment import anger
from bot.strategies.base import Answer, Context, HandOver, Strategy
from bot.strategies.parts import Parts

ANGRY = 0.7
"""From this on somebody is angry, not merely in a hurry (docs/bot.md has what it gives)."""


class Guard:
    """The level. `sensitive`: the risk words of all sites; a word's site is checked here."""

    name = "guard"
    priority = 0

    def __init__(self, sensitive: Sensitive) -> None:
        self._sensitive = sensitive

    def match(self, context: Context) -> Answer | None:
        """To people, with the reason; None for everybody else."""
        asked = context.asked
        priority = int(context.visitor.get("priority") or 0)
        if asked.vip_priority is not None and priority >= asked.vip_priority:
            context.note(self.name, "vip", priority=priority)
            return self._over(context, "vip", "to_people")
        if asked.anger_to_people:
            mood = anger(context.text)
            context.note(self.name, "angry" if mood >= ANGRY else "calm", anger=round(mood, 2))
            if mood >= ANGRY:
                return self._over(context, "anger", "to_people_anger")
        for word in self._sensitive.find(context.folded, context.site):
            if word.to_people:
                context.note(self.name, "sensitive", category=word.category)
                return self._over(context, "sensitive", "to_people")
        return None

    def _over(self, context: Context, reason: str, phrase: str) -> Answer:
        return Answer(
            phrases.say(phrase, context.language), self.name, 1.0, "handed", handover=HandOver(reason)
        )


def make(parts: Parts) -> list[Strategy]:
    """The site's."""
    return [Guard(parts.sensitive)]
