"""What the log says to the bot: what was asked last and what was said before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from bot.strategies.base import Said
from chat.conversation import State
from chat.errors import KefuError
from chat.history import log_range
from chat.posting_steps import load_many
from chat.protocol.entry import Entry, HiddenEntry

LOOKS_BACK: Final = 30
"""Entries of the log that are read; the talk the bot remembers is ten messages."""
REMEMBERS: Final = 10
SPEAKERS: Final = ("visitor", "agent", "bot")


class Talk(msgspec.Struct, frozen=True):
    """A conversation that waits for the bot. `burst`: the visitor's messages nobody has answered, oldest
    first; `said`: up to ten before them; `bot_seq`: the bot's last message, 0 before it; `human_seq`: what
    the journal must still hold for an answer to be stored.
    """

    conversation: str
    state: State
    head: int
    human_seq: int
    burst: tuple[Entry, ...]
    said: tuple[Said, ...]
    bot_seq: int

    @property
    def seq(self) -> int:
        """The message that is answered: the last of the burst."""
        return self.burst[-1].seq


def read(conversations: Sequence[str]) -> dict[str, Talk]:
    """Those of the conversations that wait for the bot now, by id.

    Raises `JournalUnavailable`, `django.db.DatabaseError`.
    """
    talks: dict[str, Talk] = {}
    for conversation, known in load_many(conversations).items():
        if isinstance(known, KefuError) or known.state.status != "bot" or not known.head:
            continue
        entries = log_range(conversation, max(1, known.head - LOOKS_BACK + 1), known.head)
        talk = talk_of(known.state, known.head, known.human_seq, entries)
        if talk.burst:
            talks[conversation] = talk
    return talks


def talk_of(state: State, head: int, human_seq: int, entries: Sequence[Entry | HiddenEntry]) -> Talk:
    """The same from entries at hand. Pure."""
    burst: list[Entry] = []
    said: list[Said] = []
    bot_seq = 0
    for entry in entries:
        if not isinstance(entry, Entry) or entry.kind == "event" or entry.seq in state.recalled:
            continue
        if entry.sender.kind not in SPEAKERS:
            continue
        if entry.sender.kind == "visitor":
            burst.append(entry)
            continue
        said += [Said("visitor", text_of(each)) for each in burst]
        burst = []
        said.append(Said(entry.sender.kind, text_of(entry)))
        if entry.sender.kind == "bot":
            bot_seq = entry.seq
    return Talk(state.conversation, state, head, human_seq, tuple(burst), tuple(said[-REMEMBERS:]), bot_seq)


def text_of(entry: Entry) -> str:
    """The words of a message; a file has none but its name."""
    return entry.text or (entry.attachment.name if entry.attachment is not None else "")
