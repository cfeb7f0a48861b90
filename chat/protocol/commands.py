"""What a client, an endpoint or a task can ask of the chat room: frozen commands, validated once, free of
transport.

Pure: no Django, no I/O. Limits stand here because they belong to the contract.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from chat.protocol.entry import MAX_CLIENT_MSG_ID, MAX_TEXT, Person

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


class Queue(msgspec.Struct, frozen=True):
    """The system puts a conversation into a group's queue (None: the site's own), back from an agent or
    bot, too. `reason`: new, overflow, no_answer, silent, gone, refused, reopened, handoff, woken.
    `owner`: id of the agent it is taken from, None when nobody has it; refused with `conflict` when that is
    so no more.
    """

    conversation: str
    group: Person | None
    reason: str
    owner: str | None = None


class Assign(msgspec.Struct, frozen=True):
    """The system gives a waiting conversation to an agent; refused with `conflict` when it waits no more.

    `decision`: id of the routing decision behind it.
    """

    conversation: str
    agent: Person
    group: Person | None = None
    decision: str | None = None
    reason: str = "routed"


class Transfer(msgspec.Struct, frozen=True):
    """An agent passes it on: exactly one of `agent`, `group`, `bot`. An agent becomes the owner at once and
    may refuse.
    """

    conversation: str
    agent: Person | None = None
    group: Person | None = None
    bot: bool = False
    note: str | None = None


class Refuse(msgspec.Struct, frozen=True):
    """The owner gives back what was transferred (to the one it came from) or assigned (to the queue) and not
    yet accepted or answered.
    """

    conversation: str
    reason: str | None = None


class TakeOver(msgspec.Struct, frozen=True):
    """A supervisor takes a conversation from whoever has it."""

    conversation: str


class Brief(msgspec.Struct, frozen=True):
    """What a person gets along with what the bot hands over. `tried`: [{"level","text","confidence"}]."""

    summary: str
    intent: str = ""
    slots: dict[str, str] = {}
    tried: list[dict[str, Any]] = []
    mood: str = ""


class Handoff(msgspec.Struct, frozen=True):
    """From the bot to people: the visitor, the bot or an agent asks for it. `last_words` and `brief` are the
    bot's: what it tells the visitor and what it tells whoever answers next, stored together with the act.
    """

    conversation: str
    reason: str | None = None
    group: Person | None = None
    last_words: Send | None = None
    brief: Brief | None = None


class Invite(msgspec.Struct, frozen=True):
    """Bring a colleague in, who may then read and write it whatever their groups."""

    conversation: str
    agent: Person


class Leave(msgspec.Struct, frozen=True):
    """An invited agent leaves again."""

    conversation: str


class Whisper(msgspec.Struct, frozen=True):
    """A supervisor's or guest's word to the agent; visitors never see it. With a `client_msg_id` it is one
    whisper however often it is sent.
    """

    conversation: str
    text: str
    client_msg_id: str | None = None


class EditNote(msgspec.Struct, frozen=True):
    """Change the text of one's own note. The log keeps the old one; readers show the last."""

    conversation: str
    seq: int
    text: str


class SetLabels(msgspec.Struct, frozen=True):
    """The labels as they shall be. `labels`: who they are, in any order."""

    conversation: str
    labels: tuple[Person, ...]


class Snooze(msgspec.Struct, frozen=True):
    """Put it aside until `until_ms`, or until the visitor writes; its seat is free meanwhile."""

    conversation: str
    until_ms: int


class Wake(msgspec.Struct, frozen=True):
    """End a snooze. `reason`: due, agent."""

    conversation: str
    reason: str = "agent"


class Merged(msgspec.Struct, frozen=True):
    """The system notes that this conversation's visitor is the same person as another."""

    conversation: str
    visitor: Person
    by: Person | None = None


class LeftMessage(msgspec.Struct, frozen=True):
    """The system notes a message left while nobody was there. `contact`: name, email, phone."""

    conversation: str
    contact: dict[str, str]


class Close(msgspec.Struct, frozen=True):
    """An agent (or the system) ends a conversation. `summary` and `category` stay among those who answer."""

    conversation: str
    reason: str | None = None
    summary: str | None = None
    category: str | None = None


class Reopen(msgspec.Struct, frozen=True):
    """An agent opens a closed conversation again."""

    conversation: str


class Rate(msgspec.Struct, frozen=True):
    """The visitor's rating, 1–5."""

    conversation: str
    rating: int
    text: str | None = None


class Note(msgspec.Struct, frozen=True):
    """A word among the people who answer. With a `client_msg_id` it is one note however often it is sent.
    `mentions`: agents it is meant for.
    """

    conversation: str
    text: str
    client_msg_id: str | None = None
    mentions: tuple[Person, ...] = ()


class Recall(msgspec.Struct, frozen=True):
    """Take back one's own message."""

    conversation: str
    seq: int


Act = (
    Accept
    | Assign
    | Close
    | EditNote
    | Handoff
    | Invite
    | Leave
    | LeftMessage
    | Merged
    | Note
    | Queue
    | Rate
    | Recall
    | Refuse
    | Reopen
    | SetLabels
    | Snooze
    | TakeOver
    | Transfer
    | Wake
    | Whisper
)
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


class Viewing(msgspec.Struct, frozen=True):
    """An agent has opened a conversation, or left it."""

    conversation: ConversationId
    on: bool


class RenewToken(msgspec.Struct, frozen=True):
    """Ask for a fresh session token."""


class Ping(msgspec.Struct, frozen=True):
    """Ask for the heads of what this connection follows."""


ClientCommand = Hello | SendPayload | Subscribe | Unsubscribe | Receipt | Typing | Viewing | RenewToken | Ping

#: frame type → payload shape
CLIENT_FRAMES: dict[str, type[ClientCommand]] = {
    "hello": Hello,
    "message.send": SendPayload,
    "subscribe": Subscribe,
    "unsubscribe": Unsubscribe,
    "receipt": Receipt,
    "typing": Typing,
    "viewing": Viewing,
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
