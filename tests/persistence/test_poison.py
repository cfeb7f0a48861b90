"""What cannot be stored is parked alone, the rest goes on, and re-driving brings it home."""

from __future__ import annotations

import msgspec
import pytest
from django.db import transaction

from chat import history
from chat.conversation import Participant
from chat.journal.base import Journal, LogItem
from chat.models import Conversation, DeadLetter, Message
from chat.persistence import projection, reader
from chat.persistence.dead_letters import park, redrive
from chat.persistence.lines import Line, Rejected, storable
from chat.persistence.reader import READER, drain, write
from chat.protocol.entry import Entry, Sender, encode_entry, encode_unnumbered, new_id
from chat.warming import load_warmth
from tests.persistence.talk import AGENT, Talk

pytestmark = pytest.mark.django_db


def _letters(code: str) -> list[DeadLetter]:
    return list(DeadLetter.objects.filter(code=code, resolved_at=None).order_by("seq"))


def test_a_message_id_under_another_seq_is_parked_and_redriven(talk: Talk) -> None:
    before = talk.say("before", key="a")
    clash = talk.say("clash", key="b")
    talk.say("after", key="c")
    stray = Message.objects.create(
        id=new_id(), conversation_id=talk.id, seq=900, client_msg_id="b", sender_kind="visitor", kind="text",
        text="stray", created_at=1,
    )  # fmt: skip
    assert drain(linger_s=0) == 3

    assert talk.seqs() == [1, 3, 900]
    (letter,) = _letters("client_msg_id_clash")
    assert (str(letter.conversation), letter.seq, letter.attempts) == (talk.id, 2, 1)
    assert msgspec.json.decode(letter.body, type=Entry) == clash
    assert talk.row().head == 3, "the head follows the log"

    assert redrive([letter.pk]).refused == 1
    letter.refresh_from_db()
    assert (letter.attempts, letter.resolved_at) == (2, None)

    stray.delete()
    result = redrive([letter.pk])
    assert (result.stored, result.refused) == (1, 0)
    assert talk.seqs() == [1, 2, 3]
    letter.refresh_from_db()
    assert letter.resolved_at is not None
    assert (talk.row().head, talk.row().last_text, talk.row().waiting_since) == (
        3,
        "after",
        before.created_at,
    )
    assert redrive([letter.pk]).stored == 0, "resolved ones are left alone"


def test_another_entry_at_the_same_seq_is_parked(talk: Talk) -> None:
    Message.objects.create(
        id=new_id(),
        conversation_id=talk.id,
        seq=2,
        sender_kind="visitor",
        kind="text",
        text="usurper",
        created_at=1,
    )
    talk.say(key="a")
    talk.say(key="b")
    talk.say(key="c")
    drain(linger_s=0)
    assert [letter.seq for letter in _letters("seq_taken")] == [2]
    assert talk.seqs() == [1, 2, 3]


def test_an_id_that_stands_elsewhere_is_parked(talk: Talk) -> None:
    first = talk.say(key="a")
    talk.say(key="b", id=first.id)
    talk.say(key="c")
    drain(linger_s=0)
    assert [letter.seq for letter in _letters("id_clash")] == [2]
    assert talk.seqs() == [1, 3]


def test_bodies_that_are_no_entries_are_parked(talk: Talk) -> None:
    talk.say(key="a")
    lent = Entry(talk.id, new_id(), 0, "b", Sender("visitor", AGENT), "text", "x")
    raw = encode_unnumbered(lent)
    talk.raw(lent, raw.replace(b'"sender":{', b'"sender":[', 1))
    other = Entry(new_id(), new_id(), 0, "c", Sender("visitor", AGENT), "text", "x")
    talk.raw(other, encode_unnumbered(other))
    talk.say(key="d")
    drain(linger_s=0)
    assert [letter.seq for letter in _letters("bad_body")] == [2, 3]
    assert talk.seqs() == [1, 4]
    assert talk.row().head == 4


def test_many_poisonous_entries_among_good_ones(talk: Talk) -> None:
    first = talk.say("0", key="0")
    for number in range(1, 40):
        talk.say(f"{number}", key=f"{number}", id=first.id if number % 9 == 0 else None)
    drain(linger_s=0)
    assert [letter.seq for letter in _letters("id_clash")] == [10, 19, 28, 37]
    assert talk.seqs() == [seq for seq in range(1, 41) if seq not in (10, 19, 28, 37)]


def test_an_unknown_conversation_is_parked_until_it_exists(talk: Talk, log: Journal) -> None:
    talk.say("first", key="a")
    talk.accept()
    row = talk.row()
    Conversation.objects.filter(pk=talk.id).delete()
    drain(linger_s=0)
    letters = _letters("unknown_conversation")
    assert [letter.seq for letter in letters] == [1, 2]

    Conversation.objects.create(pk=row.pk, site_id=row.site_id, visitor_id=row.visitor_id)
    assert redrive([letter.pk for letter in letters]).stored == 2
    assert talk.seqs() == [1, 2]
    assert (talk.row().head, talk.row().status, talk.row().agent_name) == (2, "active", "Anna")


