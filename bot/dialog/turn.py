"""One message as the dialog sees it, and what the dialog makes of it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from bot.dialog.state import EXPIRES_MS, DialogState
from bot.entities import Entity
from knowledge.search import ANSWER_AT


class Predicted(Protocol):
    """What the dialog reads of a classifier's prediction."""

    @property
    def intent(self) -> str: ...
    @property
    def confidence(self) -> float: ...
    @property
    def in_scope(self) -> bool: ...


class Turn(msgspec.Struct, frozen=True):
    """A message. `folded`: as compared; `faq`: score (0…1) of the best entry of knowledge for it;
    `faq_follows`: the same for the message joined to the last question ("那运费呢"); `anger`: 0…1; `now_ms`:
    since 1970; `knows_at`: from which score on knowledge answers; `memory_ms`: how long a talk is remembered.
    """

    text: str
    folded: str
    entities: Sequence[Entity] = ()
    prediction: Predicted | None = None
    faq: float = 0.0
    faq_follows: float = 0.0
    anger: float = 0.0
    now_ms: int = 0
    language: str = "zh"
    knows_at: float = ANSWER_AT
    memory_ms: int = EXPIRES_MS


class Step(msgspec.Struct, frozen=True):
    """What the dialog does. `state`: after it. `kind`:

    ask, confirm: the text asks for more (after what knowledge says to `query`, where there is one); done: the
    intent has all it needs, `action` (with `slots`) is to be called and `text` said when there is none;
    cancelled; handover: people take over (`reason`: asked, refused, misses, anger, intent); faq: knowledge
    answers (with `query`), then `text` (may be empty) reminds of what is still open; none: not for the
    dialog.

    `intent`: which intent this turn belongs to ("faq" and "none" for neither). `why`: for the trace.
    """

    state: DialogState
    kind: str
    intent: str
    text: str = ""
    slots: Mapping[str, str] = {}
    action: str = ""
    reason: str = ""
    query: str = ""
    why: str = ""
