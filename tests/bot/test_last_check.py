"""An answer that is ready is checked before it is said: nobody is talked over, nothing is said twice."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from bot.answering import saying
from bot.answering.reading import Talk, read
from bot.answering.underway import underway
from bot.dialog.state import DialogState
from bot.engine import Outcome
from bot.models import BotSettings
from bot.sites import SiteBot, of_site
from bot.strategies.base import Answer
from chat.conversation import Participant
from chat.history import log_range
from chat.journal import journal
from chat.posting import current_state, post_blocking
from chat.protocol.commands import Accept, Note, Send, Transfer
from chat.protocol.entry import Entry
from tests.api.conftest import Caller, Guest

pytestmark = pytest.mark.django_db(transaction=True)

READY = Outcome(Answer("两个工作日。", "retrieval"), DialogState(), plain="两个工作日。")


@pytest.fixture
def asked(botted: BotSettings, visitor: Guest, monkeypatch: pytest.MonkeyPatch) -> Talk:
    """A question whose answer is ready to be said; no worker is told of it."""
    monkeypatch.setattr("bot.answering.nudge.owe", lambda _conversations: None)
    monkeypatch.setattr("bot.answering.record.later", lambda *_: None)
    say(visitor, visitor.conversation, "退款多久到账")
    return taken(visitor)


def taken(visitor: Guest) -> Talk:
    talk = read([visitor.conversation])[visitor.conversation]
    assert underway.take(talk.conversation, talk.seq)
    return talk


def say(who: Caller, conversation: str, text: str) -> None:
    post_blocking(Send(conversation, str(uuid4()), "text", text), person(who))


def person(who: Caller) -> Participant:
    assert who.participant is not None
    return who.participant


def bot_of(talk: Talk) -> SiteBot:
    bot = of_site(talk.state.site)
    assert bot is not None
    return bot


def told(talk: Talk) -> list[str]:
    """What the bot has said."""
    head = journal().heads([talk.conversation])[talk.conversation]
    assert head is not None
    entries = log_range(talk.conversation, 1, head.head)
    return [
        entry.text or ""
        for entry in entries
        if isinstance(entry, Entry) and entry.sender.kind == "bot" and entry.kind != "event"
    ]


def test_it_is_said_once_however_often_it_was_computed(asked: Talk) -> None:
    saying.say(asked, bot_of(asked), READY)
    assert told(asked) == ["两个工作日。"]
    underway.done(asked.conversation, asked.seq)
    underway.take(asked.conversation, asked.seq)
    saying.say(asked, bot_of(asked), READY)  # another process, which did not know
    assert told(asked) == ["两个工作日。"]


def test_nothing_is_said_after_a_person_has_answered(asked: Talk, agent: Caller) -> None:
    post_blocking(Accept(asked.conversation), person(agent))
    say(agent, asked.conversation, "您好，我来处理")
    saying.say(asked, bot_of(asked), READY)
    assert told(asked) == [] and current_state(asked.conversation).status == "active"


def test_nothing_is_said_once_somebody_has_taken_it(asked: Talk, agent: Caller) -> None:
    post_blocking(Accept(asked.conversation), person(agent))
    saying.say(asked, bot_of(asked), READY)
    assert told(asked) == []


def test_a_newer_word_of_the_visitor_is_answered_instead(asked: Talk, visitor: Guest) -> None:
    say(visitor, asked.conversation, "还有运费")
    saying.say(asked, bot_of(asked), READY)
    assert told(asked) == []
    newer = taken(visitor)
    assert [entry.text for entry in newer.burst] == ["退款多久到账", "还有运费"]
    saying.say(newer, bot_of(newer), READY)
    assert told(asked) == ["两个工作日。"]


def test_a_note_among_people_is_no_answer(asked: Talk, visitor: Guest, hire: Callable[..., Caller]) -> None:
    post_blocking(Note(asked.conversation, "老客户"), person(hire("boss", superuser=True)))
    saying.say(asked, bot_of(asked), READY)  # refused: somebody was there, who knows what they wrote
    underway.done(asked.conversation, asked.seq)
    again = taken(visitor)
    assert again.seq == asked.seq
    saying.say(again, bot_of(again), READY)
    assert told(asked) == ["两个工作日。"]


def test_what_is_given_back_with_an_open_question_is_answered(
    asked: Talk, visitor: Guest, agent: Caller
) -> None:
    post_blocking(Accept(asked.conversation), person(agent))
    post_blocking(Transfer(asked.conversation, bot=True), person(agent))
    underway.done(asked.conversation, asked.seq)
    again = taken(visitor)
    saying.say(again, bot_of(again), READY)
    assert told(asked) == ["两个工作日。"]
