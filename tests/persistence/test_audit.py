"""The audit finds what was planted, and nothing where nothing is wrong."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from chat.journal.base import Journal, JournalUnavailable
from chat.models import Conversation, DeadLetter, JournalEpoch, Message
from chat.persistence import audit as module
from chat.persistence.audit import audit
from chat.persistence.reader import READER, drain
from chat.protocol.entry import new_id
from tests.persistence.talk import Talk

pytestmark = pytest.mark.django_db
LATER = 1_900_000_000_000


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BETWEEN_LOOKS_S", 0.0)


def _run(*arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("audit_messages", *arguments, stdout=out)
    except SystemExit as end:
        assert isinstance(end.code, int)
        return end.code, out.getvalue()
    return 0, out.getvalue()


def _found() -> list[tuple[str, int]]:
    return sorted((finding.kind, finding.seq) for finding in audit().findings)


def _trim_bodies(log: Journal) -> None:
    log.trim([READER], LATER, 0, 10**15)


def _forget(log: Journal) -> None:
    log.trim([READER], LATER, 0, 0)


def test_nothing_is_wrong_at_any_stage(new_talk: Callable[..., Talk], log: Journal) -> None:
    talks = [new_talk() for _ in range(3)]
    for number in range(12):
        talks[number % 2].say(f"{number}", key=f"{number}" if number % 3 else None)
    assert _run()[0] == 0
    report = audit()
    assert (report.conversations, report.entries, report.in_flight, report.findings) == (3, 12, 12, [])
    drain(linger_s=0)
    assert _run()[0] == 0
    talks[0].say("not yet persisted", key="n")
    _trim_bodies(log)
    assert _run()[0] == 0
    drain(linger_s=0)
    _forget(log)
    status, text = _run()
    assert status == 0
    assert "entries 13, in flight 0" in text
    assert "lost 0, doubled 0, gaps 0, dead letters 0" in text


def test_a_lost_message_hot_and_cold(talk: Talk, log: Journal) -> None:
    for number in range(5):
        talk.say(f"{number}", key=f"{number}")
    drain(linger_s=0)
    _trim_bodies(log)
    Message.objects.filter(seq=3).delete()
    assert _found() == [("lost", 3)], "the journal knows its client_msg_id"
    Message.objects.filter(seq=5).delete()
    assert _found() == [("lost", 3), ("lost", 5)]
    _forget(log)
    assert _found() == [("gap", 3), ("lost", 5)], "nobody knows the id any more; the tail is missing"
    status, text = _run()
    assert status == 1
    assert f"lost: {talk.id}#5" in text
    assert f"gaps: {talk.id}#3" in text


def test_a_gap(talk: Talk, log: Journal) -> None:
    for number in range(4):
        talk.say(f"{number}")
    drain(linger_s=0)
    _trim_bodies(log)
    Message.objects.filter(seq=2).delete()
    assert _found() == [("gap", 2)]
    assert _run()[0] == 1


def test_an_empty_table_behind_a_head(talk: Talk, log: Journal) -> None:
    talk.say(key="a")
    talk.say()
    drain(linger_s=0)
    _forget(log)
    Message.objects.all().delete()
    assert _found() == [("lost", 1), ("lost", 2)]


def test_two_entries_at_one_place(talk: Talk) -> None:
    talk.say(key="a")
    talk.say(key="b")
    drain(linger_s=0)
    Message.objects.filter(seq=2).update(id=new_id())
    assert _found() == [("doubled", 2)]
    assert _run()[0] == 1


def test_one_message_id_at_two_places(talk: Talk, log: Journal) -> None:
    talk.say(key="a")
    talk.say(key="b")
    drain(linger_s=0)
    _trim_bodies(log)
    Message.objects.filter(seq=1).update(client_msg_id=None)
    Message.objects.filter(seq=2).update(client_msg_id="a")
    assert _found() == [("doubled", 2)]


def test_rows_beyond_the_head(talk: Talk, log: Journal) -> None:
    talk.say(key="a")
    drain(linger_s=0)
    Message.objects.create(
        id=new_id(), conversation_id=talk.id, seq=2, sender_kind="visitor", kind="text", created_at=1
    )
    assert _found() == [("doubled", 2)]
    _forget(log)
    assert _found() == [("doubled", 2)]


def test_a_journal_that_went_back(talk: Talk) -> None:
    talk.say(key="a")
    drain(linger_s=0)
    Conversation.objects.filter(pk=talk.id).update(head=7)
    assert _found() == [("lost", 1)]


def test_dead_letters(talk: Talk) -> None:
    first = talk.say(key="a")
    talk.say(key="b", id=first.id)
    drain(linger_s=0)
    found = _found()
    assert ("dead_letter", 2) in found
    assert ("doubled", 2) in found
    assert not [kind for kind, _ in found if kind in ("lost", "gap")]
    assert _run()[0] == 1


def test_a_body_that_is_no_entry_is_a_dead_letter_and_no_gap(talk: Talk) -> None:
    talk.say(key="a")
    drain(linger_s=0)
    DeadLetter.objects.create(conversation=talk.id, seq=2, body="{", code="bad_body")
    Conversation.objects.filter(pk=talk.id).update(head=1)
    assert _found() == [("dead_letter", 2)]


def test_another_journal(talk: Talk, log: Journal) -> None:
    log.set_epoch("this one")
    JournalEpoch.objects.create(epoch="this one")
    assert _run()[0] == 0
    JournalEpoch.objects.update(epoch="that one")
    assert _found() == [("epoch", 0)]
    assert _run()[0] == 1


def test_json(talk: Talk, log: Journal) -> None:
    for number in range(30):
        talk.say(f"{number}")
    drain(linger_s=0)
    _trim_bodies(log)
    Message.objects.filter(seq__lte=25).delete()
    status, text = _run("--json")
    report = json.loads(text)
    assert status == 1
    assert report["counts"] == {"lost": 0, "doubled": 0, "gap": 25, "dead_letter": 0, "epoch": 0}
    assert (report["conversations"], report["entries"], len(report["findings"])) == (1, 30, 25)
    assert report["findings"][0]["conversation"] == talk.id
    assert "and 5 more" in _run()[1]


def test_stores_that_cannot_be_read(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any) -> None:
        raise JournalUnavailable("disk on fire")

    monkeypatch.setattr(type(talk.log), "depth", refuse)
    with pytest.raises(CommandError, match="disk on fire") as caught:
        call_command("audit_messages")
    assert caught.value.returncode == 2


def test_what_passes_by_while_the_audit_looks_is_no_finding(
    talk: Talk, log: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look finds the conversation in another stage of its way."""
    talk.say("0", key="0")
    read_head = module._row_head
    steps = iter(range(1, 100))

    def and_life_goes_on(conversation: str) -> int:
        head = read_head(conversation)
        number = next(steps)
        if number < 20:
            talk.say(f"{number}", key=f"{number}")
            drain(linger_s=0)
            _trim_bodies(log)
        return head

    monkeypatch.setattr(module, "_row_head", and_life_goes_on)
    assert audit().findings == []
