"""A conversation the journal forgot comes back from the database as it was: a year later, too."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat.conversation import Participant, decode_state
from chat.journal.base import Append, Draft, Expectation, Journal, Refused, Stored
from chat.models import Conversation
from chat.persistence.reader import READER, drain
from chat.posting import post_blocking
from chat.protocol.commands import Close, Send
from chat.protocol.entry import Entry, Sender, encode_unnumbered, new_id, now_ms
from chat.warming import load_state, load_warmth
from tests.persistence.talk import AGENT, Talk

pytestmark = pytest.mark.django_db

A_YEAR_LATER = 1_700_000_000_000 + 366 * 86_400_000


def _forget(log: Journal) -> None:
    drain(linger_s=0)
    log.trim([READER], A_YEAR_LATER, 0, 1000)


def test_a_new_conversation_is_warm_with_the_state_it_was_made_with(new_talk: Callable[..., Talk]) -> None:
    talk = new_talk("Mei", status="bot")
    warmth = load_warmth([talk.id])[talk.id]
    row = talk.row()
    state = decode_state(warmth.head.state)
    assert (warmth.head.head, warmth.head.act_seq, warmth.head.human_seq, warmth.known) == (0, 0, 0, ())
    assert (state.conversation, state.site, state.visitor) == (talk.id, str(row.site_id), str(row.visitor_id))
    assert (state.status, state.visitor_name, state.agent) == ("bot", "Mei", None)
    assert load_state(talk.id) == (0, state)
    assert decode_state(load_warmth([new_talk().id]).popitem()[1].head.state).status == "queued"


def test_what_does_not_exist_is_not_in_the_answer(talk: Talk) -> None:
    unknown = new_id()
    assert set(load_warmth([talk.id, unknown, "", "x" * 36, "no uuid"])) == {talk.id}
    assert load_warmth([]) == {}
    assert load_state(unknown) is None
    assert load_state("no uuid") is None


def test_many_at_once_cost_three_queries(new_talk: Callable[..., Talk]) -> None:
    talks = [new_talk() for _ in range(6)]
    for talk in talks:
        talk.say(key="a")
        talk.say(key="b")
    drain(linger_s=0)
    with CaptureQueriesContext(connection) as queries:
        found = load_warmth([talk.id for talk in talks])
    assert len(queries) == 3
    assert {id_: len(warmth.known) for id_, warmth in found.items()} == {talk.id: 2 for talk in talks}


def test_a_retry_a_year_later_is_the_same_message(talk: Talk, log: Journal) -> None:
    first = talk.say("hello", key="once")
    talk.accept()
    talk.say("hi", "agent", key="answer")
    _forget(log)
    assert log.heads([talk.id]) == {}

    log.warm(list(load_warmth([talk.id]).values()))
    head = log.heads([talk.id])[talk.id]
    assert (head.head, head.act_seq, head.human_seq) == (3, 2, 3)
    assert decode_state(head.state).status == "active"

    again = Entry(talk.id, new_id(), 0, "once", Sender("visitor", AGENT), "text", "hello")
    draft = Draft(again.id, "once", encode_unnumbered(again))
    (outcome,) = log.write([Append(talk.id, (draft,))], A_YEAR_LATER)
    assert isinstance(outcome, Stored)
    assert outcome.repeated
    stored = outcome.entries[0]
    assert (stored.id, stored.seq, stored.created_at) == (first.id, 1, first.created_at)

    other = Draft(new_id(), "other", encode_unnumbered(again))
    (refused,) = log.write([Append(talk.id, (other,), Expectation("act", 1))], A_YEAR_LATER)
    assert isinstance(refused, Refused)
    assert talk.say("back again", key="more").seq == 4
    drain(linger_s=0)
    assert talk.seqs() == [1, 2, 3, 4]


def test_the_snapshot_survives_many_nights(talk: Talk, log: Journal) -> None:
    talk.accept()
    _forget(log)
    Talk(log, talk.id).act("closed", {"by": {}})
    _forget(log)
    Talk(log, talk.id).act("rated", {"rating": 5}, "visitor")
    _forget(log)
    state = decode_state(load_warmth([talk.id])[talk.id].head.state)
    assert (state.status, state.rating, state.agent and state.agent.name) == ("closed", 5, "Anna")
    assert Conversation.objects.get(pk=talk.id).head == 3


def test_a_visitor_who_once_reopened_it_is_heard_after_it_was_forgotten(
    new_talk: Callable[..., Talk], log: Journal
) -> None:
    talk = new_talk()
    row = talk.row()
    site = str(row.site_id)
    visitor = Participant("visitor", str(row.visitor_id), "Mei", frozenset((site,)))
    agent = Participant("agent", AGENT, "Anna", frozenset((site,)))
    post_blocking(Send(talk.id, "m1", text="hello"), visitor)
    post_blocking(Close(talk.id), agent)
    # One append: the act that reopens, then the message, so the log's act mark stands beyond the act.
    reopened = post_blocking(Send(talk.id, "m2", text="one more thing"), visitor)
    assert (reopened.state.status, reopened.seq) == ("queued", 4)
    for name in ("m3", "m4"):
        drain(linger_s=0)
        log.trim([READER], now_ms() + 10_000_000, 0, 1000)
        assert log.heads([talk.id]) == {}
        said = post_blocking(Send(talk.id, name, text="still there?"), visitor)
    assert (said.seq, said.repeated) == (6, False)
