"""A crash between persistence's commit and its next step brings every batch again: nothing else happens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db.models import Model

from agents.models import Assignment, Notice, Seat, SiteRouting, Standing, Waiting
from agents.routing import timeouts
from chat import posting
from chat.conversation import SYSTEM
from chat.journal.base import LogItem
from chat.models import Conversation, Message
from chat.persistence import reader
from chat.protocol.commands import Accept, Close, LeftMessage, Rate, Refuse, Reopen, Snooze, Transfer
from chat.protocol.entry import Person, now_ms
from tests.routing.conftest import Floor, Talk

pytestmark = pytest.mark.django_db(transaction=True)
KEPT: tuple[type[Model], ...] = (Assignment, Notice, Seat, Standing, Waiting, Conversation, Message)


def everything() -> dict[str, list[dict[str, Any]]]:
    """All rows that the log makes."""
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in KEPT}


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch, settings: Any) -> list[int]:
    """Every batch is written twice; how many entries each had. Nothing may be different after it."""
    settings.KEFU_EMAIL_URL = "smtp://mail.example.com"
    once: Callable[[Sequence[LogItem]], int] = reader.write
    sizes: list[int] = []

    def twice(items: Sequence[LogItem]) -> int:
        refused = once(items)
        before = everything()
        assert once(items) == refused
        assert everything() == before
        sizes.append(len(items))
        return refused

    monkeypatch.setattr(reader, "write", twice)
    return sizes


def test_a_batch_that_comes_again_changes_nothing(floor: Floor, batches: list[int]) -> None:
    SiteRouting.objects.create(site=floor.site, leave_message_emails=["desk@shop.example"])
    anna, bert = floor.agent("Anna", capacity=2), floor.agent("Bert", here=False)
    to_bert = Person(str(bert.pk), "Bert")
    first, second, third = floor.arrives("a"), floor.arrives("b"), floor.arrives("c")
    assert floor.route() == 2 and third.waiting() is not None

    floor.says(anna, first)
    floor.act(Transfer(first.id, agent=to_bert), anna)
    floor.act(Refuse(first.id), bert)
    floor.act(Snooze(first.id, now_ms() + 60_000), anna)
    assert floor.route() == 1, "a snooze frees the seat"
    first.say("back early")
    floor.persist()

    floor.act(Accept(second.id), anna)
    floor.act(Close(second.id), anna)
    posting.post_blocking(Rate(second.id, 5), second.who)
    floor.persist()
    floor.act(Reopen(second.id), anna)

    posting.post_blocking(LeftMessage(third.id, {"email": "han@example.com"}), SYSTEM)
    floor.persist()
    floor.leaves(anna, ago_ms=3_600_000)
    timeouts.sweep(now_ms())
    floor.persist()

    assert len(batches) >= 12 and max(batches) >= 2
    assert Notice.objects.count() == 1
    assert_one_place_each(first, second, third)
    assert floor.used(anna) == 0


def assert_one_place_each(*talks: Talk) -> None:
    """Anna is gone: everybody waits, nobody twice."""
    assert Waiting.objects.count() == len(talks) and not Seat.objects.exists()
    for talk in talks:
        assert talk.waiting() is not None, talk.state()
        assert all(ended for _, _, ended in talk.history()), "no assignment is left open"
