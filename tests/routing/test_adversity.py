"""What must not happen to those who wait and those who answer, whatever is deleted, blocked or late."""

from __future__ import annotations

from typing import Any

import pytest

from agents import tasks
from agents.models import Decision, Seat, Waiting
from agents.routing import repair, timeouts
from chat import blocks, posting, visitors
from chat.models import Block, BlockKind
from chat.protocol.commands import Accept
from chat.protocol.entry import now_ms
from tests.routing.conftest import Floor

pytestmark = pytest.mark.django_db(transaction=True)
LATER_MS = 120_000


def test_a_row_of_somebody_served_holds_up_nobody(floor: Floor) -> None:
    """A seat taken while the row was put back: the row goes, the others are served."""
    lilei, mei = floor.agent("lilei", here=False), floor.agent("mei")
    served, other = floor.arrives("a"), floor.arrives("b")
    Seat.objects.create(conversation=served.id, agent=lilei, site=floor.site, taken_ms=1, confirmed=True)
    floor.route()
    assert other.owner() == str(mei.pk)
    assert Seat.objects.get(pk=served.id).agent_id == lilei.pk


def test_overflow_takes_nothing_from_who_has_just_accepted(floor: Floor) -> None:
    """The queue's row is behind the log by what persistence has not written yet."""
    target = floor.group("late")
    group = floor.group("first", overflow_group=target, overflow_after_s=1)
    lilei = floor.agent("lilei", group, here=False)
    talk = floor.arrives()
    floor.route()
    Waiting.objects.filter(pk=talk.id).update(group=group, entered_ms=1)
    posting.post_blocking(Accept(talk.id), floor.participant(lilei))
    timeouts.overflow(now_ms())
    assert talk.owner() == str(lilei.pk)


def test_what_a_deleted_agent_had_waits_again(floor: Floor) -> None:
    lilei = floor.agent("lilei")
    talk = floor.arrives()
    assert floor.route() == 1
    floor.says(lilei, talk)
    talk.say("still there?")
    floor.persist()
    lilei.delete()
    tasks.repair_rows()
    floor.persist()
    mei = floor.agent("mei")
    floor.route()
    assert talk.owner() == str(mei.pk)


@pytest.mark.parametrize("how", ["button", "user", "visitor"])
def test_somebody_blocked_while_waiting_is_given_to_nobody(floor: Floor, how: str) -> None:
    talk = floor.arrives("mallory", external_id="m-1")
    floor.route()
    if how == "button":
        visitors.block(talk.visitor.pk)
    else:
        value = "m-1" if how == "user" else str(talk.visitor.pk)
        Block.objects.create(site=floor.site, kind=getattr(BlockKind, how.upper()), value=value)
    blocks.forget()
    timeouts.sweep(now_ms())
    floor.agent("lilei")
    for _ in range(3):
        floor.route()
        repair.repair(now_ms() + LATER_MS)
    floor.route()
    assert talk.owner() is None
    assert Decision.objects.filter(conversation=talk.id, reason="blocked").count() <= 1


def test_who_waited_in_a_deleted_group_is_seen_by_the_site(floor: Floor, settings: Any) -> None:
    settings.KEFU_ROUTING = "manual"
    group = floor.group("gone")
    from agents.models import RoutingRule

    RoutingRule.objects.create(site=floor.site, field="page_title", value="x", group=group)
    talk = floor.arrives(page={"title": "x"})
    floor.route()
    state = talk.state().group
    assert state is not None and state.id == str(group.pk)
    group.delete()
    timeouts.sweep(now_ms())
    floor.persist()
    repair.repair(now_ms() + LATER_MS)
    floor.persist()
    floor.route()
    assert talk.state().group is None


def test_who_waited_in_a_disabled_group_is_served(floor: Floor) -> None:
    group = floor.group("off")
    from agents.models import RoutingRule

    RoutingRule.objects.create(site=floor.site, field="page_title", value="x", group=group)
    talk = floor.arrives(page={"title": "x"})
    floor.route()
    group.is_enabled = False
    group.save()
    mei = floor.agent("mei")
    repair.repair(now_ms() + LATER_MS)
    floor.persist()
    floor.route()
    assert talk.owner() == str(mei.pk)
