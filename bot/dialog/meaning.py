"""Which intent a message means, by the classifier and the cues together; which parts mean different ones."""

import math
import re
from itertools import islice

import msgspec

from bot.dialog import readings
from bot.dialog.flows import Flows
from bot.dialog.turn import Predicted, Turn
from knowledge.text import fold

# What one cue is worth beside the classifier, and what is left when the text has a cue against the intent.
# Chosen on the development dialogs: 0.5 … 0.8 and 0.2 … 0.5 made no difference beyond one turn.
CUE = 0.65
DENIED = 0.3
# What a prediction outside the classifier's scope still counts.
OUT_OF_SCOPE = 0.45

# The classifier's scope signal (0: its own threshold, set for losing at most two of a hundred) at which a
# text counts half: demo texts that begin an intent have 1.2 to 9, questions for knowledge and small talk -4
# to 3.
SCOPE_AT = 1.5
MAX_CLAUSES = 12

_CLAUSE = re.compile(
    r"[，。！？；,!?;\n]+|(?:还有|另外|顺便|然后|对了|以及|"
    r"[和跟](?=.{0,4}[改开查退换补])|再帮我|再给我|and also|also,)"
)
_ORDERING = re.compile(
    r"\s+|^(?:先|再|还|也|就|我?要|我?想|帮我|给我|麻烦|办|申请)+|(?:一下|吧|呗|啊|了|呀|哦)+$"
)
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
            strength = prediction.confidence * _belonging(prediction)
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


def _belonging(prediction: Predicted) -> float:
    """How much the text belongs to the intents at all. Among so few of them the best is always
    "confident"."""
    scope: float | None = getattr(prediction, "scope", None)
    if scope is None:
        return 1.0 if prediction.in_scope else OUT_OF_SCOPE
    return 1 / (1 + math.exp(SCOPE_AT - scope))


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


def parts(turn: Turn, flows: Flows) -> list[tuple[str, Turn]]:
    """The intents whose cues different clauses have, in the order of the text, each with the part of the
    message that is its own: its clause and those behind it without a cue. A number that only one part names
    is everybody's.
    """
    found: list[tuple[str, int, int]] = []
    begin = 0
    for end in (*_ends(turn.text), len(turn.text)):
        clause = turn.text[begin:end]
        cues = (
            {name: count for name, count in flows.cued(fold(clause)).items() if count > 0} if clause else {}
        )
        if not cues:
            cues = dict.fromkeys(_called(clause, flows), 1)
        if len(cues) == 1 and next(iter(cues)) not in {name for name, _, _ in found}:
            found.append((next(iter(cues)), begin, end))
        elif found:
            found[-1] = (*found[-1][:2], end)
        begin = end
    if found:
        found[0] = (found[0][0], 0, found[0][2])
    return [(name, _part(turn, start, end)) for name, start, end in found]


def _called(clause: str, flows: Flows) -> list[str]:
    """The intent a clause calls by its name and nothing more ("先退款", "开票吧")."""
    bare = _ORDERING.sub("", fold(clause))
    return [name for name in flows.names() if (flow := flows.get(name)) and bare in flow.words]


def _ends(text: str) -> list[int]:
    """Where the first clauses end; nobody wants more than a handful of things at once."""
    return [match.start() for match in islice(_CLAUSE.finditer(text), MAX_CLAUSES)]


def _part(turn: Turn, start: int, end: int) -> Turn:
    own = [entity for entity in turn.entities if start <= entity.start < end]
    kinds = {entity.type for entity in own}
    shared = [
        entity
        for entity in turn.entities
        if entity.type not in kinds and sum(other.type == entity.type for other in turn.entities) == 1
    ]
    text = turn.text[start:end]
    moved = [msgspec.structs.replace(one, start=one.start - start, end=one.end - start) for one in own]
    beyond = [msgspec.structs.replace(one, start=len(text), end=len(text)) for one in shared]
    return msgspec.structs.replace(turn, text=text, folded=fold(text), entities=[*moved, *beyond])
