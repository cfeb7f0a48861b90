"""Whatever is decided in whatever order, a conversation never stands where nobody could explain it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat import conversation as rules
from chat.conversation import SYSTEM, Participant, State, decode_state, encode_state, fold, may_read
from chat.errors import KefuError
from chat.protocol.entry import INTERNAL_EVENTS, Entry, Event, Person, Sender

SITE = "site"
SALES, SUPPORT = Person("sales", "Sales"), Person("support", "Support")
VISITOR = Participant("visitor", "mei", "Mei", frozenset({SITE}))
ANNA = Participant("agent", "anna", "Anna", frozenset({SITE}), "agent", frozenset({"sales"}))
BEN = Participant("agent", "ben", "Ben", frozenset({SITE}), "agent", frozenset({"sales", "support"}))
CLEO = Participant("agent", "cleo", "Cleo", frozenset({SITE}), "agent", frozenset())
BOSS = Participant("agent", "boss", "Boss", frozenset({SITE}), "supervisor", None)
STRANGER = Participant("agent", "eve", "Eve", frozenset({"elsewhere"}), "admin", None)
BOT = Participant("bot", "bot", "Bot", frozenset({SITE}))
PEOPLE = (VISITOR, ANNA, BEN, CLEO, BOSS, STRANGER, BOT, SYSTEM)
AGENTS = (ANNA, BEN, CLEO, BOSS)
NOW = 1_700_000_000_000

Wish = Callable[[State, Participant], "Event | tuple[Event, ...] | None"]


def named(who: Participant) -> Person:
    return Person(who.id or "", who.name)


def begin(**fields: Any) -> State:
    return State("c", SITE, "mei", **fields)


def after(state: State, decided: Event | tuple[Event, ...] | None) -> State:
    events = decided if isinstance(decided, tuple) else (decided,) if decided else ()
    for event in events:
        state = fold(state, event, NOW)
    return state


def code_of(wish: Callable[[], Any]) -> str:
    with pytest.raises(KefuError) as refused:
        wish()
    return refused.value.code


_groups = st.sampled_from([None, SALES, SUPPORT])
_agents = st.sampled_from([named(agent) for agent in AGENTS])
_wishes: st.SearchStrategy[Wish] = st.one_of(
    st.just(rules.decide_accept),
    st.builds(lambda group: lambda s, p: rules.decide_queue(s, p, group, "new"), _groups),
    st.builds(
        lambda agent, group: lambda s, p: rules.decide_assign(s, p, agent, group, None, "routed"),
        _agents,
        _groups,
    ),
    st.builds(lambda agent: lambda s, p: rules.decide_transfer(s, p, agent, None, False), _agents),
    st.builds(lambda group: lambda s, p: rules.decide_transfer(s, p, None, group, group is None), _groups),
    st.just(lambda s, p: rules.decide_refuse(s, p, "busy")),
    st.just(rules.decide_take_over),
    st.just(lambda s, p: rules.decide_handoff(s, p, None, None)),
    st.builds(lambda agent: lambda s, p: rules.decide_invite(s, p, agent), _agents),
    st.just(rules.decide_leave),
    st.just(rules.decide_whisper),
    st.just(rules.decide_note),
    st.just(lambda s, p: rules.decide_labels(s, p, (Person("l1", "vip"),))),
    st.just(lambda s, p: rules.decide_snooze(s, p, NOW + 1000, NOW)),
    st.just(lambda s, p: rules.decide_wake(s, p, "due")),
    st.just(lambda s, p: rules.decide_close(s, p, None, "done", None)),
    st.just(rules.decide_reopen),
    st.just(lambda s, p: rules.decide_rate(s, p, 5, None)),
    st.just(lambda s, p: rules.decide_send(s, p, NOW, 1000)),
)
_courses = st.lists(st.tuples(_wishes, st.sampled_from(PEOPLE)), max_size=40)


def check(state: State) -> None:
    """What must hold of every state."""
    assert (state.agent is not None) or state.status != "active"
    if state.status in ("queued", "bot"):
        assert state.agent is None
    assert state.status == "active" or not (state.offered or state.snoozed_until)
    assert state.offered or state.offered_by is None
    assert (state.closed_at is not None) is (state.status == "closed")
    assert state.rating is None or state.status == "closed"
    ids = [guest.id for guest in state.guests]
    assert len(ids) == len(set(ids))
    assert state.status != "active" or state.agent is None or state.agent.id not in ids
    assert decode_state(encode_state(state)) == state


@given(st.sampled_from(["queued", "bot"]), _courses)
def test_no_order_of_decided_acts_gives_an_illegal_state(status: Any, course: list[Any]) -> None:
    state = begin(status=status)
    for wish, who in course:
        try:
            decided = wish(state, who)
        except KefuError as refused:
            assert refused.code != "internal"
            if not may_read(state, who):
                assert refused.code in ("not_found", "forbidden")
            continue
        assert who.kind == "system" or may_read(state, who), "strangers decide nothing"
        state = after(state, decided)
        check(state)


def test_reading_goes_by_group_unless_it_is_ones_own() -> None:
    everyone = begin()
    assert [may_read(everyone, who) for who in (VISITOR, ANNA, CLEO, BOSS, STRANGER, SYSTEM)] == [
        True, True, True, True, False, True,
    ]  # fmt: skip
    sales = begin(group=SALES)
    assert [may_read(sales, who) for who in (ANNA, BEN, CLEO, BOSS)] == [True, True, False, True]
    assert may_read(begin(group=SALES, status="active", agent=named(CLEO)), CLEO)
    assert may_read(begin(group=SALES, guests=(named(CLEO),)), CLEO)
    assert not may_read(everyone, Participant("visitor", "other", None, frozenset({SITE})))


def test_an_offer_is_cleared_by_accepting_by_a_word_and_by_refusing() -> None:
    routed = after(begin(), rules.decide_assign(begin(), SYSTEM, named(ANNA), SALES, "d", "routed"))
    assert (routed.offered, routed.offered_by, routed.group) == (True, None, SALES)
    assert not after(routed, rules.decide_accept(routed, ANNA)).offered
    assert [event.name for event in rules.decide_send(routed, ANNA, NOW, 0)] == ["accepted"]
    assert rules.decide_send(routed, VISITOR, NOW, 0) == ()
    assert rules.is_plain(routed, "visitor") and not rules.is_plain(routed, "agent")
    back = after(routed, rules.decide_refuse(routed, ANNA, None))
    assert (back.status, back.agent, back.group) == ("queued", None, SALES)
    owned = after(routed, rules.decide_accept(routed, ANNA))
    given_on = after(owned, rules.decide_transfer(owned, ANNA, named(BEN), None, False))
    assert (given_on.agent, given_on.offered_by) == (named(BEN), named(ANNA))
    returned = after(given_on, rules.decide_refuse(given_on, BEN, None))
    assert (returned.agent, returned.offered) == (named(ANNA), False)


@pytest.mark.parametrize("first", ["accept", "refuse"])
def test_refusing_and_accepting_exclude_each_other(first: str) -> None:
    offered = after(begin(), rules.decide_assign(begin(), SYSTEM, named(ANNA), None, None, "routed"))
    if first == "accept":
        state = after(offered, rules.decide_accept(offered, ANNA))
        assert code_of(lambda: rules.decide_refuse(state, ANNA, None)) == "not_offered"
    else:
        state = after(offered, rules.decide_refuse(offered, ANNA, None))
        assert code_of(lambda: rules.decide_refuse(state, ANNA, None)) == "not_owner"
        assert rules.decide_accept(state, ANNA) is not None, "it waits: whoever wants it takes it"


def test_taking_over_and_closing_exclude_each_other() -> None:
    owned = begin(status="active", agent=named(ANNA))
    closed = after(owned, rules.decide_close(owned, ANNA, None, None, None))
    assert code_of(lambda: rules.decide_take_over(closed, BOSS)) == "conversation_closed"
    taken = after(owned, rules.decide_take_over(owned, BOSS))
    assert code_of(lambda: rules.decide_close(taken, ANNA, None, None, None)) == "not_owner"
    assert code_of(lambda: rules.decide_take_over(owned, BEN)) == "forbidden"


def test_routing_takes_only_from_whom_it_meant() -> None:
    owned = begin(status="active", agent=named(BEN))
    assert code_of(lambda: rules.decide_queue(owned, SYSTEM, None, "silent", "anna")) == "conflict"
    assert after(owned, rules.decide_queue(owned, SYSTEM, None, "silent", "ben")).status == "queued"
    assert rules.decide_queue(begin(), SYSTEM, None, "new") is None
    assert code_of(lambda: rules.decide_assign(owned, SYSTEM, named(ANNA), None, None, "x")) == "conflict"
    assert rules.decide_assign(owned, SYSTEM, named(BEN), None, None, "x") is None, "said twice"
    for decide in (
        lambda: rules.decide_queue(owned, BOSS, None, "x"),
        lambda: rules.decide_assign(owned, BOSS, named(ANNA), None, None, "x"),
        lambda: rules.decide_merged(BOSS, named(ANNA), None),
        lambda: rules.decide_left_message(VISITOR, {}),
    ):
        assert code_of(decide) == "forbidden"


def test_what_colleagues_keep_to_themselves_is_internal() -> None:
    state = begin(status="active", agent=named(ANNA))
    summarized, closed = rules.decide_close(state, ANNA, "solved", "Lamp replaced", "returns")
    assert summarized.name in INTERNAL_EVENTS and closed.name not in INTERNAL_EVENTS
    assert summarized.data == {"reason": "solved", "summary": "Lamp replaced", "category": "returns"}
    assert set(closed.data) == {"by"}
    for event in (rules.decide_note(state, ANNA), rules.decide_whisper(state, BOSS)):
        assert event.name in INTERNAL_EVENTS


def test_a_note_is_changed_by_its_writer() -> None:
    state = begin()
    note = Entry("c", "e", 3, None, Sender("agent", "anna", "Anna"), "event", "x", event=Event("note"))
    assert rules.decide_edit_note(state, ANNA, note).data["seq"] == 3
    assert code_of(lambda: rules.decide_edit_note(state, BEN, note)) == "forbidden"
    said = Entry("c", "e", 4, "k", Sender("agent", "anna", "Anna"), "text", "x")
    assert code_of(lambda: rules.decide_edit_note(state, ANNA, said)) == "not_found"
