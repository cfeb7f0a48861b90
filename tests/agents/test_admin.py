"""Agents in the admin: the list, the form, and taking somebody off duty."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from agents.models import Agent
from chat.ports import roster

pytestmark = pytest.mark.django_db
LIST = "/admin/agents/agent/"


@pytest.fixture
def fang() -> Agent:
    return Agent.objects.create(user=User.objects.create_user("wangfang"), display_name="王芳")


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


def test_an_agent_is_made_from_a_login(admin_client: Client) -> None:
    user = User.objects.create_user("emma")
    answer = admin_client.post(
        f"{LIST}add/", {"user": user.pk, "display_name": "Emma", "is_enabled": "on", "avatar_url": ""}
    )
    assert answer.status_code == 302, answer.content
    found = roster().agent_of(user.pk)
    assert found is not None and found.name == "Emma"
