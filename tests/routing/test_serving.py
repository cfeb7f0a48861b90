"""Who comes is served: the whole way in one process, with a real journal and a real database."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from agents.models import (
    Assignment,
    BusinessHours,
    Decision,
    Holiday,
    RoutingRule,
    SiteRouting,
    Waiting,
)
from agents.routing import policies, timeouts
from agents.routing.explain import decisions_of
from chat.models import Conversation
from chat.protocol.commands import Close
from chat.protocol.entry import Person, now_ms
from tests.routing.conftest import Floor

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_visitor_reaches_the_agent_who_is_there(floor: Floor) -> None:
    anna = floor.agent("Anna")
    floor.agent("Bert", here=False)
    talk = floor.arrives()
    waiting = talk.waiting()
    assert waiting is not None and waiting.since_ms > 0

    assert floor.route() == 1

    assert talk.owner() == str(anna.pk) and talk.state().offered
    assert talk.waiting() is None
    seat = talk.seat()
    assert seat is not None and seat.confirmed and seat.due_ms is not None and seat.channel == "web"
    assert floor.used(anna) == 1
    assert talk.history() == [(str(anna.pk), "routed", "")]


def test_nothing_said_is_nothing_to_answer(floor: Floor) -> None:
    floor.agent("Anna")
    talk = floor.talk()
    floor.persist()
    assert floor.route() == 0
    assert talk.waiting() is None


def test_a_freed_seat_goes_to_whoever_waits_longest(floor: Floor) -> None:
    anna = floor.agent("Anna")
    first, second, third = (floor.arrives() for _ in range(3))
    assert floor.route() == 1
    assert first.owner() == str(anna.pk)
    assert floor.route() == 0, "nobody is given beyond capacity"
    floor.act(Close(first.id), anna)
    assert floor.used(anna) == 0
    assert floor.route() == 1
    assert (second.owner(), third.owner()) == (str(anna.pk), None)


def test_priority_overtakes_for_a_bounded_time(floor: Floor) -> None:
    anna = floor.agent("Anna")
    usual = floor.arrives()
    dear = floor.arrives(priority=10)
    floor.route()
    assert (usual.owner(), dear.owner()) == (None, str(anna.pk))
    Waiting.objects.filter(pk=usual.id).update(rank_ms=1)  # has waited for an hour
    later = floor.arrives(priority=10)
    floor.act(Close(dear.id), anna)
    floor.route()
    assert (usual.owner(), later.owner()) == (str(anna.pk), None)


def test_a_decision_explains_itself(floor: Floor) -> None:
    anna, bert = floor.agent("Anna", capacity=4), floor.agent("Bert", capacity=2)
    floor.agent("Carl", here=False)
    talk = floor.arrives()
    floor.route()
    (found,) = decisions_of(talk.id)
    assert found.agent is not None and found.agent["id"] == talk.owner()
    assert {each["agent"] for each in found.candidates} == {str(anna.pk), str(bert.pk)}
    assert [each["chosen"] for each in found.candidates] == [True, False]
    assert set(found.candidates[0]["parts"]) == {"skill", "capacity", "quality"}
    assert found.candidates[0]["score"] >= found.candidates[1]["score"]
    assert found.excluded == {"offline": 1}
    assert (found.reason, found.strategy) == ("best", "weighted")
    assert Assignment.objects.get(conversation=talk.id).decision == Decision.objects.get().pk


def test_waiting_in_vain_is_explained_once_for_each_reason(floor: Floor) -> None:
    talk = floor.arrives()
    floor.route()
    floor.route()
    assert [each.reason for each in decisions_of(talk.id)] == ["nobody"]
    anna = floor.agent("Anna", here=False)
    floor.route()
    floor.route()
    assert [each.reason for each in decisions_of(talk.id)] == ["offline", "nobody"]
    floor.comes(anna)
    floor.route()
    assert [each.reason for each in decisions_of(talk.id)] == ["best", "offline", "nobody"]


def test_rules_and_the_default_group_say_where_it_goes(floor: Floor) -> None:
    sales, support = floor.group("Sales"), floor.group("Support")
    seller, helper = floor.agent("Seller", sales), floor.agent("Helper", support, capacity=2)
    SiteRouting.objects.create(site=floor.site, default_group=support)
    RoutingRule.objects.create(site=floor.site, field="page_url", value="/cart", group=sales)
    buying = floor.arrives(page={"url": "https://shop.example/cart"})
    asking = floor.arrives(page={"url": "https://shop.example/help"})
    floor.route()
    assert (buying.owner(), asking.owner()) == (str(seller.pk), str(helper.pk))
    assert buying.state().group == Person(str(sales.pk), sales.name)
    assert Conversation.objects.get(pk=asking.id).group_id == support.pk


def test_who_waits_in_a_group_is_shown_there(floor: Floor) -> None:
    sales = floor.group("Sales")
    SiteRouting.objects.create(site=floor.site, default_group=sales)
    talk = floor.arrives()
    floor.route()
    assert talk.state().group == Person(str(sales.pk), sales.name)
    assert talk.waiting() is not None and talk.state().status == "queued"


def test_a_rule_reads_the_first_message(floor: Floor) -> None:
    refunds = floor.group("Refunds")
    RoutingRule.objects.create(site=floor.site, field="text", value="退货", group=refunds)
    talk = floor.talk()
    talk.say("我要退货")
    talk.say("在吗")
    floor.persist()
    floor.route()
    assert talk.state().group == Person(str(refunds.pk), refunds.name)


def test_a_queue_overflows_to_another_group(floor: Floor) -> None:
    backup = floor.group("Backup")
    first = floor.group("First", overflow_group=backup, overflow_after_s=60)
    SiteRouting.objects.create(site=floor.site, default_group=first)
    floor.agent("Anna", first, here=False)
    bert = floor.agent("Bert", backup)
    talk = floor.arrives()
    floor.route()
    policies.forget()
    assert timeouts.overflow(now_ms()) == 0
    assert timeouts.overflow(now_ms() + 61_000) == 1
    floor.persist()
    row = talk.waiting()
    assert row is not None and (row.group_id, row.overflows, row.wants) == (backup.pk, 1, "")
    assert floor.route() == 1
    assert talk.owner() == str(bert.pk)


def test_outside_hours_nobody_is_disturbed(floor: Floor) -> None:
    hours = BusinessHours.objects.create(name="Never", time_zone="UTC", week=[[["00:00", "24:00"]]] * 7)
    for ahead in (-1, 0, 1):
        day = timezone.now().date() + dt.timedelta(days=ahead)
        Holiday.objects.create(hours=hours, date=day, spans=[])
    SiteRouting.objects.create(site=floor.site, hours=hours)
    anna = floor.agent("Anna")
    talk = floor.arrives()
    assert floor.route() == 0
    assert [each.reason for each in decisions_of(talk.id)] == ["closed"]
    Holiday.objects.all().delete()
    assert floor.route() == 1
    assert talk.owner() == str(anna.pk)


def test_the_blacklisted_are_not_served(floor: Floor) -> None:
    floor.agent("Anna")
    talk = floor.arrives(blocked_at=timezone.now())
    assert floor.route() == 0
    assert talk.waiting() is None
    assert [each.reason for each in decisions_of(talk.id)] == ["blocked"]


def test_whoever_comes_to_a_full_queue_has_no_place_in_it(floor: Floor) -> None:
    SiteRouting.objects.create(site=floor.site, max_waiting=2)
    talks = [floor.arrives() for _ in range(3)]
    floor.route()
    left = [talk.waiting().left for talk in talks]  # type: ignore[union-attr]
    assert left == [False, False, True]
    assert [each.reason for each in decisions_of(talks[2].id)][-1] == "full"
    floor.agent("Anna", capacity=3)
    assert floor.route() == 3, "they are served all the same"
