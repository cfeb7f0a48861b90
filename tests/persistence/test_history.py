"""History is the log, wherever its entries are at the moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat import history as module
from chat.conversation import Participant
from chat.errors import KefuError
from chat.history import MAX_PAGE, history, page_bounds, stored_entry
from chat.journal.base import Journal, LogItem
from chat.models import Message
from chat.persistence import reader
from chat.persistence.reader import READER, drain, write
from chat.protocol.entry import Attachment, Entry, HiddenEntry, new_id
from tests.persistence.talk import AGENT, Talk

ANNA = Participant("agent", AGENT, "Anna", None)
LATER = 1_900_000_000_000


def _sign(attachment: Attachment) -> Attachment:
    return msgspec.structs.replace(attachment, url=f"/signed/{attachment.id}")


def _seen(talk: Talk, viewer: Participant = ANNA, **bounds: Any) -> list[Entry | HiddenEntry]:
    page = history(talk.id, viewer=viewer, sign=_sign, **bounds)
    seqs = [entry.seq for entry in page]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs))) if seqs else True, "ascending, no gaps"
    return page


def _visitor(talk: Talk) -> Participant:
    row = talk.row()
    return Participant("visitor", str(row.visitor_id), "Mei", frozenset({str(row.site_id)}))


@pytest.mark.parametrize(
    ("head", "bounds", "expected"),
    [
        (0, {}, (1, 0)),
        (10, {}, (1, 10)),
        (100, {"limit": 20}, (81, 100)),
        (100, {"before_seq": 81, "limit": 20}, (61, 80)),
        (100, {"before_seq": 5, "limit": 20}, (1, 4)),
        (100, {"before_seq": 1}, (1, 0)),
        (100, {"before_seq": 10**12, "limit": 20}, (81, 100)),
        (100, {"before_seq": -5}, (1, -6)),
        (100, {"after_seq": 0, "limit": 20}, (1, 20)),
        (100, {"after_seq": 95, "limit": 20}, (96, 100)),
        (100, {"after_seq": 100}, (101, 100)),
        (100, {"after_seq": 10**12}, (10**12 + 1, 100)),
        (100, {"after_seq": -7, "limit": 3}, (1, 3)),
        (100, {"after_seq": 10, "before_seq": 15, "limit": 50}, (11, 14)),
        (100, {"after_seq": 10, "before_seq": 90, "limit": 5}, (11, 15)),
        (10_000, {"limit": 10**9}, (10_001 - MAX_PAGE, 10_000)),
        (10_000, {"after_seq": 0, "limit": 0}, (1, 1)),
    ],
)
def test_pages(head: int, bounds: dict[str, int], expected: tuple[int, int]) -> None:
    assert page_bounds(head, **bounds) == expected


@pytest.mark.django_db
def test_journal_database_and_both(talk: Talk, log: Journal) -> None:
    entries = [talk.say(f"{number}", key=f"{number}") for number in range(3)]
    assert _seen(talk) == entries
    drain(linger_s=0)
    assert _seen(talk) == entries
    log.trim([READER], LATER, 0, 10**15)
    assert log.read_range(talk.id, 1, 9) == []
    assert _seen(talk) == entries
    entries.append(talk.say("new", key="new"))
    assert _seen(talk) == entries
    drain(linger_s=0)
    log.trim([READER], LATER, 0, 0)
    assert log.heads([talk.id]) == {}
    assert _seen(talk) == entries


@pytest.mark.django_db
def test_a_row_gives_back_the_very_entry(talk: Talk, log: Journal) -> None:
    entries = [
        talk.say('"quoted" \\ 中文 \U0001f642\n\ttab', key="k"),
        talk.say(as_kind="card", card={"a": [1, 2.5, None, {"b": "c"}]}, reply_to=1),
        talk.accept(),
        talk.act("note", {"agent": {"id": AGENT}}, text="careful"),
        talk.act("closed", {"by": {"kind": "system"}}, "system"),
    ]
    drain(linger_s=0)
    log.trim([READER], LATER, 0, 0)
    assert _seen(talk) == entries


@pytest.mark.django_db
def test_masks_and_signatures(talk: Talk) -> None:
    picture = talk.picture()
    note = talk.act("note", {"agent": {"id": AGENT}}, text="careful")
    oops = talk.say("oops", key="o")
    recall = talk.act("recalled", {"seq": oops.seq, "by": "visitor"}, "visitor")
    assert picture.attachment is not None
    signed = msgspec.structs.replace(picture, attachment=_sign(picture.attachment))
    gone = HiddenEntry(talk.id, oops.id, oops.seq)
    for _ in range(2):
        assert _seen(talk) == [signed, note, gone, recall]
        assert _seen(talk, _visitor(talk)) == [signed, HiddenEntry(talk.id, note.id, note.seq), gone, recall]
        drain(linger_s=0)


@pytest.mark.django_db
def test_a_recall_older_than_the_snapshot_remembers(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.conversation.state.MAX_RECALLED", 1)
    first, second = talk.say("one", key="1"), talk.say("two", key="2")
    talk.act("recalled", {"seq": 1, "by": "visitor"}, "visitor")
    talk.act("recalled", {"seq": 2, "by": "visitor"}, "visitor")
    assert talk.state().recalled == (2,)
    drain(linger_s=0)
    assert _seen(talk)[:2] == [HiddenEntry(talk.id, first.id, 1), HiddenEntry(talk.id, second.id, 2)]


@pytest.mark.django_db
def test_a_stranger_finds_nothing(talk: Talk) -> None:
    talk.say(key="a")
    strangers = [
        Participant("visitor", new_id(), "Eve", frozenset({str(talk.row().site_id)})),
        Participant("agent", AGENT, "Otto", frozenset({new_id()})),
    ]
    for stranger in strangers:
        with pytest.raises(KefuError, match="no such conversation"):
            history(talk.id, viewer=stranger)
    for id_ in (new_id(), "", "x", "' OR 1=1"):
        with pytest.raises(KefuError, match="no such conversation"):
            history(id_, viewer=ANNA)


@pytest.mark.django_db
def test_an_empty_conversation(talk: Talk) -> None:
    assert _seen(talk) == []
    assert _seen(talk, after_seq=5) == []


@pytest.mark.django_db
def test_one_entry_wherever_it_is(talk: Talk, log: Journal) -> None:
    said = talk.say("hello", key="a")
    assert stored_entry(talk.id, 1) == said
    drain(linger_s=0)
    log.trim([READER], LATER, 0, 0)
    assert stored_entry(talk.id, 1) == said
    assert stored_entry(talk.id, 2) is None


@pytest.mark.django_db
def test_a_lost_entry_leaves_its_place(talk: Talk, log: Journal) -> None:
    for number in range(3):
        talk.say(f"{number}", key=f"{number}")
    drain(linger_s=0)
    log.trim([READER], LATER, 0, 10**15)
    Message.objects.filter(conversation_id=talk.id, seq=2).delete()
    page = _seen(talk)
    assert [entry.kind for entry in page] == ["text", "hidden", "text"]


@pytest.mark.django_db
def test_an_entry_that_moves_while_history_reads(
    talk: Talk, log: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the heads and the look at the bodies: persisted, trimmed, forgotten."""
    entries = [talk.say(f"{number}", key=f"{number}") for number in range(4)]
    standing = module.standing

    def and_then_it_moves(conversation: str) -> Any:
        answer = standing(conversation)
        drain(linger_s=0)
        log.trim([READER], LATER, 0, 0)
        return answer

    monkeypatch.setattr(module, "standing", and_then_it_moves)
    assert _seen(talk) == entries


