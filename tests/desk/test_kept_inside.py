"""What visitors do not get to read of acts they see: groups, decisions and reasons are the team's affair."""

from __future__ import annotations

import pytest

from chat import posting
from chat.conversation import SYSTEM
from chat.delivery.frames import Delivery
from chat.history import history
from chat.protocol.commands import Assign, Queue
from chat.protocol.entry import Entry, Person, encode_entry
from tests.api.conftest import Caller, Guest

pytestmark = pytest.mark.django_db


def test_visitors_read_neither_groups_nor_decisions(visitor: Guest, agent: Caller) -> None:
    key = visitor.conversation
    visitor.say(key)
    group = Person("0190b6a1-0000-7000-8000-0000000000f1", "Churn risk")
    posting.post_blocking(Queue(key, group, "new"), SYSTEM)
    posting.post_blocking(Assign(key, Person(agent.id, "Li Lei"), group, "decision-one", "routed"), SYSTEM)
    read = visitor.get(f"conversations/{key}/messages/")
    assert read.status_code == 200 and b"Li Lei" in read.content and b"queued" in read.content
    told = [read.content, visitor.get(f"conversations/{key}/").content]
    for entry in history(key, viewer=SYSTEM, limit=20):
        assert isinstance(entry, Entry)
        delivery = Delivery(key, entry.seq, encode_entry(entry))
        told += [delivery.json(False), delivery.binary(False)]
        if entry.event is not None:
            assert b"Churn" in delivery.json(True), "agents read the whole act"
    assert (
        b"Churn" not in b"".join(told)
        and b"decision-one" not in b"".join(told)
        and b"routed" not in b"".join(told)
    )
