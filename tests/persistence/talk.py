"""Writing into a conversation as posting does, without rules: tests say what stands in the log."""

from __future__ import annotations

import itertools
from typing import Any

from chat.conversation import State, decode_state, encode_state, fold
from chat.journal.base import Append, Draft, Journal, Stored
from chat.models import Conversation, Message
from chat.protocol.entry import (
    Attachment,
    Entry,
    EntryKind,
    Event,
    Sender,
    SenderKind,
    decode_entry,
    encode_unnumbered,
    new_id,
)
from chat.warming import load_warmth

AGENT = "0190a000-0000-7000-8000-000000000001"
CLOCK = itertools.count(1_700_000_000_000, 1000)


class Talk:
    """A conversation's pen."""

    def __init__(self, log: Journal, id_: str) -> None:
        self.log = log
        self.id = id_
        log.warm(list(load_warmth([id_]).values()))

    def say(self, text: str = "hello", kind: SenderKind = "visitor", **fields: Any) -> Entry:
        """Append a message; `key` is its client_msg_id, `as_kind` its kind, `id` its own id."""
        as_kind: EntryKind = fields.pop("as_kind", "text")
        key = fields.pop("key", None)
        entry = Entry(
            self.id,
            fields.pop("id", None) or new_id(),
            0,
            key,
            self._sender(kind),
            as_kind,
            text if as_kind == "text" else None,
            **fields,
        )
        return self._append(entry, None, human=kind == "agent")

    def act(
        self, name: str, data: dict[str, Any] | None = None, kind: SenderKind = "agent", **fields: Any
    ) -> Entry:
        """Append an act and the snapshot after it."""
        event = Event(name, data or {})
        entry = Entry(self.id, new_id(), 0, None, self._sender(kind), "event", event=event, **fields)
        now = next(CLOCK)
        return self._append(entry, fold(self.state(), event, now), human=kind == "agent", now=now)

    def picture(self) -> Entry:
        """Append an image."""
        stored = Attachment(new_id(), "cat.png", "image/png", 1234, 20, 10)
        return self.say(as_kind="image", attachment=stored)

    def accept(self) -> Entry:
        """An agent takes it."""
        return self.act("accepted", {"agent": {"id": AGENT, "name": "Anna"}})

    def raw(self, body_of: Entry, body: bytes) -> None:
        """Append a body that posting would never write; `body_of` lends id and client_msg_id."""
        self._write(Append(self.id, (Draft(body_of.id, body_of.client_msg_id, body),)), next(CLOCK))

    def state(self) -> State:
        """The snapshot in the journal."""
        return decode_state(self.log.heads([self.id])[self.id].state)

    def head(self) -> int:
        """The last number given away."""
        return self.log.heads([self.id])[self.id].head

    def row(self) -> Conversation:
        """The row as it is now."""
        return Conversation.objects.get(pk=self.id)

    def seqs(self) -> list[int]:
        """What the database holds."""
        return list(
            Message.objects.filter(conversation_id=self.id).order_by("seq").values_list("seq", flat=True)
        )

    def _sender(self, kind: SenderKind) -> Sender:
        return Sender(kind, None if kind == "system" else AGENT, None if kind == "system" else f"the {kind}")

    def _append(self, entry: Entry, state: State | None, *, human: bool, now: int | None = None) -> Entry:
        draft = Draft(entry.id, entry.client_msg_id, encode_unnumbered(entry))
        snapshot = None if state is None else encode_state(state)
        append = Append(self.id, (draft,), state=snapshot, human=human)
        return decode_entry(self._write(append, now or next(CLOCK)).entries[0].body)

    def _write(self, append: Append, now: int) -> Stored:
        outcome = self.log.write([append], now)[0]
        assert isinstance(outcome, Stored), outcome
        return outcome
