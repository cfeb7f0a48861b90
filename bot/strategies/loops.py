"""Before the levels that answer: a talk that goes round in circles, as with a machine at the other end. Pure.

An automatic reply that is answered is answered again, without end, unless somebody stops. A person who asks
the same for the third time and got the same twice needs a person, too.
"""

from __future__ import annotations

from typing import Final

from bot import phrases
from bot.strategies.base import Answer, Context, HandOver, Said, Strategy
from bot.strategies.parts import Parts
from knowledge.text import fold

TWICE: Final = 2
"""How often the very same exchange may stand in the talk before the same words again are a circle."""
MOST_TURNS: Final = 40
"""Turns of one talk with the bot: circles that are not the same words end here. Whoever is not helped after
so many needs somebody else."""


class Loops:
    """The level."""

    name = "loops"
    priority = 5

    def match(self, context: Context) -> Answer | None:
        """To people, once; None as long as the talk gets anywhere."""
        turns = context.state.turns
        if turns < MOST_TURNS and not goes_round(context.folded, context.history):
            return None
        context.note(self.name, "circle", turns=turns)
        text = phrases.say("to_people_misses", context.language)
        return Answer(
            text, self.name, 1.0, "handed", handover=HandOver("loop"), state=context.state.changed(turns=0)
        )


def goes_round(folded: str, history: tuple[Said, ...]) -> bool:
    """Whether the visitor says again what was said and answered in the same way twice in a row before, or has
    said nothing but the bot's own words back, as often.
    """
    if not folded:
        return False
    said = [(each.by, fold(each.text)) for each in history if each.by != "agent"]
    exchanges = list(zip(said[-2::-2], said[-1::-2], strict=False))[:TWICE]
    if len(exchanges) < TWICE:
        return False
    if any((asked[0], answered[0]) != ("visitor", "bot") for asked, answered in exchanges):
        return False
    asked, answers = {one[1] for one, _ in exchanges}, {one[1] for _, one in exchanges}
    if asked == {folded} and len(answers) == 1:
        return True
    # What the bot said last, then said back, and what it said before that, too.
    return folded == exchanges[0][1][1] and exchanges[0][0][1] == exchanges[1][1][1]


def make(_parts: Parts) -> list[Strategy]:
    """The same for all."""
    return [Loops()]
