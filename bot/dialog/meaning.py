"""Which intent a message means, by the classifier and the cues together; which parts mean different ones."""

import re

import msgspec

from bot.dialog import readings
from bot.dialog.flows import Flows
from bot.dialog.turn import Turn

# What one cue is worth beside the classifier, and what is left when the text has a cue against the intent.
# Chosen on the development dialogs: 0.5 … 0.8 and 0.2 … 0.5 made no difference beyond one turn.
CUE = 0.65
DENIED = 0.3
# What a prediction outside the classifier's scope still counts.
OUT_OF_SCOPE = 0.45

_CLAUSE = re.compile(r"[，。！？；,!?;\n]+|(?:还有|另外|顺便|然后|对了|以及|再帮我|再给我|and also|also,)")
_PERSONAL = re.compile(
    r"我(?:的|那|这|买|下|拍|订|要|想|们公司|在)|帮我|给我|替我|这单|那单|这个订单|我要|\bmy\b|\bi\b|麻烦|请你|帮忙"
)


class Meant(msgspec.Struct, frozen=True):
    """An intent and how sure it is meant (0…1); `cued`: words of its own say so."""

    intent: str
    strength: float
    cued: bool


def meant(turn: Turn, flows: Flows) -> Meant | None:
    """The intent the message means most; None when nothing points to any."""
    best: Meant | None = None
    cues = flows.cued(turn.folded)
    prediction = turn.prediction
    for name in flows.names():
        strength = 0.0
        if prediction is not None and prediction.intent == name:
            strength = prediction.confidence * (1.0 if prediction.in_scope else OUT_OF_SCOPE)
        count = cues.get(name, 0)
        if count > 0:
            strength += (1 - strength) * CUE
            if count > 1:
                strength += (1 - strength) * 0.3
        elif count < 0:
            strength *= DENIED
        if strength > 0 and (best is None or strength > best.strength):
            best = Meant(name, strength, count > 0)
    return best


def knowledge(turn: Turn) -> float:
    """How sure the message asks what knowledge answers."""
    score = max(turn.faq, turn.faq_follows)
    if readings.asks(turn.folded):
        return score
    # A statement rarely asks: "我要退款" is near "怎么退款" by its words.
    return score * 0.75


def personal(turn: Turn) -> bool:
    """Whether the message is about the visitor's own affair rather than how things are in general."""
    return bool(_PERSONAL.search(turn.folded)) or any(
        entity.type in {"order_id", "tracking_no"} for entity in turn.entities
    )


def parts(turn: Turn, flows: Flows) -> list[str]:
    """The intents whose cues different clauses have, in the order of the text; one clause has one at most."""
    found: list[str] = []
    for clause in _CLAUSE.split(turn.folded):
        cues = {name: count for name, count in flows.cued(clause).items() if count > 0} if clause else {}
        if len(cues) == 1:
            (name,) = cues
            if name not in found:
                found.append(name)
    return found
