"""The back office of agents and routing: forms say what is wrong, roles bound what is seen, files go both
ways, and every change is in the audit log with the person behind it.
"""

from __future__ import annotations

import io
from typing import Any

import pytest
import tablib
from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from agents.models import (
    Agent,
    BusinessHours,
    CannedReply,
    Decision,
    Group,
    Role,
    RoutingRule,
    SiteRouting,
    Skill,
)
from chat.models import Block, Site
from chat.ports import roster

pytestmark = pytest.mark.django_db
LIST = "/admin/agents/agent/"
PASSWORD = "correct-horse-42"
AGENT: dict[str, Any] = {
    "display_name": "Emma", "role": "agent", "is_enabled": "on", "capacity": 5, "avatar_url": "",
    "skill_levels-TOTAL_FORMS": 0, "skill_levels-INITIAL_FORMS": 0,
    "breaks-TOTAL_FORMS": 0, "breaks-INITIAL_FORMS": 0,
}  # fmt: skip
GROUP: dict[str, Any] = {
    "name": "Returns", "strategy": "weighted", "weights_0": 30, "weights_1": 40, "weights_2": 30,
    "overflow_after_s": 60, "max_waiting": 0, "answer_timeout_s": 120, "silence_timeout_s": 600,
    "is_enabled": "on",
}  # fmt: skip


@pytest.fixture
def fang() -> Agent:
    return Agent.objects.create(user=User.objects.create_user("wangfang"), display_name="王芳")


@pytest.fixture
def shops() -> tuple[Site, Site]:
    """One that the administrator below keeps, and one of somebody else."""
    return Site.objects.create(name="Tea", public_key="tea"), Site.objects.create(
        name="Lamps", public_key="lamps"
    )


@pytest.fixture
def keeper(shops: tuple[Site, Site], client: Client) -> Client:
    """The browser of an administrator of the tea shop alone."""
    user = User.objects.create_user("keeper", password=PASSWORD, is_staff=True)
    agent = Agent.objects.create(user=user, display_name="Keeper", role=Role.ADMIN)
    agent.sites.add(shops[0])
    client.force_login(user)
    return client


def test_the_list_and_the_form_open(admin_client: Client, fang: Agent) -> None:
    assert "王芳" in admin_client.get(LIST).content.decode()
    assert admin_client.get(f"{LIST}{fang.pk}/change/").status_code == 200
    assert admin_client.get(f"{LIST}?q=wang").status_code == 200


def test_disabling_and_enabling_by_action(admin_client: Client, fang: Agent) -> None:
    chosen = {"_selected_action": [str(fang.pk)]}
    admin_client.post(LIST, {**chosen, "action": "disable"})
    assert roster().refresh(str(fang.pk)) is None
    admin_client.post(LIST, {**chosen, "action": "enable"})
    assert roster().refresh(str(fang.pk)) is not None
    entries = LogEntry.objects.get_for_object(fang).filter(action=LogEntry.Action.UPDATE)
    assert [entry.changes_dict["is_enabled"] for entry in entries] == [["False", "True"], ["True", "False"]]
    assert {entry.actor.username for entry in entries} == {"admin"}


def test_an_agent_is_made_from_a_login(admin_client: Client) -> None:
    user = User.objects.create_user("emma")
    answer = admin_client.post(f"{LIST}add/", {**AGENT, "user": user.pk})
    assert answer.status_code == 302, answer.content
    found = roster().agent_of(user.pk)
    assert found is not None and found.name == "Emma"


def test_an_agent_is_made_with_a_login_of_their_own(admin_client: Client) -> None:
    body = {**AGENT, "username": "emma", "email": "emma@example.com", "role": "admin"}
    answer = admin_client.post(f"{LIST}add/", {**body, "password": PASSWORD, "languages": "zh-CN\nen"})
    assert answer.status_code == 302, answer.content
    agent = Agent.objects.get(user__username="emma")
    assert agent.languages == ["zh-CN", "en"]
    assert agent.user.check_password(PASSWORD)
    assert User.objects.get(username="emma").is_staff, "an administrator may sign in here"


@pytest.mark.parametrize(
    "body", [{}, {"username": "emma"}, {"username": "emma", "password": "123"}, {"username": "admin"}]
)
def test_a_new_agent_needs_a_whole_login(admin_client: Client, body: dict[str, str]) -> None:
    answer = admin_client.post(f"{LIST}add/", {**AGENT, **body})
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert not Agent.objects.exists()


