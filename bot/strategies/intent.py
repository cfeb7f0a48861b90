"""Level 2: what the visitor wants done. Intent, entities and the state of the talk; see `bot.dialog`. Pure.

The dialog decides whose turn it is; a question in between is answered by knowledge, and the talk goes on
where it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from bot import phrases
from bot.dialog.flows import Flows
from bot.dialog.memory import follow_up, question
from bot.dialog.step import step
from bot.dialog.turn import Step, Turn
from bot.safety.sentiment import anger
from bot.strategies.base import ActionCall, Answer, Context, HandOver, Source, Strategy
from bot.strategies.knowledge import make as knowledge_levels
from bot.strategies.parts import Parts
from knowledge.search.entry import Hit

STANDS_ALONE: Final = 0.9
"""From when on a message that is short needs no question before it, and no second search (1 ms) is made."""
REASONS: Final = {
    "asked": "asked",
    "refused": "misses",
    "misses": "misses",
    "anger": "anger",
    "intent": "intent",
}


class Dialogs:
    """The level. `knowledge`: the levels asked for questions in between; `groups`: intent → group's id."""

    name = "intent"
    priority = 20

    def __init__(
        self, flows: Flows, knowledge: Sequence[Strategy], groups: Mapping[str, str] | None = None
    ) -> None:
        self._flows, self._knowledge, self._groups = flows, tuple(knowledge), groups or {}

    def match(self, context: Context) -> Answer | None:
        """What the dialog makes of the message."""
        asked = question(context.folded)
        direct = _best(context.hits(asked))
        follows = follow_up(context.state, asked) if direct < STANDS_ALONE else None
        turn = Turn(
            text=context.text,
            folded=context.folded,
            entities=context.entities,
            prediction=context.predict(),
            faq=direct,
            faq_follows=_best(self._following(context, asked, follows)) if follows else 0.0,
            anger=anger(context.text),
            now_ms=int(context.now.timestamp() * 1000),
            language=context.language,
            knows_at=context.asked.answers_at,
            memory_ms=context.asked.memory_ms,
        )
        made = step(context.state, turn, self._flows)
        prediction = turn.prediction
        context.note(
            self.name, made.kind, intent=made.intent, why=made.why, slots=dict(made.slots),
            predicted=prediction.intent if prediction else "",
            confidence=round(prediction.confidence, 3) if prediction else 0.0,
            in_scope=prediction.in_scope if prediction else False,
            entities=[msgspec.to_builtins(each) for each in context.entities],
        )  # fmt: skip
        context.state = made.state
        # What the levels behind ask knowledge: without "对了，顺便问一下", or joined to the question before.
        context.query = follows if follows and turn.faq_follows > turn.faq else asked
        return self._answer(context, made)

    def _following(self, context: Context, asked: str, joined: str) -> tuple[Hit, ...]:
        """What a follow-up asks: near the question before it and, by itself, something else."""
        before = set(context.state.last_topic)
        alone = {hit.id: hit.score for hit in context.hits(asked)}
        fresh = [hit for hit in context.hits(joined) if hit.id not in before]
        ranked = sorted(fresh, key=lambda hit: -(hit.score + alone.get(hit.id, 0.0)))
        if not ranked:
            return ()
        # Both together say it: what is near the talk's subject and named by the new words.
        best = msgspec.structs.replace(ranked[0], score=max(ranked[0].score, alone.get(ranked[0].id, 0.0)))
        context.keep_hits(joined, (best, *ranked[1:]))
        return (best, *ranked[1:])

    def _answer(self, context: Context, made: Step) -> Answer | None:
        sure = 1.0
        match made.kind:
            case "ask" | "confirm":
                if made.query and (both := self._told_first(context, made)) is not None:
                    return both
                return Answer(made.text, self.name, sure, "asked", state=made.state, intent=made.intent)
            case "done":
                return self._done(made)
            case "cancelled":
                return Answer(made.text, self.name, sure, state=made.state, intent=made.intent)
            case "handover":
                reason = REASONS.get(made.reason, made.reason)
                text = made.text or phrases.say(
                    "to_people_anger" if reason == "anger" else "to_people", context.language
                )
                over = HandOver(reason, self._groups.get(made.intent))
                return Answer(
                    text, self.name, sure, "handed", handover=over, state=made.state, intent=made.intent
                )
            case "faq":
                return self._between(context, made)
        if made.text:
            return Answer(made.text, self.name, sure, state=made.state)
        return None

    def _told_first(self, context: Context, made: Step) -> Answer | None:
        """What knowledge says, then the question for what the intent needs; None when it has no answer."""
        for level in self._knowledge:
            answer = level.match(context)
            if answer is not None:
                break
        else:
            return None
        if answer.outcome != "answered":
            return None
        text = f"{answer.text}\n\n{made.text}"
        return msgspec.structs.replace(
            answer, text=text, outcome="asked", state=made.state, intent=made.intent
        )

    def _done(self, made: Step) -> Answer:
        if not made.action:
            source = Source("intent", made.intent, made.intent)
            return Answer(made.text, self.name, sources=(source,), state=made.state, intent=made.intent)
        # After what the endpoint says, what was set aside goes on; its reminder is behind the first break.
        rest = made.text.partition("\n\n")[2] if made.state.intent else ""
        call = ActionCall(made.action, made.intent, dict(made.slots), rest)
        return Answer("", self.name, state=made.state, intent=made.intent, action=call)

    def _between(self, context: Context, made: Step) -> Answer | None:
        for level in self._knowledge:
            answer = level.match(context)
            if answer is not None:
                break
        else:
            return None
        if not made.text:
            return answer
        return msgspec.structs.replace(answer, text=f"{answer.text}\n\n{made.text}")


def _best(hits: Sequence[Hit]) -> float:
    return hits[0].score if hits else 0.0


def make(parts: Parts) -> list[Strategy]:
    """What the site's visitors may want done; knowledge answers what they ask in between."""
    return [Dialogs(parts.flows, knowledge_levels(parts), parts.groups)]
