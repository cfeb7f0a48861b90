"""Whether a message wants an intent done, or to know something: one scale for the intent and for knowledge.
Pure.

"退款多久到账" and "我要退款" share their words; their form tells them apart. A question asks how things are
in general, unless it is about the visitor's own affair or names a number; a wish wants something done, but
not the wish of somebody else that the message tells of.
"""

import math
import re
from typing import Final

from bot.dialog import readings
from bot.dialog.meaning import Meant, personal
from bot.dialog.turn import Turn

# A logistic regression over 545 examples of the demo's intents (each judged by a model that had not seen it)
# and 262 questions for knowledge or for nobody, where both sides count the same; docs/bot/dialogs.md has what
# it gave. Strength and what knows best count by their logits, strength no more than that of SUREST.
_STRENGTH: Final = 1.0
_CUED: Final = 0.4
_KNOWN: Final = -0.2
_WISH: Final = 0.45
_ASKS: Final = -2.0
_PERSONAL: Final = 1.5
_NUMBER: Final = 1.5
_BIAS: Final = -0.7
SUREST: Final = 0.9
# An intent begins when it is wanted so likely: more where knowledge has an answer.
WANTED: Final = 0.35
WANTED_MORE: Final = 0.45
# Guesses weaker than these are none: the former where cue, wish or own affair stand beside the classifier.
LEAST: Final = 0.4
LEAST_ALONE: Final = 0.5
# Up to here, and where the classifier alone guesses an intent although knowledge is this sure, a message that
# is no wish gets both: what knowledge says, then the question for what is missing.
ALONE: Final = 0.88
SURE: Final = 0.85

_NUMBERS: Final = {"order_id", "tracking_no", "phone"}
_WISHES: Final = re.compile(
    r"帮(?:我|忙|下)|给我|替我|麻烦|请(?!问)|我要|我想(?!问|知道|了解|请问)|想要|我需要|赶紧|快点|"
    r"^(?:要|想|申请|取消|退|改|换|开|补|查|催)|"
    r"\b(?:please|pls|i want|i'd like|i need|i would like|give me|let me|can you|could you|help me)\b|"
    r"^(?:refund|return|cancel|change|update|track|check|find|look|issue|send|open|start|process|deliver)\b"
)
_REPORTS: Final = re.compile(
    r"(?:有人|有个人|对方|陌生|自称|冒充|假冒|骗子|可疑|诈骗).{0,14}(?:说|让|叫|要|发|称|链接|转账|验证码|加)|"
    r"\b(?:someone|somebody|a (?:man|woman|stranger|caller)) "
    r"(?:called|says?|said|claim(?:s|ed|ing)|asked|texted|is asking|wants)"
)
_INVERTED: Final = re.compile(
    r"^(?:am|is|are|was|were|do|does|did|has|have|can|could|will|would|should|may|must) "
)


def begins(means: Meant, turn: Turn) -> bool:
    """Whether the intent begins, where none is being served."""
    beside = means.cued or personal(turn) or wishes(turn.folded)
    if means.strength < (LEAST if beside else LEAST_ALONE):
        return False
    return wanted(means, turn) >= (WANTED_MORE if _known(turn) >= turn.knows_at else WANTED)


def told_first(means: Meant, turn: Turn) -> bool:
    """Whether knowledge speaks before the intent asks for what it needs: "物流三天没动了" is explained, and
    looked up."""
    knows = _known(turn)
    if knows < turn.knows_at or _numbered(turn) or wishes(turn.folded):
        return False
    return wanted(means, turn) < ALONE or (knows >= SURE and not means.cued)


def wanted(means: Meant, turn: Turn) -> float:
    """How likely the visitor wants the intent done, 0…1."""
    folded = turn.folded
    told = reports(folded)
    asks = told or readings.asks(folded) or bool(_INVERTED.search(folded))
    points = (
        _BIAS
        + _STRENGTH * _logit(min(means.strength, SUREST))
        + _KNOWN * _logit(_known(turn))
        + _CUED * means.cued
        + _WISH * (wishes(folded) and not told)
        + _ASKS * asks
        + _PERSONAL * (personal(turn) and not told)
        + _NUMBER * _numbered(turn)
    )
    return 1 / (1 + math.exp(-points))


def wishes(folded: str) -> bool:
    """A wish or an order by its form ("帮我…", "我要…", "please …")."""
    return bool(_WISHES.search(folded))


def reports(folded: str) -> bool:
    """What somebody else said or wants ("有人打电话说要给我退款"): no wish of the visitor's."""
    return bool(_REPORTS.search(folded))


def _known(turn: Turn) -> float:
    return max(turn.faq, turn.faq_follows)


def _numbered(turn: Turn) -> bool:
    return any(entity.type in _NUMBERS for entity in turn.entities)


def _logit(share: float) -> float:
    kept = min(max(share, 0.05), 0.95)
    return math.log(kept / (1 - kept))
