"""What visitors are told: open or not, their place, and how places are pushed as they change."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from agents.models import Assignment, BusinessHours, Holiday, SiteRouting, Standing
from agents.routing import places, policies, reception, record
from agents.routing.reception import QueueReception
from chat.delivery.hub import Signal
from chat.models import new_uuid
from chat.ports import Place
from chat.protocol.commands import Accept
from chat.protocol.entry import now_ms
from tests.routing.conftest import Floor

pytestmark = pytest.mark.django_db(transaction=True)


def openness(floor: Floor) -> tuple[bool, str]:
    reception.forget()
    policies.forget()
    found = QueueReception().open_for(str(floor.site.pk))
    return found.online, found.state


def test_somebody_is_there_or_not(floor: Floor) -> None:
    assert openness(floor) == (False, "away")
    anna = floor.agent("Anna")
    assert openness(floor) == (True, "online")
    Standing.objects.filter(agent=anna).update(availability="busy")
    assert openness(floor) == (True, "online"), "busy is there"
    Standing.objects.filter(agent=anna).update(availability="away")
    assert openness(floor) == (False, "away")
    floor.leaves(anna)
    assert openness(floor) == (False, "away")


def test_only_the_default_group_counts(floor: Floor) -> None:
    sales = floor.group("Sales")
    SiteRouting.objects.create(site=floor.site, default_group=sales)
    floor.agent("Anna")
    assert openness(floor) == (False, "away")
    floor.agent("Bert", sales)
    assert openness(floor) == (True, "online")


def test_closed_says_when_it_opens(floor: Floor) -> None:
    hours = BusinessHours.objects.create(name="Days", time_zone="UTC", week=[[["00:00", "24:00"]]] * 7)
    today = timezone.now().date()
    for ahead in (-1, 0, 1):
        Holiday.objects.create(hours=hours, date=today + dt.timedelta(days=ahead), spans=[])
    SiteRouting.objects.create(site=floor.site, hours=hours)
    floor.agent("Anna")
    assert openness(floor) == (False, "closed")
    opens = QueueReception().open_for(str(floor.site.pk)).opens_at
    assert opens is not None
    assert dt.datetime.fromtimestamp(opens / 1000, dt.UTC).date() == today + dt.timedelta(days=2)


def test_a_long_queue_is_full(floor: Floor) -> None:
    SiteRouting.objects.create(site=floor.site, max_waiting=1)
    anna = floor.agent("Anna")
    floor.arrives()
    floor.route()
    talk = floor.arrives()
    floor.route()
    assert openness(floor) == (True, "full")
    floor.act(Accept(talk.id), anna)
    assert openness(floor) == (True, "online")


def test_a_place_has_a_position_and_a_wait(floor: Floor) -> None:
    talks = [floor.arrives() for _ in range(3)]
    floor.route()
    port = QueueReception()
    found = port.places([talk.id for talk in talks])
    assert [found[talk.id] for talk in talks] == [Place(1, None), Place(2, None), Place(3, None)]
    assert port.places([str(new_uuid())]) == {}
    anna = floor.agent("Anna")
    floor.act(Accept(talks[0].id), anna)
    reception.forget()
    waits = [port.places([talk.id])[talk.id].eta_s for talk in talks[1:]]
    assert waits[0] is not None and waits[1] is not None and waits[1] > waits[0] > 0


def test_only_changed_places_are_told_and_not_too_often(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Signal] = []
    monkeypatch.setattr(places, "announce", told.extend)
    monkeypatch.setattr(places, "_told", {})
    cache.delete("kefu.routing.places")
    talks = [floor.arrives() for _ in range(3)]
    floor.route()

    def push() -> dict[str, Any]:
        told.clear()
        places.push(now_ms())
        return {each.topic: each.payload["queue"]["position"] for each in told}

    assert push() == {talk.id: place for place, talk in enumerate(talks, 1)}
    anna = floor.agent("Anna", here=False)
    floor.act(Accept(talks[1].id), anna)
    assert push() == {}, "two seconds have not passed"
    cache.delete("kefu.routing.places")
    assert push() == {talks[2].id: 2}
    cache.delete("kefu.routing.places")
    assert push() == {}


@pytest.mark.parametrize(
    ("before", "now", "news"),
    [(2, 1, True), (20, 19, True), (500, 499, False), (500, 440, True), (30, 29, False)],
)
def test_a_step_far_back_is_no_news(before: int, now: int, news: bool) -> None:
    assert places.is_news(Place(before, None), Place(now, None)) is news


def test_quality_follows_the_record(floor: Floor) -> None:
    anna, bert = floor.agent("Anna"), floor.agent("Bert")
    now = now_ms()
    for agent, rating, reply_ms in ((anna, 5, 5_000), (bert, 1, 600_000)):
        for number in range(20):
            at = now - 1_000_000 + number
            Assignment.objects.create(
                conversation=new_uuid(), site=floor.site, agent=agent, how="routed", at_ms=at,
                first_reply_ms=at + reply_ms, ended_ms=at + 700_000, ended_by="closed", rating=rating,
            )  # fmt: skip
    assert record.score_quality(now) == 2
    assert record.score_quality(now) == 0, "nothing new is nothing to write"
    good, bad = Standing.objects.get(agent=anna), Standing.objects.get(agent=bert)
    assert good.quality > 0.7 > 0.5 > bad.quality
    assert good.quality_parts["csat"]["count"] == 20
