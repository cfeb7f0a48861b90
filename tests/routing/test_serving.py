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
    Seat,
    SiteRouting,
    Standing,
    Waiting,
)
from agents.routing import acts, drain, policies, repair, seats, timeouts
from agents.routing.explain import decisions_of
from chat import posting
from chat.conversation import SYSTEM
from chat.errors import KefuError
from chat.models import Conversation
from chat.protocol.commands import Accept, Close, Queue, Rate, Refuse, Reopen, Snooze, Transfer
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


def test_accepting_by_hand_takes_a_seat_even_beyond_capacity(floor: Floor) -> None:
    anna = floor.agent("Anna")
    first, second = floor.arrives(), floor.arrives()
    floor.route()
    floor.act(Accept(second.id), anna)
    assert floor.used(anna) == 2
    assert second.waiting() is None
    assert second.history() == [(str(anna.pk), "accepted", "")]
    assert first.owner() == str(anna.pk)


def test_manual_routing_keeps_the_rows_and_assigns_nothing(
    floor: Floor, settings: pytest.FixtureRequest
) -> None:
    settings.KEFU_ROUTING = "manual"  # type: ignore[attr-defined]
    anna = floor.agent("Anna")
    talk = floor.arrives()
    assert floor.route() == 0
    row = talk.waiting()
    assert row is not None and row.wants
    floor.act(Accept(talk.id), anna)
    assert (talk.waiting(), floor.used(anna)) == (None, 1)


def test_no_answer_passes_it_to_the_next(floor: Floor) -> None:
    anna = floor.agent("Anna")
    talk = floor.arrives()
    floor.route()
    bert = floor.agent("Bert")
    assert timeouts.overdue(now_ms() + 119_000) == 0
    assert timeouts.overdue(now_ms() + 121_000) == 1
    floor.persist()
    row = talk.waiting()
    assert row is not None and row.refused == [str(anna.pk)]
    assert floor.used(anna) == 0
    assert floor.route() == 1
    assert talk.owner() == str(bert.pk)
    assert talk.history() == [(str(anna.pk), "routed", "no_answer"), (str(bert.pk), "routed", "")]


def test_a_reaction_stops_the_clock_and_silence_starts_it_again(floor: Floor) -> None:
    anna = floor.agent("Anna")
    talk = floor.arrives()
    floor.route()
    floor.says(anna, talk)
    seat = talk.seat()
    assert seat is not None and seat.due_ms is None
    first_reply = Assignment.objects.get(conversation=talk.id).first_reply_ms
    assert first_reply is not None
    floor.says(anna, talk, "still there?")
    assert Assignment.objects.get(conversation=talk.id).first_reply_ms == first_reply
    talk.say("yes")
    floor.persist()
    due = talk.seat().due_ms  # type: ignore[union-attr]
    assert due is not None
    talk.say("hello?")
    floor.persist()
    assert talk.seat().due_ms == due  # type: ignore[union-attr]
    assert timeouts.overdue(due - 1) == 0
    assert timeouts.overdue(due) == 1
    floor.persist()
    assert talk.history() == [(str(anna.pk), "routed", "silent")]


def test_an_agent_who_went_loses_theirs_to_the_head_of_the_queue(floor: Floor) -> None:
    anna = floor.agent("Anna")
    first = floor.arrives()
    floor.route()
    second = floor.arrives(priority=10)
    floor.route()
    floor.leaves(anna, ago_ms=29_000)
    assert timeouts.gone(now_ms()) == 0, "a reload is no leaving"
    floor.leaves(anna, ago_ms=31_000)
    assert timeouts.gone(now_ms()) == 1
    floor.persist()
    floor.route()
    bert = floor.agent("Bert")
    assert floor.route() == 1
    assert (first.owner(), second.owner()) == (str(bert.pk), None)


def test_a_refusal_goes_to_the_next_agent(floor: Floor) -> None:
    anna, bert = floor.agent("Anna"), floor.agent("Bert")
    talk = floor.arrives()
    floor.route()
    first = {str(anna.pk): anna, str(bert.pk): bert}[talk.owner() or ""]
    floor.act(Refuse(talk.id), first)
    assert floor.used(first) == 0
    floor.route()
    assert talk.owner() == str((bert if first is anna else anna).pk)


def test_who_refused_is_asked_again_when_there_is_nobody_else(floor: Floor) -> None:
    anna = floor.agent("Anna")
    talk = floor.arrives()
    floor.route()
    floor.act(Refuse(talk.id), anna)
    assert floor.route() == 0
    Waiting.objects.update(entered_ms=now_ms() - drain.REFUSED_ANEW_MS - 1)
    assert floor.route() == 1
    assert talk.owner() == str(anna.pk)


def test_what_a_colleague_did_not_take_comes_back(floor: Floor) -> None:
    anna, bert = floor.agent("Anna"), floor.agent("Bert", here=False)
    talk = floor.arrives()
    floor.route()
    floor.act(Accept(talk.id), anna)
    floor.act(Transfer(talk.id, agent=Person(str(bert.pk), "Bert")), anna)
    assert (floor.used(anna), floor.used(bert)) == (0, 1)
    assert timeouts.overdue(now_ms() + 121_000) == 1
    floor.persist()
    assert talk.owner() == str(anna.pk)
    assert [how for _, how, _ in talk.history()] == ["routed", "transferred", "returned"]
    assert (floor.used(anna), floor.used(bert)) == (1, 0)


