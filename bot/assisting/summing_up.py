"""What an agent has to know of a talk before the first word: the brief of a hand-over, or one made now."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec
from django.conf import settings

from bot.answering.briefing import ANGRY, UPSET
from bot.answering.bundle import current
from bot.assisting.looking import View, asked_of, look
from bot.assisting.summary import LONGEST, summarise
from bot.models import Brief
from bot.safety.sentiment import anger
from chat.conversation import Participant
from chat.protocol.entry import now_ms

MOODS: Final = ("calm", "upset", "angry")


class Summary(msgspec.Struct, frozen=True):
    """`made`: handover (the bot's own brief, nothing came since) or now; `reason`: why the bot handed over,
    empty when it did not; `mood`: calm, upset, angry; `last_reply`: what was said last from this side; `at`:
    of which moment it is, in ms.
    """

    made: str
    summary: str
    reason: str = ""
    intent: str = ""
    slots: dict[str, str] = {}
    tried: list[dict[str, Any]] = []
    mood: str = "calm"
    last_reply: str = ""
    at: int = 0


def sum_up(conversation: str, who: Participant) -> Summary:
    """The talk as of now. Raises `not_found` for strangers."""
    view = look(conversation, who)
    brief = Brief.objects.filter(pk=UUID(conversation)).first()
    reply = next((said.text for said in reversed(view.words) if said.by != "visitor"), "")[:LONGEST]
    if brief is not None and view.asked_at <= brief.at_ms:
        return Summary(
            "handover", brief.summary, brief.reason, brief.intent, brief.slots, brief.tried, brief.mood,
            reply, brief.at_ms,
        )  # fmt: skip
    intent, slots = _meant(view)
    mood = max((anger(said.text) for said in view.words if said.by == "visitor"), default=0.0)
    return Summary(
        "now",
        summarise(view.words),
        brief.reason if brief is not None else "",
        intent or (brief.intent if brief is not None else ""),
        {**(brief.slots if brief is not None else {}), **slots},
        brief.tried if brief is not None else [],
        "angry" if mood >= ANGRY else "upset" if mood >= UPSET else "calm",
        reply,
        now_ms(),
    )


def _meant(view: View) -> tuple[str, dict[str, str]]:
    """What the visitor wants done, and what is known for it: the bot's memory and all that was written."""
    if not settings.KEFU_BOT or not view.question.strip():
        return "", {}
    asked = asked_of(view, "\n".join(said.text for said in view.words if said.by == "visitor")[-2_000:])
    engine = current(view.talk.conversation, asked.site)
    read = engine.context(asked)
    slots = {entity.type: entity.normalized for entity in read.entities}
    state = asked.state
    slots |= state.slots or state.last_slots
    if state.intent or state.last_intent:
        return state.intent or state.last_intent, slots
    prediction = engine.context(asked_of(view, view.question)).predict()
    return (prediction.intent if prediction is not None and prediction.in_scope else ""), slots