def test_skills_breaks_and_channels_of_an_agent(admin_client: Client, fang: Agent) -> None:
    skill = Skill.objects.create(name="退货")
    body = {
        **AGENT, "user": fang.user_id, "channel_capacity_1": 2,
        "skill_levels-TOTAL_FORMS": 1, "skill_levels-0-skill": str(skill.pk), "skill_levels-0-level": 5,
        "skill_levels-0-agent": str(fang.pk),
        "breaks-TOTAL_FORMS": 1, "breaks-0-agent": str(fang.pk), "breaks-0-starts": "12:00",
        "breaks-0-ends": "13:00", "breaks-0-time_zone": "Asia/Shanghai", "breaks-0-weekday": "",
    }  # fmt: skip
    answer = admin_client.post(f"{LIST}{fang.pk}/change/", body)
    assert answer.status_code == 302, answer.content
    fang.refresh_from_db()
    assert fang.channel_capacity == {"h5": 2}
    assert [(row.skill.name, row.level) for row in fang.skill_levels.all()] == [("退货", 5)]
    assert fang.breaks.count() == 1


def test_weights_hours_and_rules_are_written_by_people(
    admin_client: Client, shops: tuple[Site, Site]
) -> None:
    body = {
        "name": "Day", "time_zone": "Asia/Shanghai", "week_0": "09:00-12:00，13:30-18:00", "week_6": "",
        "holidays-TOTAL_FORMS": 1, "holidays-INITIAL_FORMS": 0, "holidays-0-date": "2026-10-01",
        "holidays-0-name": "国庆", "holidays-0-spans": "",
    }  # fmt: skip
    answer = admin_client.post("/admin/agents/businesshours/add/", body)
    assert answer.status_code == 302, answer.content
    hours = BusinessHours.objects.get()
    assert hours.week == [[["09:00", "12:00"], ["13:30", "18:00"]], [], [], [], [], [], []]
    assert hours.holidays.get().spans == []
    routing = {
        **GROUP, "site": shops[0].pk, "weights_0": 0, "weights_1": 100, "weights_2": 0, "sticky_days": 30,
        "first_reply_target_s": 60, "reply_target_s": 180, "hours": hours.pk,
        "leave_message_emails": "a@example.com",
    }  # fmt: skip
    answer = admin_client.post("/admin/agents/siterouting/add/", routing)
    assert answer.status_code == 302, answer.content
    assert SiteRouting.objects.get().weights == {"skill": 0, "capacity": 100, "quality": 0}
    group = Group.objects.create(name="Returns")
    rule = {
        "site": shops[0].pk, "position": 1, "field": "page_url", "operator": "contains", "value": "/return",
        "group": group.pk, "is_enabled": "on",
    }  # fmt: skip
    answer = admin_client.post("/admin/agents/routingrule/add/", rule)
    assert answer.status_code == 302, answer.content
    assert RoutingRule.objects.get().group == group


@pytest.mark.parametrize(
    ("page", "field", "value"),
    [
        ("group", "weights_0", 500),
        ("businesshours", "week_0", "9-18"),
        ("businesshours", "week_0", "09:00-09:00"),
        ("businesshours", "week_0", "22:00-02:00,03:00-04:00"),
        ("businesshours", "week_0", "09:00-12:00,11:00-13:00"),
        ("businesshours", "time_zone", "Mars/Olympus"),
    ],
)
def test_what_cannot_be_is_refused(admin_client: Client, page: str, field: str, value: Any) -> None:
    holidays = {"holidays-TOTAL_FORMS": 0, "holidays-INITIAL_FORMS": 0}
    hours = {"name": "Day", "time_zone": "Asia/Shanghai", "week_0": "", **holidays}
    body = {**(GROUP if page == "group" else hours), field: value}
    answer = admin_client.post(f"/admin/agents/{page}/add/", body)
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()


def test_overflow_never_comes_back(admin_client: Client) -> None:
    first = Group.objects.create(name="First")
    second = Group.objects.create(name="Second", overflow_group=first)
    body = {**GROUP, "name": "First", "overflow_group": second.pk}
    answer = admin_client.post(f"/admin/agents/group/{first.pk}/change/", body)
    assert answer.status_code == 200
    assert Group.objects.get(name="First").overflow_group is None


