"""A conversation's row is a fold over its log, however the log was cut into batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat.conversation import State, decode_state, encode_state
from chat.journal.base import Journal, LogItem
from chat.models import Conversation, Message
from chat.persistence.lines import read
from chat.persistence.projection import MARKERS, RECALLED, Row, acts_of, advance, skip, state_of
from chat.persistence.reader import drain
from chat.protocol.entry import Attachment, Entry, Event, Sender, encode_entry, new_id
from tests.persistence.talk import AGENT, Talk

CONVERSATION, SITE, VISITOR, GROUP, BEN = (f"0190a000-0000-7000-8000-00000000000{n}" for n in range(2, 7))


def _row() -> Row:
    return Row(
        CONVERSATION, SITE, VISITOR, "Mei", "queued", head=0, act_seq=0, human_seq=0, snapshot="",
        visitor_seq=0, last_text="", last_at=0, last_seq=0, waiting_since=None, rating_text="",
    )  # fmt: skip


def _fold(entries: list[Entry], row: Row | None = None) -> Row:
    row = row or _row()
    items = [LogItem("", CONVERSATION, entry.seq, encode_entry(entry)) for entry in entries]
    readable, rejected = read(items)
    assert not rejected
    for each in readable:
        advance(row, each.line)
    return row


def _entry(seq: int, kind: str = "visitor", text: str = "hi", **fields: Any) -> Entry:
    return Entry(
        CONVERSATION, new_id(), seq, None, Sender(kind, AGENT, "x"), fields.pop("as_kind", "text"), text,  # type: ignore[arg-type]
        created_at=seq * 10, **fields,
    )  # fmt: skip


def _act(seq: int, name: str, data: dict[str, Any], kind: str = "agent") -> Entry:
    return _entry(seq, kind, as_kind="event", event=Event(name, data))


def test_the_wait_begins_with_the_first_unanswered_word() -> None:
    row = _fold([_entry(1), _entry(2)])
    assert (row.waiting_since, row.visitor_seq) == (10, 2)
    _fold([_entry(3, "system")], row)
    assert row.waiting_since == 10, "the system answers nobody"
    _fold([_act(4, "note", {}), _act(5, "accepted", {"agent": {"id": AGENT, "name": "Anna"}})], row)
    assert row.waiting_since == 10, "accepting is not answering"
    _fold([_entry(6, "agent")], row)
    assert row.waiting_since is None
    _fold([_entry(7), _entry(8, "bot")], row)
    assert row.waiting_since is None


def test_closing_ends_the_wait_and_the_queue_begins_one() -> None:
    closed = _act(2, "closed", {"by": {}})
    row = _fold([_entry(1), closed])
    assert (row.waiting_since, state_of(row).status, state_of(row).closed_at) == (None, "closed", 20)
    _fold([_act(3, "reopened", {"by": "visitor"}), _entry(4)], row)
    assert (row.waiting_since, state_of(row).status) == (40, "queued")
    _fold([_entry(5, "agent"), _act(6, "transferred", {})], row)
    assert (row.waiting_since, state_of(row).status) == (60, "queued")


def test_previews() -> None:
    picture = Attachment(new_id(), "a.png", "image/png", 1)
    assert _fold([_entry(1, text="x" * 500)]).last_text == "x" * 200
    assert _fold([_entry(1, as_kind="image", attachment=picture)]).last_text == MARKERS["image"]
    assert _fold([_entry(1, as_kind="file", attachment=picture)]).last_text == MARKERS["file"]
    assert _fold([_entry(1, as_kind="card", card={}, text="")]).last_text == MARKERS["card"]
    assert _fold([_entry(1, as_kind="card", card={}, text="Two days.")]).last_text == "Two days."
    row = _fold([_entry(1, text="secret"), _act(2, "note", {})])
    assert (row.last_text, row.last_seq, row.last_at, row.head) == ("secret", 1, 10, 2)
    assert _fold([_act(3, "recalled", {"seq": 1})], row).last_text == RECALLED
    row = _fold([_entry(1, text="one"), _entry(2, text="two"), _act(3, "recalled", {"seq": 1})])
    assert (row.last_text, row.hidden) == ("two", [1])


def test_marks() -> None:
    row = _fold(
        [_entry(1), _act(2, "accepted", {"agent": {"id": AGENT, "name": "Anna"}}), _entry(3, "agent")]
    )
    assert (row.act_seq, row.human_seq, row.head) == (2, 3, 3)
    skip(row, 5)
    skip(row, 4)
    assert row.head == 5


def test_the_state_half() -> None:
    row = _fold([
        _act(1, "accepted", {"agent": {"id": AGENT, "name": "A" * 300}}),
        _act(2, "closed", {}),
        _act(3, "rated", {"rating": 4, "text": "t" * 2000}, "visitor"),
    ])  # fmt: skip
    acts = acts_of(row)
    assert (acts.status, acts.agent_id, len(acts.agent_name)) == ("closed", AGENT, 100)
    assert (acts.rating, len(acts.rating_text), acts.closed_at, acts.act_seq) == (4, 1000, 20, 3)
    assert decode_state(acts.state.encode()) == state_of(row)
    again = acts_of(_fold([_act(4, "reopened", {"by": "visitor"})], row))
    assert (again.status, again.rating, again.rating_text, again.closed_at) == ("queued", None, "", None)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("accepted", {"agent": {}}),
        ("accepted", {"agent": "Anna"}),
        ("accepted", {"agent": {"id": "not a uuid"}}),
        ("rated", {}),
        ("rated", {"rating": 10**9}),
        ("rated", {"rating": "five"}),
        ("recalled", {}),
        ("recalled", {"seq": "two"}),
        ("queued", {"group": 7}),
        ("assigned", {"agent": []}),
        ("refused", {"back": 7}),
        ("invited", {"agent": {}}),
        ("left", {}),
        ("labels", {"labels": [7]}),
        ("snoozed", {"until": "soon"}),
        ("summarized", {"summary": 7}),
        ("from the future", {"x": 1}),
    ],
)
def test_an_act_with_strange_data_moves_the_mark_and_breaks_nothing(name: str, data: dict[str, Any]) -> None:
    row = _fold([_entry(1), _act(2, name, data)])
    acts = acts_of(row)
    assert (row.act_seq, acts.act_seq, acts.agent_id, acts.rating) == (2, 2, None, None)


_people = st.sampled_from(["visitor", "agent", "bot", "system"])
_texts = st.builds(lambda kind, text: ("say", kind, text), _people, st.text(max_size=5))
_acts = st.sampled_from(
    [
        ("act", "accepted", {"agent": {"id": AGENT, "name": "Anna"}}),
        ("act", "transferred", {}),
        ("act", "closed", {"by": {"kind": "agent"}}),
        ("act", "reopened", {"by": "visitor"}),
        ("act", "rated", {"rating": 3, "text": "fine"}),
        ("act", "note", {}),
        ("act", "queued", {"group": {"id": GROUP, "name": "Sales"}, "reason": "new"}),
        ("act", "assigned", {"agent": {"id": AGENT, "name": "Anna"}, "group": None}),
        ("act", "transferred", {"from": {"id": AGENT}, "agent": {"id": BEN, "name": "Ben"}}),
        ("act", "refused", {"agent": {"id": AGENT}, "back": {"id": BEN}}),
        ("act", "invited", {"agent": {"id": BEN}}),
        ("act", "left", {"agent": {"id": BEN}}),
        ("act", "snoozed", {"until": 99}),
        ("act", "woken", {}),
        ("act", "summarized", {"summary": "Lamp replaced", "category": "returns"}),
        ("recall", "recalled", {}),
    ]
)
_logs = st.lists(st.one_of(_texts, _acts), max_size=25)


def _log(steps: list[tuple[Any, ...]]) -> list[Entry]:
    entries: list[Entry] = []
    for seq, (what, first, second) in enumerate(steps, 1):
        if what == "say":
            entries.append(_entry(seq, first, second))
        elif what == "act":
            entries.append(_act(seq, first, second))
        else:
            said = [entry.seq for entry in entries if entry.kind != "event"]
            entries.append(
                _act(seq, "recalled", {"seq": said[-1] if said else 0, "by": "visitor"}, "visitor")
            )
    return entries


def _values(row: Row) -> tuple[Any, ...]:
    return (
        row.head, row.act_seq, row.human_seq, row.visitor_seq, row.last_text, row.last_at, row.last_seq,
        row.waiting_since, acts_of(row),
    )  # fmt: skip


@given(_logs, st.lists(st.integers(0, 25), max_size=6))
def test_any_cut_and_any_repeat_gives_the_same_row(steps: list[tuple[Any, ...]], cuts: list[int]) -> None:
    entries = _log(steps)
    whole = _fold(entries)
    row = _row()
    for cut in sorted(cuts):
        _fold(entries[:cut], row)
        # What a row keeps between two batches is its columns, the snapshot among them.
        acts = acts_of(row)
        row = Row(
            CONVERSATION, SITE, VISITOR, "Mei", acts.status, row.head, row.act_seq, row.human_seq, acts.state,
            row.visitor_seq, row.last_text, row.last_at, row.last_seq, row.waiting_since, acts.rating_text,
            acts.summary, acts.category,
        )  # fmt: skip
    _fold(entries, row)
    assert _values(row) == _values(whole)


@pytest.mark.django_db
@pytest.mark.parametrize("log", ["sqlite"], indirect=True)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=_logs, pauses=st.sets(st.integers(0, 25), max_size=4))
def test_rows_equal_the_fold(
    new_talk: Callable[..., Talk], log: Journal, steps: list[tuple[Any, ...]], pauses: set[int]
) -> None:
    talk = new_talk()
    written: list[Entry] = []
    for number, (what, first, second) in enumerate(steps):
        if number in pauses:
            drain(linger_s=0)
        if what == "say":
            written.append(talk.say(second, first, key=f"{number}"))
        elif what == "act":
            written.append(talk.act(first, second))
        else:
            said = [entry.seq for entry in written if entry.kind != "event"]
            written.append(talk.act("recalled", {"seq": said[-1] if said else 0, "by": "visitor"}, "visitor"))
    drain(linger_s=0)

    row = talk.row()
    folded = _row()
    folded.id, folded.site, folded.visitor = talk.id, str(row.site_id), str(row.visitor_id)
    items = [LogItem("", talk.id, entry.seq, encode_entry(entry)) for entry in written]
    for each in read(items)[0]:
        advance(folded, each.line)
    acts = acts_of(folded)
    assert (row.head, row.human_seq, row.visitor_seq) == (folded.head, folded.human_seq, folded.visitor_seq)
    assert (row.last_text, row.last_at, row.last_seq) == (folded.last_text, folded.last_at, folded.last_seq)
    assert (row.waiting_since, row.act_seq) == (folded.waiting_since, folded.act_seq)
    assert (row.status, row.agent_name, row.rating) == (acts.status, acts.agent_name, acts.rating)
    assert (row.rating_text, str(row.agent_id or "")) == (acts.rating_text, acts.agent_id or "")
    closed = None if row.closed_at is None else round(row.closed_at.timestamp() * 1000)
    assert closed == acts.closed_at
    assert (str(row.group_id or ""), row.group_name) == (acts.group_id or "", acts.group_name)
    assert (row.guests, row.snoozed_until) == (acts.guests, acts.snoozed_until)
    assert (row.summary, row.category) == (acts.summary, acts.category)
    if bytes(row.state):
        assert bytes(row.state) == encode_state(state_of(folded))
    hidden = set(Message.objects.filter(conversation=row, is_hidden=True).values_list("seq", flat=True))
    assert hidden == {seq for seq in folded.hidden if seq}


@pytest.mark.django_db
def test_an_act_is_written_whole(talk: Talk) -> None:
    talk.say(key="a")
    accepted = talk.accept()
    closed = talk.act("closed", {"by": {"kind": "agent", "id": AGENT}})
    drain(linger_s=0)
    row = talk.row()
    assert (row.status, str(row.agent_id), row.agent_name) == ("closed", AGENT, "Anna")
    assert (row.act_seq, row.human_seq) == (closed.seq, closed.seq)
    assert row.closed_at is not None
    assert round(row.closed_at.timestamp() * 1000) == closed.created_at
    state = decode_state(bytes(row.state))
    assert isinstance(state, State)
    assert (state.status, state.visitor, state.site) == ("closed", str(row.visitor_id), str(row.site_id))
    assert accepted.seq == 2
    talk.act("reopened", {"by": "agent"})
    drain(linger_s=0)
    assert (talk.row().status, talk.row().closed_at, talk.row().agent_id) == ("queued", None, None)


@pytest.mark.django_db
def test_closing_one_and_opening_the_next_in_one_batch(new_talk: Callable[..., Talk]) -> None:
    old = new_talk()
    old.say(key="a")
    old.act("closed", {"by": {}})
    drain(linger_s=0)
    row = old.row()
    new = Talk(old.log, str(Conversation.objects.create(site_id=row.site_id, visitor_id=row.visitor_id).pk))
    new.say(key="a")
    old.act("reopened", {"by": "agent"})
    new.act("closed", {"by": {}})
    drain(linger_s=0)
    assert (old.row().status, new.row().status) == ("queued", "closed")


@pytest.mark.django_db
def test_a_second_open_conversation_is_listed_once_the_other_closes(new_talk: Callable[..., Talk]) -> None:
    old, other = new_talk(), new_talk()
    old.act("closed", {"by": {}})
    drain(linger_s=0)
    row = old.row()
    new = Talk(old.log, str(Conversation.objects.create(site_id=row.site_id, visitor_id=row.visitor_id).pk))
    old.act("reopened", {"by": "agent"})
    other.accept()
    drain(linger_s=0)
    assert (old.row().status, old.row().act_seq, old.row().head) == ("closed", 2, 2)
    assert decode_state(bytes(old.row().state)).status == "queued"
    assert other.row().status == "active"
    new.act("closed", {"by": {}})
    drain(linger_s=0)
    assert (old.row().status, new.row().status) == ("queued", "closed")