def test_a_conversation_that_is_no_uuid(talk: Talk) -> None:
    entry = Entry("not a uuid", new_id(), 1, "k", Sender("visitor", AGENT), "text", "x", created_at=5)
    item = LogItem("1", "not a uuid", 1, encode_entry(entry))
    assert write([item]) == 1
    assert write([item]) == 1
    (letter,) = _letters("unknown_conversation")
    assert redrive([letter.pk]).refused == 1


def test_parking_twice_keeps_one_letter(talk: Talk) -> None:
    refused = [Rejected(LogItem("1", talk.id, 1, b"{\x00\xff"), "bad_body", "because\0")]
    park(refused)
    park(refused)
    assert DeadLetter.objects.count() == 1
    assert DeadLetter.objects.get().attempts == 1


def test_a_parked_entry_is_still_part_of_the_log(talk: Talk, log: Journal) -> None:
    first = talk.say("first", key="a")
    clash = talk.say("clash", key="b", id=first.id)
    talk.say("third", key="c")
    drain(linger_s=0)
    assert _letters("id_clash")
    for _ in range(2):
        log.trim([READER], 1_900_000_000_000, 0, 0)
    assert log.heads([talk.id]) == {}

    warmth = load_warmth([talk.id])[talk.id]
    assert [known.client_msg_id for known in warmth.known] == ["a", "b", "c"]
    page = history.history(talk.id, viewer=Participant("agent", AGENT, "Anna", None), sign=lambda each: each)
    assert [entry.seq for entry in page] == [1, 2, 3]
    assert page[1] == clash


def test_a_recall_reaches_an_entry_that_was_parked(talk: Talk) -> None:
    first = talk.say("first", key="a")
    talk.say("oops", key="b", id=first.id)
    drain(linger_s=0)
    talk.act("recalled", {"seq": 2, "by": "visitor"}, "visitor")
    drain(linger_s=0)
    (letter,) = _letters("id_clash")
    Message.objects.filter(pk=first.id).delete()
    assert redrive([letter.pk]).stored == 1
    assert Message.objects.get(conversation_id=talk.id, seq=2).is_hidden


def test_an_entry_that_breaks_our_own_code_is_parked_alone(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        talk.say("bang" if number == 3 else "fine", key=f"{number}")

    def explode(row: projection.Row, line: Line) -> None:
        if line.text == "bang":
            raise ZeroDivisionError("a mistake of ours")
        projection.advance(row, line)

    monkeypatch.setattr("chat.persistence.batch.advance", explode)
    assert drain(linger_s=0) == 5
    assert [letter.seq for letter in _letters("internal")] == [4]
    assert talk.seqs() == [1, 2, 3, 5]
    # Its number stays taken, even when nothing came after it and the journal forgot the conversation.
    talk.say("bang", key="last")
    assert drain(linger_s=0) == 1
    assert load_warmth([talk.id])[talk.id].head.head == 6


def test_nul_is_stored_as_the_replacement_character(talk: Talk) -> None:
    talk.say("a\0b \\u0000 \\\0", key="a")
    talk.say(as_kind="card", card={"k\0": ["\0\0"]}, key="b")
    drain(linger_s=0)
    rows = Message.objects.filter(conversation_id=talk.id).order_by("seq")
    assert rows[0].text == "a\ufffdb \\u0000 \\\ufffd"
    assert rows[1].card == {"k\ufffd": ["\ufffd\ufffd"]}
    assert not DeadLetter.objects.exists()


@pytest.mark.parametrize("text", ["plain", "\\u0000", "\\\\u0000", "\0", "\\\0", "\0\0\\u0000\0", "\\\\\0"])
def test_storable_replaces_nul_and_nothing_else(text: str) -> None:
    body = msgspec.json.encode({"text": text})
    assert msgspec.json.decode(storable(body)) == {"text": text.replace("\0", "\ufffd")}


def test_the_dead_letter_goes_with_its_batch_or_not_at_all(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = talk.say(key="a")
    talk.say(key="b", id=first.id)

    class Stop(BaseException):
        """As if the process ended here."""

    def die(*args: object) -> None:
        raise Stop

    with monkeypatch.context() as patch, pytest.raises(Stop), transaction.atomic():
        patch.setattr(reader, "park", die)
        drain(linger_s=0)
    assert not Message.objects.exists()
    assert drain(linger_s=0) == 2
    assert (talk.seqs(), DeadLetter.objects.count()) == ([1], 1)
