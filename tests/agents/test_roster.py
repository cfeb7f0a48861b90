"""Who may answer, and for which sites."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Agent, Group
from agents.roster import DatabaseRoster
from chat.models import Site
from chat.ports import roster
from chat.protocol.entry import new_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Site:
    return Site.objects.create(name="青禾商城", public_key="qinghe")


@pytest.fixture
def fang(shop: Site) -> Agent:
    agent = Agent.objects.create(user=User.objects.create_user("wangfang"), display_name="王芳")
    agent.sites.add(shop)
    return agent


def test_the_app_fills_the_port() -> None:
    assert isinstance(roster(), DatabaseRoster)


def test_an_agent_serves_the_sites_of_its_row_and_no_other(fang: Agent, shop: Site) -> None:
    other = Site.objects.create(name="Northwind", public_key="northwind")
    found = roster().agent_of(fang.user.pk)
    assert found is not None
    assert (found.kind, found.id, found.name) == ("agent", str(fang.pk), "王芳")
    assert found.serves(str(shop.pk))
    assert not found.serves(str(other.pk))


def test_a_login_without_a_row_is_no_agent() -> None:
    user = User.objects.create_user("zhang", is_staff=True)
    assert roster().agent_of(user.pk) is None
    assert not Agent.objects.filter(user=user).exists()


def test_an_unknown_login_is_no_agent() -> None:
    assert roster().agent_of(987654321) is None


def test_a_superuser_becomes_an_agent_of_every_site_once(shop: Site) -> None:
    root = User.objects.create_superuser("root", first_name="Ada", last_name="Byron")
    first, second = roster().agent_of(root.pk), roster().agent_of(root.pk)
    assert first is not None and first == second
    assert first.sites is None and first.serves(str(shop.pk)) and first.serves(new_id())
    assert first.name == "Ada Byron"
    assert Agent.objects.filter(user=root).count() == 1


@pytest.mark.parametrize("how", ["row", "login"])
def test_a_disabled_agent_may_not_act(fang: Agent, how: str) -> None:
    if how == "row":
        Agent.objects.filter(pk=fang.pk).update(is_enabled=False)
    else:
        User.objects.filter(pk=fang.user.pk).update(is_active=False)
    assert roster().agent_of(fang.user.pk) is None
    assert roster().refresh(str(fang.pk)) is None
    assert roster().able_among([str(fang.pk)]) == {}


def test_a_disabled_superuser_is_no_agent_and_gets_no_second_row() -> None:
    root = User.objects.create_superuser("root")
    Agent.objects.create(user=root, display_name="Root", is_enabled=False)
    assert roster().agent_of(root.pk) is None
    assert Agent.objects.filter(user=root).count() == 1


def test_able_among_leaves_out_the_disabled_the_deleted_and_nonsense(fang: Agent) -> None:
    off = Agent.objects.create(user=User.objects.create_user("li"), display_name="李伟", is_enabled=False)
    gone = new_id()
    asked = [str(fang.pk), str(off.pk), gone, "not-a-uuid"]
    assert roster().able_among(asked) == {str(fang.pk): roster().refresh(str(fang.pk))}


def test_able_among_asks_three_times_however_many_there_are(fang: Agent) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        roster().able_among([str(fang.pk), *(new_id() for _ in range(50))])
    assert len(queries) == 3  # the agents, and the sites and groups of all of them


def test_refresh_sees_a_site_taken_away(fang: Agent, shop: Site) -> None:
    before = roster().refresh(str(fang.pk))
    fang.sites.clear()
    after = roster().refresh(str(fang.pk))
    assert before is not None and before.serves(str(shop.pk))
    assert after is not None and not after.serves(str(shop.pk))


@pytest.mark.parametrize("agent_id", ["", "x", "01a1fb4e-af34-79f1-85e7-d78de42f3ea0"])
def test_refresh_of_nobody_is_none(agent_id: str) -> None:
    assert roster().refresh(agent_id) is None


def test_agents_see_their_groups_supervisors_and_administrators_all(fang: Agent) -> None:
    returns = Group.objects.create(name="Returns")
    fang.groups.add(returns)
    seen = roster().refresh(str(fang.pk))
    assert seen is not None and seen.role == "agent" and seen.groups == frozenset((str(returns.pk),))
    for role in ("supervisor", "admin"):
        Agent.objects.update(role=role)
        seen = roster().refresh(str(fang.pk))
        assert seen is not None and seen.role == role and seen.groups is None


def test_a_superuser_is_an_administrator_whatever_the_row_says(fang: Agent) -> None:
    fang.user.is_superuser = True
    fang.user.save()
    seen = roster().refresh(str(fang.pk))
    assert seen is not None and (seen.role, seen.groups, seen.sites) == ("admin", None, None)