def test_a_snooze_frees_the_seat_and_its_end_takes_it_again(floor: Floor) -> None:
    anna = floor.agent("Anna")
    talk = floor.arrives()
    floor.route()
    floor.says(anna, talk)
    floor.act(Snooze(talk.id, now_ms() + 60_000), anna)
    assert (floor.used(anna), talk.owner()) == (0, str(anna.pk))
    other = floor.arrives()
    assert floor.route() == 1
    assert timeouts.wake(now_ms()) == 0
    assert timeouts.wake(now_ms() + 61_000) == 1
    floor.persist()
    assert floor.used(anna) == 2
    assert other.owner() == str(anna.pk)


def test_a_rating_belongs_to_who_had_it_last(floor: Floor) -> None:
    anna = floor.agent("Anna")
    talk = floor.arrives()
    floor.route()
    floor.act(Close(talk.id), anna)
    posting.post_blocking(Rate(talk.id, 4), talk.who)
    floor.persist()
    row = Assignment.objects.get(conversation=talk.id)
    assert (row.rating, row.ended_by) == (4, "closed")


def test_reopened_it_waits_again(floor: Floor) -> None:
    anna = floor.agent("Anna")
    talk = floor.arrives()
    floor.route()
    floor.act(Close(talk.id), anna)
    floor.act(Reopen(talk.id), anna)
    assert talk.waiting() is not None
    assert floor.route() == 1
    assert talk.history() == [(str(anna.pk), "routed", "closed"), (str(anna.pk), "routed", "")]


def test_a_lost_act_gives_the_seat_and_the_place_back(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = floor.agent("Anna")
    talk = floor.arrives()
    monkeypatch.setattr(acts, "assign", lambda commands: len(commands))  # died before it posted
    floor.route()
    monkeypatch.undo()
    seat = talk.seat()
    assert seat is not None and not seat.confirmed and talk.waiting() is None
    since = Decision.objects.get(agent=anna).waiter["since_ms"]
    assert timeouts.lost(now_ms()) == 0
    assert timeouts.lost(now_ms() + timeouts.LOST_MS) == 1
    row = talk.waiting()
    assert row is not None and row.since_ms == since and row.wants
    assert floor.used(anna) == 0


def test_an_act_the_log_refuses_frees_the_seat(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    anna, bert = floor.agent("Anna"), floor.agent("Bert", here=False)
    talk = floor.arrives()
    assign = acts.assign

    def too_late(commands: list[object]) -> int:
        posting.post_blocking(Accept(talk.id), floor.participant(bert))
        return assign(commands)  # type: ignore[arg-type]

    monkeypatch.setattr(acts, "assign", too_late)
    floor.route()
    assert talk.owner() == str(bert.pk)
    assert (floor.used(anna), floor.used(bert)) == (0, 1)


def test_a_journal_out_of_reach_leaves_the_queue_as_it_was(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = floor.agent("Anna")
    talk = floor.arrives()
    away = KefuError("journal_unavailable", "away", retry_after_s=1)
    monkeypatch.setattr(posting, "post_many", lambda commands, who: [away for _ in commands])
    assert floor.route() == 0
    monkeypatch.undo()
    assert talk.waiting() is not None and floor.used(anna) == 0
    assert floor.route() == 1


def test_an_agent_the_database_does_not_know_breaks_nothing(floor: Floor) -> None:
    talk = floor.arrives()
    stranger = "0190a000-0000-7000-8000-000000000001"
    posting.post_blocking(Queue(talk.id, Person(stranger, "no group"), "new"), SYSTEM)
    floor.persist()
    assert talk.waiting() is not None
    anna = floor.agent("Anna")
    gone = floor.participant(anna)
    anna.delete()
    posting.post_blocking(Accept(talk.id), gone)
    floor.persist()
    assert (talk.waiting(), talk.seat()) == (None, None)


def test_the_audit_repairs_a_wrong_count(floor: Floor) -> None:
    anna = floor.agent("Anna")
    floor.arrives()
    floor.route()
    assert seats.audit() == 0
    Standing.objects.filter(agent=anna).update(used=7)
    assert seats.audit() == 1
    assert floor.used(anna) == 1
    Seat.objects.all().delete()
    assert seats.audit() == 1
    assert floor.used(anna) == 0


def test_what_no_batch_brought_is_put_right(floor: Floor) -> None:
    anna = floor.agent("Anna")
    waiting, held, closed = floor.arrives(), floor.arrives(), floor.arrives()
    floor.act(Accept(held.id), anna)
    floor.act(Accept(closed.id), anna)
    floor.act(Close(closed.id), anna)
    Waiting.objects.all().delete()
    Seat.objects.all().delete()
    Seat.objects.create(conversation=closed.id, agent=anna, site=floor.site, taken_ms=1)
    assert repair.repair(now_ms() + timeouts.SETTLED_MS) > 0
    assert waiting.waiting() is not None
    assert held.seat() is not None and closed.seat() is None
    assert floor.used(anna) == 1
    assert repair.repair(now_ms() + timeouts.SETTLED_MS) == 0


def test_a_deleted_agents_conversations_wait_again(floor: Floor) -> None:
    anna = floor.agent("Anna")
    talk = floor.arrives()
    floor.route()
    anna.delete()
    assert timeouts.orphaned() == 1
    floor.persist()
    assert talk.waiting() is not None
    bert = floor.agent("Bert")
    assert floor.route() == 1
    assert talk.owner() == str(bert.pk)