def test_no_weight_at_all_is_refused(admin_client: Client) -> None:
    body = {**GROUP, "weights_0": 0, "weights_1": 0, "weights_2": 0}
    assert admin_client.post("/admin/agents/group/add/", body).status_code == 200
    assert not Group.objects.exists()


def test_an_administrator_sees_and_touches_their_own_sites_alone(
    keeper: Client, shops: tuple[Site, Site], fang: Agent
) -> None:
    tea, lamps = shops
    own = Agent.objects.create(user=User.objects.create_user("own"), display_name="Own")
    own.sites.add(tea)
    both = Agent.objects.create(user=User.objects.create_user("both"), display_name="Both")
    both.sites.add(tea, lamps)
    fang.sites.add(lamps)
    boss = Agent.objects.create(user=User.objects.create_superuser("boss"), display_name="Boss")
    boss.sites.add(tea)
    listed = keeper.get(LIST).content.decode()
    assert "Own" in listed and "Both" in listed and "王芳" not in listed and "Boss" not in listed
    assert keeper.get(f"{LIST}{fang.pk}/change/").status_code == 302
    body = {**AGENT, "display_name": "Renamed", "sites": [str(tea.pk)]}
    assert keeper.post(f"{LIST}{both.pk}/change/", body).status_code == 403
    assert keeper.post(f"{LIST}{own.pk}/change/", body).status_code == 302
    own.refresh_from_db()
    assert own.display_name == "Renamed"
    stolen = {**body, "sites": [str(tea.pk), str(lamps.pk)]}
    assert "errorlist" in keeper.post(f"{LIST}{own.pk}/change/", stolen).content.decode()
    assert list(own.sites.all()) == [tea]
    assert keeper.get(f"{LIST}import/").status_code == 403
    for page in ("skill", "businesshours"):
        assert keeper.get(f"/admin/agents/{page}/").status_code == 200
        assert keeper.get(f"/admin/agents/{page}/add/").status_code == 403
    assert keeper.get("/admin/auditlog/logentry/").status_code == 403
    assert keeper.get("/admin/auth/user/").status_code == 403


def test_an_administrator_makes_rows_for_their_own_site_only(
    keeper: Client, shops: tuple[Site, Site]
) -> None:
    body = {"kind": "address", "value": "203.0.113.7", "reason": "spam"}
    assert keeper.post("/admin/chat/block/add/", body).status_code == 200, "every site is not theirs"
    assert keeper.post("/admin/chat/block/add/", {**body, "site": shops[1].pk}).status_code == 200
    assert not Block.objects.exists()
    assert keeper.post("/admin/chat/block/add/", {**body, "site": shops[0].pk}).status_code == 302
    assert Block.objects.get().created_by == "keeper"


def test_agents_without_the_role_have_no_business_here(shops: tuple[Site, Site], client: Client) -> None:
    user = User.objects.create_user("super", password=PASSWORD, is_staff=True)
    agent = Agent.objects.create(user=user, display_name="S", role=Role.SUPERVISOR)
    agent.sites.add(shops[0])
    client.force_login(user)
    assert client.get(LIST).status_code == 403


def _upload(client: Client, page: str, name: str, content: bytes) -> Any:
    chosen = {"format": "0" if name.endswith("csv") else "1", "resource": "0"}
    file = SimpleUploadedFile(name, content)
    answer = client.post(f"/admin/{page}/import/", {**chosen, "import_file": file})
    assert answer.status_code == 200
    return answer


def _import(client: Client, page: str, name: str, content: bytes) -> Any:
    answer = _upload(client, page, name, content)
    confirm = answer.context_data["confirm_form"]
    return client.post(f"/admin/{page}/process_import/", confirm.initial)


def test_agents_come_and_go_as_files(admin_client: Client, shops: tuple[Site, Site]) -> None:
    Skill.objects.create(name="退货")
    Group.objects.create(name="售后")
    data = tablib.Dataset(
        ("lilei", "li@example.com", "李雷", "agent", "tea", "售后", "退货:5", "zh-CN;en", 4, 1),
        headers=["username", "email", "display_name", "role", "sites", "groups", "skills", "languages",
                 "capacity", "is_enabled"],
    )  # fmt: skip
    for name, content in (("a.csv", data.export("csv").encode()), ("a.xlsx", data.export("xlsx"))):
        assert _import(admin_client, "agents/agent", name, content).status_code == 302
        agent = Agent.objects.get(user__username="lilei")
        assert (agent.display_name, agent.capacity, agent.languages) == ("李雷", 4, ["zh-CN", "en"])
        assert not agent.user.has_usable_password()
        assert [(row.skill.name, row.level) for row in agent.skill_levels.all()] == [("退货", 5)]
        assert [group.name for group in agent.groups.all()] == ["售后"]
        assert list(agent.sites.all()) == [shops[0]]
    chosen = {"format": "1", "resource": "0", "agentresource_username": "on", "agentresource_skills": "on"}
    answer = admin_client.post(f"{LIST}export/", chosen)
    rows = tablib.Dataset().load(io.BytesIO(answer.content), format="xlsx").dict
    assert {"username": "lilei", "skills": "退货:5"} in rows


