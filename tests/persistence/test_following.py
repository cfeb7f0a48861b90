"""What persistence tells those who follow it, and the rows of the desk's acts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.db import DataError, OperationalError, connection

from chat import ports
from chat.models import Label
from chat.persistence.reader import drain
from chat.ports import Moved
from chat.protocol.entry import new_id
from tests.persistence.talk import AGENT, Talk

GROUP = {"id": new_id(), "name": "Sales"}
BEN = {"id": new_id(), "name": "Ben"}


class Diary:
    """A follower that remembers what it was told, and fails where it is told to."""

    def __init__(self) -> None:
        self.followed: list[Moved] = []
        self.committed_: list[Moved] = []
        self.fails: dict[str, Exception] = {}

    def follow(self, moved: Sequence[Moved]) -> None:
        """See `Follower`."""
        assert connection.in_atomic_block
        for each in moved:
            if each.state.conversation in self.fails:
                raise self.fails[each.state.conversation]
        self.followed += moved

    def committed(self, moved: Sequence[Moved]) -> None:
        """See `Follower`."""
        assert not connection.in_atomic_block
        self.committed_ += moved


@pytest.fixture
def diary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Diary]:
    """The only follower for the time of a test."""
    follower = Diary()
    monkeypatch.setattr(ports, "_followers", [follower])
    yield follower


@pytest.mark.django_db(transaction=True)
def test_followers_hear_once_what_moved(talk: Talk, diary: Diary) -> None:
    talk.say("hello")
    drain(linger_s=0)
    (first,) = diary.followed
    assert (first.began, first.acted, first.acts, first.visitor_seq) == (True, False, (), 1)
    talk.say("anybody there?")
    talk.accept()
    last = talk.say("yes", "agent")
    drain(linger_s=0)
    second = diary.followed[1]
    assert (second.began, second.acted, second.acts) == (False, True, ("accepted",))
    assert (second.state.status, second.visitor_seq, second.human_seq) == ("active", 2, 4)
    assert second.last_at == last.created_at
    assert diary.committed_ == diary.followed
    assert drain(linger_s=0) == 0
    assert len(diary.followed) == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("error", [ValueError("?"), DataError("?")], ids=["own", "data"])
def test_what_a_follower_cannot_digest_holds_up_nobody(
    new_talk: Callable[..., Talk], diary: Diary, error: Exception
) -> None:
    talks = [new_talk() for _ in range(5)]
    for talk in talks:
        talk.say()
    diary.fails = {talks[2].id: error}
    drain(linger_s=0)
    assert [talk.seqs() for talk in talks] == [[1]] * 5
    others = {talk.id for talk in talks} - {talks[2].id}
    assert {moved.state.conversation for moved in diary.followed} == others
    assert len(diary.followed) == 4


@pytest.mark.django_db(transaction=True)
def test_a_database_in_trouble_makes_the_batch_come_again(
    talk: Talk, diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk.say()
    diary.fails = {talk.id: OperationalError("away")}
    monkeypatch.setattr("chat.persistence.reader.Backoff.is_waiting", lambda self: False)
    assert drain(linger_s=0) == 0
    assert talk.seqs() == [] and diary.committed_ == []
    diary.fails = {}
    drain(linger_s=0)
    assert talk.seqs() == [1] and len(diary.committed_) == 1


@pytest.mark.django_db
def test_the_desks_acts_become_columns(talk: Talk) -> None:
    talk.say()
    talk.act("queued", {"group": GROUP, "reason": "new"})
    talk.act("assigned", {"agent": {"id": AGENT, "name": "Anna"}, "group": GROUP})
    talk.act("invited", {"agent": BEN})
    talk.act("snoozed", {"until": 1_800_000_000_000})
    drain(linger_s=0)
    row = talk.row()
    assert (str(row.group_id), row.group_name, row.guests) == (GROUP["id"], "Sales", [BEN["id"]])
    assert (row.status, str(row.agent_id), row.snoozed_until) == ("active", AGENT, 1_800_000_000_000)
    assert row.waiting_since is not None, "an assignment is no answer"
    talk.act("woken", {"reason": "due"})
    talk.act("left", {"agent": BEN})
    talk.act("summarized", {"summary": "Lamp replaced", "category": "returns"})
    talk.act("closed", {})
    drain(linger_s=0)
    row = talk.row()
    assert (row.guests, row.snoozed_until, row.summary, row.category) == (
        [],
        None,
        "Lamp replaced",
        "returns",
    )


@pytest.mark.django_db
def test_labels_become_rows(talk: Talk, site: Any) -> None:
    red, blue = (Label.objects.create(name=name) for name in ("red", "blue"))
    gone = {"id": new_id(), "name": "gone"}

    def put(*labels: Any) -> set[str]:
        named = [
            each if isinstance(each, dict) else {"id": str(each.pk), "name": each.name} for each in labels
        ]
        talk.act("labels", {"labels": named})
        drain(linger_s=0)
        return set(talk.row().labels.values_list("name", flat=True))

    assert put(red, blue, gone) == {"red", "blue"}
    assert put(blue) == {"blue"}
    talk.say()
    drain(linger_s=0)
    assert set(talk.row().labels.values_list("name", flat=True)) == {"blue"}
    assert put() == set()
