"""Where a talk stands: stored outside the process after every turn, so that it survives a restart."""

from typing import Any

import msgspec

# A frame nobody went on with is dropped after this time; what was said before is then no context any more.
EXPIRES_MS = 30 * 60 * 1000
# Frames that may wait; the oldest goes when another is set aside.
MAX_SUSPENDED = 3
FORMAT = 1


class Frame(msgspec.Struct, frozen=True, omit_defaults=True):
    """An intent being served. `slots`: name → normalised value; `pending`: the slot that was asked for;
    `confirming`: all is there, the visitor is asked whether it is right; `asked`: how often the same was
    asked; `refused`: slots the visitor cannot or will not give.
    """

    intent: str
    slots: dict[str, str] = {}
    pending: str = ""
    confirming: bool = False
    asked: int = 0
    refused: tuple[str, ...] = ()


class DialogState(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything the next turn needs to know.

    `intent`, `slots`, `pending`, `confirming`, `asked`, `refused`: the frame being served (see `Frame`), no
    intent: none. `suspended`: frames set aside by a drift, newest last. `last_intent`, `last_slots`: the
    frame that ended last. `last_topic`: ids of the entries that answered last, `last_query`: the folded
    question they answered, for follow-ups. `misses`: turns in a row without an answer. `updated_ms`: of the
    newest turn, since 1970.
    """

    intent: str = ""
    slots: dict[str, str] = {}
    pending: str = ""
    confirming: bool = False
    asked: int = 0
    refused: tuple[str, ...] = ()
    suspended: tuple[Frame, ...] = ()
    last_intent: str = ""
    last_slots: dict[str, str] = {}
    last_topic: tuple[str, ...] = ()
    last_query: str = ""
    misses: int = 0
    turns: int = 0
    updated_ms: int = 0
    format: int = FORMAT

    @property
    def frame(self) -> Frame | None:
        """The frame being served, None when there is none."""
        if not self.intent:
            return None
        return Frame(self.intent, self.slots, self.pending, self.confirming, self.asked, self.refused)

    def with_frame(self, frame: Frame | None) -> "DialogState":
        """The same talk with another frame being served, or none."""
        frame = frame or Frame("")
        return self.changed(
            intent=frame.intent,
            slots=frame.slots,
            pending=frame.pending,
            confirming=frame.confirming,
            asked=frame.asked,
            refused=frame.refused,
        )

    def changed(self, **fields: Any) -> "DialogState":
        """A copy with these fields."""
        return msgspec.structs.replace(self, **fields)

    def answered(self, topic: tuple[str, ...], query: str) -> "DialogState":
        """After an answer from knowledge: what it was about, for "那运费呢"."""
        return self.changed(last_topic=topic[:3], last_query=query[:200], misses=0)


def encode(state: DialogState) -> bytes:
    """For storing."""
    return msgspec.msgpack.encode(state)


def decode(stored: bytes | memoryview | None) -> DialogState:
    """What was stored; a fresh state for nothing, or for what another version of the program left."""
    if not stored:
        return DialogState()
    try:
        state = msgspec.msgpack.decode(bytes(stored), type=DialogState)
    except msgspec.DecodeError:
        return DialogState()
    return state if state.format == FORMAT else DialogState()