@pytest.mark.parametrize(
    "row", [("", "A", "tea"), ("lilei", "", "tea"), ("lilei", "A", "nowhere")], ids=["login", "name", "site"]
)
def test_a_file_with_a_mistake_changes_nothing(
    admin_client: Client, shops: tuple[Site, Site], row: tuple[str, str, str]
) -> None:
    data = tablib.Dataset(row, headers=["username", "display_name", "sites"])
    answer = _upload(admin_client, "agents/agent", "a.csv", data.export("csv").encode())
    assert answer.context_data["result"].has_errors() or answer.context_data["result"].has_validation_errors()
    assert not Agent.objects.exists()
    assert not User.objects.filter(username="lilei").exists()


def test_formulas_leave_as_text(admin_client: Client) -> None:
    CannedReply.objects.create(shortcut="x", title="=cmd()", text="hello")
    chosen = {"format": "0", "resource": "0", "cannedreplyresource_title": "on"}
    answer = admin_client.post("/admin/agents/cannedreply/export/", chosen)
    assert b"=cmd()" not in answer.content and b"cmd()" in answer.content


def test_a_decision_explains_itself(admin_client: Client, fang: Agent, shops: tuple[Site, Site]) -> None:
    parts = {"skill": 0.8, "capacity": 0.5, "quality": 0.25}
    candidate = {"agent": str(fang.pk), "name": "王芳", "score": 0.515, "parts": parts, "used": 2,
                 "capacity": 4, "chosen": True}  # fmt: skip
    decision = Decision.objects.create(
        conversation=fang.pk, site=shops[0], at_ms=1_700_000_000_000, strategy="weighted", agent=fang,
        reason="chosen", waited_ms=1_500, candidates=[candidate], excluded={"full": 3},
    )  # fmt: skip
    page = admin_client.get(f"/admin/agents/decision/{decision.pk}/change/").content.decode()
    for text in ("王芳", "<td>80</td>", "<td>50</td>", "<td>25</td>", "2/4", "1.5"):
        assert text in page
    assert admin_client.post(f"/admin/agents/decision/{decision.pk}/change/", {}).status_code == 403


@pytest.mark.parametrize(
    "page",
    ["agent", "group", "skill", "businesshours", "siterouting", "routingrule", "cannedreply", "macro",
     "savedview", "closecategory", "decision", "assignment", "waiting", "seat", "standing"],
)  # fmt: skip
def test_every_page_opens_and_searches(admin_client: Client, page: str) -> None:
    assert admin_client.get(f"/admin/agents/{page}/").status_code == 200
    assert admin_client.get(f"/admin/agents/{page}/?q=x").status_code == 200


def test_the_audit_log_names_the_person_and_hides_secrets(
    admin_client: Client, shops: tuple[Site, Site]
) -> None:
    site = shops[0]
    admin_client.post("/admin/chat/site/", {"action": "rotate_secret", "_selected_action": [str(site.pk)]})
    Group.objects.create(name="Quiet")
    admin_client.post("/admin/agents/group/add/", {**GROUP, "sites": [str(site.pk)]})
    page = admin_client.get("/admin/auditlog/logentry/").content.decode()
    assert "Returns" in page and "admin" in page
    assert LogEntry.objects.filter(object_repr="Quiet").get().actor is None
    site.refresh_from_db()
    assert not LogEntry.objects.filter(changes__icontains=site.secret).exists()
    entry = LogEntry.objects.filter(object_repr="Returns", action=LogEntry.Action.CREATE).get()
    detail = admin_client.get(f"/admin/auditlog/logentry/{entry.pk}/change/").content.decode()
    assert "127.0.0.1" in detail and "Returns" in detail
