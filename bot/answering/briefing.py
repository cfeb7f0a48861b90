"""What a person gets with a talk that the bot hands over: a summary, what is known, what was tried. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.safety.sentiment import anger
from bot.strategies.base import Answer, Context

LONGEST: Final = 160
"""Characters of a message in the summary; a person reads it while the visitor waits."""
ANGRY: Final = 0.7
UPSET: Final = 0.3


def brief_of(context: Context, answer: Answer) -> Mapping[str, Any]:
    """`chat.protocol.commands.Brief` as a mapping."""
    state = context.state
    asked = [said.text for said in context.history if said.by == "visitor"]
    wanted = [*asked[-2:], context.text]
    lines = [_short(text) for text in wanted if text.strip()]
    slots = dict(state.slots or state.last_slots)
    slots |= {entity.type: entity.normalized for entity in context.entities if entity.type not in slots}
    mood = anger(context.text)
    return {
        "summary": "\n".join(lines),
        "intent": state.intent or state.last_intent or answer.intent,
        "slots": slots,
        "tried": [
            {
                "level": step.level,
                "text": tried_of(step.detail),
                "confidence": float(step.detail.get("score", 0.0)),
            }
            for step in context.trace
            if step.verdict not in ("none", "calm", "matched")
        ][:6],
        "mood": "angry" if mood >= ANGRY else "upset" if mood >= UPSET else "calm",
    }


def tried_of(detail: Mapping[str, Any]) -> str:
    """What a level came to, in a few words."""
    hits = detail.get("hits")
    if hits:
        return str(hits[0].get("matched", ""))[:LONGEST]
    return str(detail.get("why") or detail.get("intent") or detail.get("category") or "")[:LONGEST]


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
