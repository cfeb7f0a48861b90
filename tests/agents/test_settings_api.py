"""What administrators set by REST: whole rows, bounds of their own sites, and the audit log."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from agents.models import Agent, BusinessHours, Group, Role, RoutingRule, SiteRouting, Skill
from chat.models import Site

pytestmark = pytest.mark.django_db
PASSWORD = "correct-horse-42"


@pytest.fixture(autouse=True)
def _no_limits(settings: Any) -> None:
    """Every test signs in anew, all from one address, which a login page counts."""
    settings.KEFU_RATE_LIMIT = False


class Caller:
    """Somebody signed in over JWT."""

    def __init__(self, username: str) -> None:
        self._client = Client()
        answer = self._client.post(
            "/api/v1/auth/token/", {"username": username, "password": PASSWORD}, "application/json"
        )
        self._headers = {"Authorization": f"Bearer {answer.json()['access']}"}

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        call = getattr(self._client, method)
        given = {} if body is None else {"data": body, "content_type": "application/json"}
        return call(f"/api/v1/{path}", headers=self._headers, **given)


@pytest.fixture
def tea() -> Site:
    return Site.objects.create(name="Tea", public_key="tea")


@pytest.fixture
def lamps() -> Site:
    return Site.objects.create(name="Lamps", public_key="lamps")


def _caller(username: str, role: str, *sites: Site) -> Caller:
    user = User.objects.create_user(username, password=PASSWORD)
    Agent.objects.create(user=user, display_name=username, role=role).sites.add(*sites)
    return Caller(username)


@pytest.fixture
def boss() -> Caller:
    User.objects.create_superuser("boss", password=PASSWORD)
    return Caller("boss")


@pytest.fixture
def keeper(tea: Site) -> Caller:
    """Administrator of the tea shop."""
    return _caller("keeper", Role.ADMIN, tea)


def test_a_team_is_set_up_and_read_back(boss: Caller, tea: Site) -> None:
    skill = boss("post", "skills/", {"name": "退货"}).json()
    group = boss("post", "groups/", {"name": "售后", "sites": [str(tea.pk)], "strategy": "least_busy"})
    assert group.status_code == 201, group.content
    body = {
        "username": "lilei", "password": PASSWORD, "display_name": "李雷", "role": "supervisor",
        "sites": [str(tea.pk)], "groups": [group.json()["id"]],
        "skills": [{"skill": skill["id"], "level": 5}], "languages": ["zh-CN"], "capacity": 8,
        "channel_capacity": {"h5": 2},
    }  # fmt: skip
    answer = boss("post", "agents/", body)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert "password" not in made
    read = boss("get", f"agents/{made['id']}/").json()
    assert read == made
    assert read["skills"] == [{"skill": skill["id"], "level": 5}] and read["channel_capacity"] == {"h5": 2}
    assert Caller("lilei")("get", "agents/").status_code == 200
    changed = boss("patch", f"agents/{made['id']}/", {"is_enabled": False, "skills": []})
    assert changed.status_code == 200 and changed.json()["skills"] == []
    listed = boss("get", "agents/settings/").json()["data"]
    assert [row["username"] for row in listed if not row["is_enabled"]] == ["lilei"]
    assert boss("get", "groups/settings/").json()["data"][0]["weights"] == {
        "skill": 30, "capacity": 40, "quality": 30,
    }  # fmt: skip
    assert boss("delete", f"groups/{group.json()['id']}/").status_code == 204
    assert not Group.objects.exists()


def test_hours_policy_and_rules(boss: Caller, tea: Site) -> None:
    week = [[["09:00", "18:00"]]] * 5 + [[], []]
    body = {"name": "Day", "time_zone": "Asia/Shanghai", "week": week}
    holidays = [{"date": "2026-10-01", "name": "国庆", "spans": []}]
    answer = boss("post", "business-hours/", {**body, "holidays": holidays})
    assert answer.status_code == 201, answer.content
    hours = answer.json()
    assert BusinessHours.objects.get().holidays.count() == 1
    assert boss("patch", f"business-hours/{hours['id']}/", {"holidays": []}).json()["holidays"] == []
    group = Group.objects.create(name="售后")
    path = f"sites/{tea.pk}/routing/"
    assert boss("get", path).json()["strategy"] == "weighted", "the defaults, where nobody has set anything"
    policy = {"default_group": str(group.pk), "hours": hours["id"], "max_waiting": 20,
              "leave_message_emails": ["a@example.com"]}  # fmt: skip
    assert boss("patch", path, policy).status_code == 200
    assert SiteRouting.objects.get().max_waiting == 20
    rule = {"site": str(tea.pk), "field": "page_url", "value": "/return", "group": str(group.pk)}
    made = boss("post", "routing-rules/", rule)
    assert made.status_code == 201, made.content
    assert boss("patch", f"routing-rules/{made.json()['id']}/", {"position": 3}).json()["position"] == 3
    assert RoutingRule.objects.get().operator == "contains"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("agents/", {"username": "a", "display_name": "A", "password": "123"}),
        ("agents/", {"username": "boss", "display_name": "A"}),
        ("agents/", {"username": "a", "display_name": "A", "role": "king"}),
        ("agents/", {"username": "a", "display_name": "A", "channel_capacity": {"fax": 1}}),
        ("agents/", {"username": "a", "display_name": "A", "languages": ["中文"]}),
        ("agents/", {"username": "a", "display_name": "A", "avatar_url": "javascript:alert(1)"}),
        ("groups/", {"name": "G", "weights": {"luck": 100}}),
        ("groups/", {"name": "G", "weights": {"skill": 0}}),
        ("groups/", {"name": "G", "strategy": "dice"}),
        ("business-hours/", {"name": "H", "time_zone": "Mars/Olympus", "week": [[]] * 7}),
        ("business-hours/", {"name": "H", "time_zone": "UTC", "week": [[]] * 6}),
        ("business-hours/", {"name": "H", "time_zone": "UTC", "week": [[["9", "18"]]] * 7}),
        ("routing-rules/", {"field": "page_url", "value": "x"}),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(boss: Caller, path: str, body: dict[str, Any]) -> None:
    answer = boss("post", path, body)
    assert answer.status_code == 400, answer.content
    assert answer.json()["code"] == "invalid" and answer.json()["details"]["fields"]


def test_two_of_a_name_are_a_conflict(boss: Caller) -> None:
    assert boss("post", "skills/", {"name": "退货"}).status_code == 201
    assert boss("post", "skills/", {"name": "退货"}).status_code in (400, 409)
    assert Skill.objects.count() == 1


def test_an_administrator_keeps_to_their_sites(keeper: Caller, tea: Site, lamps: Site) -> None:
    other = Agent.objects.create(user=User.objects.create_user("other"), display_name="Other")
    other.sites.add(lamps)
    both = Agent.objects.create(user=User.objects.create_user("both"), display_name="Both")
    both.sites.add(tea, lamps)
    superuser = Agent.objects.create(user=User.objects.create_superuser("root2"), display_name="Root")
    superuser.sites.add(tea)
    assert keeper("get", f"agents/{other.pk}/").status_code == 404
    assert keeper("patch", f"agents/{both.pk}/", {"display_name": "x"}).status_code == 403
    assert keeper("patch", f"agents/{superuser.pk}/", {"password": PASSWORD}).status_code == 404
    assert keeper("post", "agents/", {"username": "n", "display_name": "N"}).status_code == 403
    own = keeper("post", "agents/", {"username": "n", "display_name": "N", "sites": [str(tea.pk)]})
    assert own.status_code == 201, own.content
    stolen = {"sites": [str(tea.pk), str(lamps.pk)]}
    assert keeper("patch", f"agents/{own.json()['id']}/", stolen).status_code == 403
    foreign = Group.objects.create(name="Lamps")
    foreign.sites.add(lamps)
    assert keeper("get", f"groups/{foreign.pk}/").status_code == 404
    assert keeper("post", "skills/", {"name": "x"}).status_code == 403
    assert keeper("get", "skills/").status_code == 200
    assert keeper("get", f"sites/{lamps.pk}/routing/").status_code == 404
    assert keeper("patch", f"sites/{tea.pk}/routing/", {"default_group": str(foreign.pk)}).status_code == 400
    rule = {"field": "page_url", "value": "x", "priority": 5}
    assert keeper("post", "routing-rules/", {**rule, "site": str(lamps.pk)}).status_code == 403
    assert keeper("post", "routing-rules/", {**rule, "site": str(tea.pk)}).status_code == 201
    assert keeper("get", "audit-log/").status_code == 403


@pytest.mark.parametrize("role", [Role.AGENT, Role.SUPERVISOR])
def test_others_set_nothing(role: str, tea: Site) -> None:
    caller = _caller("li", role, tea)
    new = {"username": "n", "display_name": "N", "sites": [str(tea.pk)]}
    assert caller("post", "agents/", new).status_code == 403
    assert caller("get", "agents/settings/").status_code == 403
    assert caller("patch", f"sites/{tea.pk}/routing/", {"max_waiting": 1}).status_code == 403
    assert caller("get", "audit-log/").status_code == 403


def test_changes_are_in_the_audit_log_with_the_person(boss: Caller, tea: Site) -> None:
    group = boss("post", "groups/", {"name": "售后"}).json()
    boss("patch", f"groups/{group['id']}/", {"max_waiting": 9})
    rows = boss("get", f"audit-log/?model=agents.group&object={group['id']}").json()["data"]
    assert [(row["action"], row["actor"]) for row in rows] == [("changed", "boss"), ("created", "boss")]
    assert rows[0]["changes"] == {"max_waiting": ["0", "9"]} and rows[0]["address"] == "127.0.0.1"
    user = User.objects.create_user("secretive")
    assert boss("get", f"audit-log/?model=auth.user&object={user.pk}").json()["data"][0]["actor"] is None
    boss("post", "agents/", {"username": "n", "password": PASSWORD, "display_name": "N"})
    assert PASSWORD not in boss("get", "audit-log/").content.decode()
    page = boss("get", "audit-log/?limit=1").json()
    assert page["meta"]["has_more"] and len(page["data"]) == 1
    following = boss("get", f"audit-log/?limit=1&cursor={page['meta']['next_cursor']}").json()
    assert following["data"][0]["id"] < page["data"][0]["id"]
