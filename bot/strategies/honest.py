"""The last level: says that it does not know, once; then somebody else should. Pure."""

from __future__ import annotations

from bot import phrases
from bot.strategies.base import Answer, Context, HandOver, Strategy
from bot.strategies.parts import Parts


class Honest:
    """The level."""

    name = "honest"
    priority = 100

    def match(self, context: Context) -> Answer:
        """Always an answer: a picture is acknowledged, a first miss admitted, the next goes to people."""
        if context.asked.wordless:
            context.note(self.name, "wordless")
            return Answer(phrases.say("wordless", context.language), self.name, 0.0, "asked")
        misses = context.state.misses + 1
        context.note(self.name, "miss", misses=misses)
        state = context.state.changed(misses=misses)
        if misses >= context.asked.misses_to_people:
            return Answer(
                phrases.say("to_people_misses", context.language), self.name, 0.0, "handed",
                handover=HandOver("misses"), state=state.changed(misses=0),
            )  # fmt: skip
        return Answer(
            phrases.say("honest", context.language, misses - 1), self.name, 0.0, "honest", state=state
        )


def make(_parts: Parts) -> list[Strategy]:
    """The same for all."""
    return [Honest()]
