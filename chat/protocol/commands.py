"""What a client, an endpoint or a task can ask of the chat room: frozen commands, validated once, free of
transport.

Pure: no Django, no I/O. Limits stand here because they belong to the contract.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from chat.protocol.entry import MAX_CLIENT_MSG_ID, MAX_TEXT

ConversationId = Annotated[str, Meta(min_length=1, max_length=64)]
Seq = Annotated[int, Meta(ge=0, le=2**53 - 1)]
ClientMsgId = Annotated[str, Meta(min_length=1, max_length=MAX_CLIENT_MSG_ID)]
Text = Annotated[str, Meta(max_length=MAX_TEXT)]


class Send(msgspec.Struct, frozen=True):
    """Say something. `attachment` is an upload's id; `human_seq` is the bot's expectation (see the
    journal).
    """

    conversation: ConversationId
    client_msg_id: ClientMsgId
    kind: Literal["text", "image", "file", "card"] = "text"
    text: Text | None = None
    attachment: Annotated[str, Meta(max_length=64)] | None = None
    card: dict[str, Any] | None = None
    reply_to: Seq | None = None
    human_seq: int | None = None


class SendPayload(msgspec.Struct, frozen=True):
    """`message.send` as clients may write it; `kind` is required, the bot's expectation is not theirs to
    set.
    """

    conversation: ConversationId
    client_msg_id: ClientMsgId
    kind: Literal["text", "image", "file", "card"]
    text: Text | None = None
    attachment: Annotated[str, Meta(max_length=64)] | None = None
    card: dict[str, Any] | None = None
    reply_to: Seq | None = None


class Accept(msgspec.Struct, frozen=True):
    """An agent takes a conversation."""

    conversation: str


class Close(msgspec.Struct, frozen=True):
    """An agent (or the system) ends a conversation."""

    conversation: str
    reason: str | None = None


class Reopen(msgspec.Struct, frozen=True):
    """An agent opens a closed conversation again."""

    conversation: str


class Rate(msgspec.Struct, frozen=True):
    """The visitor's rating, 1–5."""

    conversation: str
    rating: int
    text: str | None = None


class Note(msgspec.Struct, frozen=True):
    """A word among the people who answer."""

    conversation: str
    text: str


class Recall(msgspec.Struct, frozen=True):
    """Take back one's own message."""

    conversation: str
    seq: int


Act = Accept | Close | Reopen | Rate | Note | Recall
Command = Send | Act


class Hello(msgspec.Struct, frozen=True):
    """The first frame. `resume`: last seq seen by conversation."""

    token: str
    resume: Annotated[dict[ConversationId, Seq], Meta(max_length=500)] = {}
    client: Annotated[str, Meta(max_length=100)] | None = None
    features: Annotated[list[Annotated[str, Meta(max_length=32)]], Meta(max_length=32)] = []


class Subscribe(msgspec.Struct, frozen=True):
    """Follow a conversation from `after_seq` on (from its head when absent)."""

    conversation: ConversationId
    after_seq: Seq | None = None


class Unsubscribe(msgspec.Struct, frozen=True):
    """Stop following a conversation."""

    conversation: ConversationId


class Receipt(msgspec.Struct, frozen=True):
    """What this side has received and seen, as sequence numbers."""

    conversation: ConversationId
    delivered: Seq | None = None
    read: Seq | None = None


class Typing(msgspec.Struct, frozen=True):
    """Somebody is writing; `preview` only from visitors, where the site allows it."""

    conversation: ConversationId
    on: bool
    preview: Annotated[str, Meta(max_length=1000)] | None = None


class RenewToken(msgspec.Struct, frozen=True):
    """Ask for a fresh session token."""


class Ping(msgspec.Struct, frozen=True):
    """Ask for the heads of what this connection follows."""


ClientCommand = Hello | SendPayload | Subscribe | Unsubscribe | Receipt | Typing | RenewToken | Ping

#: frame type → payload shape
CLIENT_FRAMES: dict[str, type[ClientCommand]] = {
    "hello": Hello,
    "message.send": SendPayload,
    "subscribe": Subscribe,
    "unsubscribe": Unsubscribe,
    "receipt": Receipt,
    "typing": Typing,
    "token": RenewToken,
    "ping": Ping,
}


class Incoming(msgspec.Struct, frozen=True):
    """A parsed frame."""

    type: str
    ref: str | None
    command: ClientCommand


class FrameError(Exception):
    """A frame that is not ours: `code` of the error answer, and the `ref` to echo where one could be read."""

    def __init__(self, code: str, message: str, ref: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.ref = ref
