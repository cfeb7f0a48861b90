"""A conversation as its agents' helper reads it: whoever has it, the words and what is known around them."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from bot import sites as bots
from bot.answering import memory
from bot.answering.around import NOWHERE, around
from bot.answering.reading import REMEMBERS, Talk, talk_of, text_of
from bot.engine import Asked
from bot.strategies.base import Said
from chat import sites
from chat.conversation import Participant, require_read
from chat.history import log_range, standing
from chat.protocol.entry import Entry, now_ms

LOOKS_BACK: Final = 100
"""Entries that are read: longer talks are summed up from their last part."""


class View(msgspec.Struct, frozen=True):
    """A talk for somebody who may read it. `words`: everything that was said in it, oldest first; `question`:
    the visitor's newest words, answered or not; `asked_at`: when the visitor last wrote, in ms, 0 for never.
    """

    talk: Talk
    words: tuple[Said, ...]
    question: str
    asked_at: int


def look(conversation: str, who: Participant) -> View:
    """The talk. Raises `not_found` for strangers, `JournalUnavailable`, `django.db.DatabaseError`."""
    head, state = standing(conversation)
    require_read(state, who)
    entries = log_range(conversation, max(1, head - LOOKS_BACK + 1), head) if head else []
    talk = talk_of(state, head, 0, entries)
    words = tuple(
        Said(entry.sender.kind, text_of(entry))
        for entry in entries
        if isinstance(entry, Entry)
        and entry.kind != "event"
        and entry.sender.kind in ("visitor", "agent", "bot")
        and entry.seq not in state.recalled
    )
    visitors = [
        entry.created_at
        for entry in entries
        if isinstance(entry, Entry) and entry.kind != "event" and entry.sender.kind == "visitor"
    ]
    return View(talk, words, _question(talk, words), max(visitors, default=0))


def asked_of(view: View, text: str) -> Asked:
    """The engine's question about this talk, as somebody asks it who is calm and means to stay with whoever
    reads the answer: nothing in it hands over.
    """
    talk = view.talk
    site = sites.by_id(talk.state.site)
    state = memory.recall({talk.conversation: talk}, now_ms())[talk.conversation]
    place = around([talk.conversation]).get(talk.conversation, NOWHERE)
    bot = bots.everywhere().get(talk.state.site)
    asked = Asked(
        text=text,
        now=datetime.now(ZoneInfo(site.time_zone)),
        site=talk.state.site,
        state=state,
        locale=site.locale,
        page=place.page,
        visitor=place.visitor,
        history=talk.said[-REMEMBERS:],
    )
    if bot is not None:
        asked = bot.asks(asked)
    return msgspec.structs.replace(asked, anger_to_people=False, vip_priority=None)


def _question(talk: Talk, words: tuple[Said, ...]) -> str:
    if talk.burst:
        return "\n".join(text for entry in talk.burst if (text := text_of(entry)))
    newest: list[str] = []
    for said in reversed(words):
        if said.by == "visitor":
            newest.insert(0, said.text)
        elif newest:
            break
    return "\n".join(newest)