_steps = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.integers(1, 6)),
        st.tuples(st.just("persist"), st.integers(1, 8)),
        st.tuples(st.just("drain"), st.just(0)),
        st.tuples(st.just("trim"), st.sampled_from([0, 10**15])),
        st.tuples(st.just("recall"), st.integers(1, 30)),
        st.tuples(st.just("read"), st.integers(0, 30)),
    ),
    max_size=14,
)


@pytest.mark.django_db
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=_steps)
def test_history_is_the_log_at_any_moment(
    new_talk: Callable[..., Talk], log: Journal, steps: list[tuple[str, int]]
) -> None:
    talk = new_talk()
    expected: list[Entry] = []
    recalled: set[int] = set()

    def masked() -> list[Entry | HiddenEntry]:
        return [HiddenEntry(talk.id, e.id, e.seq) if e.seq in recalled else e for e in expected]

    for what, number in [*steps, ("read", 0)]:
        match what:
            case "say":
                Talk(log, talk.id)  # warm: the journal may have forgotten it
                expected += [talk.say(f"{len(expected)}", key=f"{len(expected)}-{n}") for n in range(number)]
            case "recall" if number <= len(expected) and number not in recalled:
                Talk(log, talk.id)
                expected.append(talk.act("recalled", {"seq": number, "by": "visitor"}, "visitor"))
                recalled.add(number)
            case "persist":  # part of the way, passed up to there
                for shard in range(log.shards):
                    items: list[LogItem] = log.read_batch(READER, shard, number)
                    if items:
                        write(items)
                        log.advance(READER, shard, items[-1].position)
            case "drain":
                assert reader.gate.enter() and reader.gate.leave()
                drain(linger_s=0)
            case "trim":
                log.trim([READER], LATER, 0, number)
            case "read":
                assert _seen(talk, limit=500) == masked()
                assert _seen(talk, after_seq=number, limit=7) == masked()[number : number + 7]
                if number:
                    assert _seen(talk, before_seq=number, limit=7) == masked()[: number - 1][-7:]
