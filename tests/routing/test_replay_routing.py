"""`manage.py replay_routing` on rows as routing leaves them."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from agents.models import Agent, Assignment, Decision, Standing
from agents.routing import policies
from chat.models import Site

pytestmark = pytest.mark.django_db

DAY_MS = round(datetime(2026, 3, 2, tzinfo=UTC).timestamp() * 1000)
PERIOD = ("--from", "2026-03-02T00:00:00+00:00", "--to", "2026-03-03T00:00:00+00:00")


@pytest.fixture(autouse=True)
def fresh_policies() -> None:
    policies.forget()


def new_agent(name: str, site: Site, capacity: int = 1) -> Agent:
    user = get_user_model().objects.create_user(name)
    agent = Agent.objects.create(user=user, display_name=name, capacity=capacity)
    agent.sites.add(site)
    return agent


def decide(
    site: Site,
    agent: Agent | None,
    at_s: int,
    waited_s: int,
    lasted_s: int | None,
    seen: list[Agent],
    **more: Any,
) -> Decision:
    """A decision and, when there is an agent, their assignment, as routing and persistence write them."""
    conversation = more.pop("conversation", None) or uuid4()
    at_ms = DAY_MS + at_s * 1000
    decision = Decision.objects.create(
        conversation=conversation, site=site, agent=agent, at_ms=at_ms, strategy="weighted",
        reason=more.pop("reason", "best" if agent else "full"), waited_ms=waited_s * 1000,
        waiter={"visitor": str(uuid4()), "channel": "web", "since_ms": at_ms - waited_s * 1000, **more},
        candidates=[{"agent": str(each.pk), "name": each.display_name} for each in seen],
    )  # fmt: skip
    if agent is not None:
        Assignment.objects.create(
            conversation=conversation, site=site, agent=agent, decision=decision.pk, how="routed",
            at_ms=at_ms, ended_ms=None if lasted_s is None else at_ms + lasted_s * 1000,
        )  # fmt: skip
    return decision


def replay(*options: str) -> Any:
    out = io.StringIO()
    call_command("replay_routing", *PERIOD, "--json", *options, stdout=out)
    return json.loads(out.getvalue())


def test_actual_beside_replayed() -> None:
    """Everything went to Ann, one after the other, while Bob was a candidate all the time."""
    site = Site.objects.create(name="Shop")
    ann, bob = new_agent("Ann", site), new_agent("Bob", site)
    both = [ann, bob]
    for number in range(4):
        # Asked at 0, 100, 200, 300; Ann took each 600 s after the one before.
        decide(site, ann, 600 * number, 500 * number, 600, both)
    found = replay("--strategy", "round_robin")
    actual, replayed = found["actual"], found["replayed"]
    assert (actual["served"], actual["unserved"], actual["max_s"], actual["mean_s"]) == (4, 0, 1500.0, 750.0)
    assert [(load["name"], load["conversations"]) for load in actual["loads"]] == [("Ann", 4), ("Bob", 0)]
    assert actual["jain"] == pytest.approx(0.5)
    # Bob takes every other: the third, asked at 200, begins when Ann is free at 600, the fourth at 700.
    assert (replayed["served"], replayed["max_s"], replayed["mean_s"]) == (4, 400.0, 200.0)
    assert [(load["name"], load["conversations"]) for load in replayed["loads"]] == [("Ann", 2), ("Bob", 2)]
    # They were not there for equally long: Bob was last seen at 1800 s, Ann at 2400 s.
    assert replayed["jain"] == pytest.approx((1 / 2400 + 1 / 1800) ** 2 / (2 * (1 / 2400**2 + 1 / 1800**2)))
    assert any("guessed" in note for note in found["notes"])


def test_weights_move_conversations_to_the_better() -> None:
    site = Site.objects.create(name="Shop")
    ann, bob = new_agent("Ann", site, 5), new_agent("Bob", site, 5)
    Standing.objects.create(agent=ann, quality=0.2)
    Standing.objects.create(agent=bob, quality=0.9)
    for number in range(8):
        decide(site, (ann, bob)[number % 2], 60 * number, 0, 90, [ann, bob])

    def by_name(*options: str) -> dict[str, int]:
        return {load["name"]: load["conversations"] for load in replay(*options)["replayed"]["loads"]}

    assert by_name("--weights", "quality=1") == {"Ann": 0, "Bob": 8}
    assert by_name("--strategy", "least_busy") == {"Ann": 4, "Bob": 4}


def test_what_people_took_by_hand_keeps_its_seat() -> None:
    site = Site.objects.create(name="Shop")
    ann, bob = new_agent("Ann", site), new_agent("Bob", site)
    Assignment.objects.create(
        conversation=uuid4(), site=site, agent=bob, how="accepted", at_ms=DAY_MS, ended_ms=DAY_MS + 1_000_000
    )
    decide(site, ann, 10, 0, 300, [ann])
    decide(site, ann, 310, 290, 100, [ann])
    replayed = replay()["replayed"]
    assert {load["name"]: load["conversations"] for load in replayed["loads"]} == {"Ann": 2, "Bob": 0}
    assert replayed["max_s"] == 290.0


def test_who_was_never_served_counts_and_who_was_turned_away_does_not() -> None:
    site = Site.objects.create(name="Shop")
    ann = new_agent("Ann", site)
    decide(site, ann, 0, 0, 100, [ann])
    waits = decide(site, None, 50, 0, None, [])
    decide(site, None, 80, 30, None, [], conversation=waits.conversation)
    decide(site, None, 60, 0, None, [], reason="blocked")
    found = replay()
    assert (found["actual"]["served"], found["actual"]["unserved"]) == (1, 1)


def test_a_conversation_assigned_twice_waits_again_from_the_end_of_the_first() -> None:
    site = Site.objects.create(name="Shop")
    ann, bob = new_agent("Ann", site), new_agent("Bob", site)
    first = decide(site, ann, 100, 100, 120, [ann, bob])
    decide(site, bob, 230, 230, 60, [bob], conversation=first.conversation)
    actual = replay()["actual"]
    assert (actual["served"], actual["max_s"], actual["mean_s"]) == (2, 100.0, 55.0)


def test_one_site_and_who_is_disabled_now() -> None:
    shop, forum = Site.objects.create(name="Shop"), Site.objects.create(name="Forum")
    ann, bob = new_agent("Ann", shop), new_agent("Bob", shop)
    ann.sites.add(forum)
    decide(shop, ann, 0, 0, 100, [ann, bob])
    decide(shop, bob, 10, 0, 100, [bob])
    decide(forum, ann, 200, 0, 100, [ann])
    Agent.objects.filter(pk=bob.pk).update(is_enabled=False)
    for name in ("Shop", shop.public_key, str(shop.pk)):
        found = replay("--site", name)
        assert found["actual"]["served"] == 2
        assert {load["name"] for load in found["actual"]["loads"]} == {"Ann", "Bob"}
        assert {load["name"]: load["conversations"] for load in found["replayed"]["loads"]} == {"Ann": 2}
    assert any("Bob" in note for note in found["notes"])


def test_the_table() -> None:
    site = Site.objects.create(name="Shop")
    ann = new_agent("Ann", site)
    decide(site, ann, 30, 30, 3600, [ann])
    out = io.StringIO()
    call_command("replay_routing", *PERIOD, stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0] == "2026-03-02T00:00:00+00:00 to 2026-03-03T00:00:00+00:00"
    assert ["wait,", "longest", "30.0", "s", "30.0", "s"] in [line.split() for line in lines]
    assert ["Ann", "1", "1", "1.0", "/", "1.0", "1.00", "/", "1.00"] in [line.split() for line in lines]
    assert sum(line.startswith("* ") for line in lines) >= 5


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--weights", "skill"), "Weights"), (("--weights", "x=1"), "Weights"),
        (("--weights", "skill=-1"), "Weights"), (("--weights", "skill=0"), "above 0"),
        (("--site", "nowhere"), "No site"), (("--from", "yesterday"), "Not a date"),
        (("--from", "2026-02-31"), "Not a date"), (("--from", "2026-03-04"), "before"),
        ((), "No decision"), (("--strategy", "dice"), "invalid choice"),
    ],
)  # fmt: skip
def test_options_nobody_can_follow(options: tuple[str, ...], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        call_command("replay_routing", *PERIOD, *options, stdout=io.StringIO())
