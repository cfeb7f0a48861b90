"""Who gets which page of the console, without a browser."""

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from agents.models import Agent
from chat.conversation import Participant
from chat.models import Site, Visitor
from chat.realtime import tokens

pytestmark = pytest.mark.django_db
LOGIN = "/console/login/"


@pytest.fixture
def fang() -> Agent:
    agent = Agent.objects.create(
        user=User.objects.create_user("wangfang", password="pw"), display_name="王芳"
    )
    agent.sites.add(Site.objects.create(name="青禾商城", public_key="qinghe"))
    Site.objects.create(name="Northwind", public_key="northwind")
    return agent


def config(page: str) -> dict[str, object]:
    found = re.search(r'<script id="kefu-config" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    read: dict[str, object] = json.loads(found[1])
    return read


def test_the_console_sends_strangers_to_the_login_and_back(fang: Agent) -> None:
    deep = "/console/c/01a1fb4e-af34-79f1-85e7-d78de42f3ea0/"
    client = Client()
    sent = client.get(deep)
    assert (sent.status_code, sent.headers["Location"]) == (302, f"{LOGIN}?next={deep}")
    there = client.post(sent.headers["Location"], {"username": "wangfang", "password": "pw", "next": deep})
    assert (there.status_code, there.headers["Location"]) == (302, deep)
    assert client.get(deep).status_code == 200


def test_the_login_never_leads_to_another_host(fang: Agent) -> None:
    answer = Client().post(
        LOGIN, {"username": "wangfang", "password": "pw", "next": "https://evil.example/console/"}
    )
    assert answer.headers["Location"] == "/console/"


def test_a_wrong_password_stays_and_says_so(fang: Agent) -> None:
    answer = Client().post(LOGIN, {"username": "wangfang", "password": "no"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert (
        'role="alert"' in page
        and 'value="wangfang"' in page
        and "no" not in re.findall(r'value="(no)"', page)
    )


@pytest.mark.parametrize("case", ["no row", "disabled"])
def test_a_login_that_is_no_agent_does_not_get_in(fang: Agent, case: str) -> None:
    name = "wangfang"
    if case == "disabled":
        Agent.objects.update(is_enabled=False)
    else:
        name = User.objects.create_user("zhang", password="pw").username
    client = Client()
    answer = client.post(LOGIN, {"username": name, "password": "pw"}, headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    assert "This account cannot answer visitors" in answer.content.decode()
    assert client.get("/console/").status_code == 302


def test_an_agent_disabled_while_signed_in_is_refused_and_can_leave(fang: Agent) -> None:
    client = Client()
    client.force_login(fang.user)
    Agent.objects.update(is_enabled=False)
    answer = client.get("/console/")
    assert answer.status_code == 403
    assert "kefu-config" not in answer.content.decode()
    assert client.get(LOGIN).status_code == 200, "no loop between login and console"
    left = client.post("/console/logout/")
    assert (left.status_code, left.headers["Location"]) == (302, LOGIN)
    assert client.get("/console/").status_code == 302


def test_a_visitors_token_never_reaches_the_console(fang: Agent) -> None:
    visitor = Visitor.objects.create(site=Site.objects.get(public_key="qinghe"), token_hash="x" * 64)
    token, _ = tokens.issue(Participant("visitor", str(visitor.pk)), str(visitor.site_id))
    answer = Client().get("/console/", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{LOGIN}?next=/console/")


def test_the_page_knows_the_agents_own_sites_only(fang: Agent) -> None:
    client = Client()
    client.force_login(fang.user)
    known = config(client.get("/console/").content.decode())
    assert known["agent"] == {"id": str(fang.pk), "name": "王芳", "role": "agent"}
    assert [site["name"] for site in known["sites"]] == ["青禾商城"]  # type: ignore[attr-defined]


def test_a_superuser_is_an_agent_of_all_sites(fang: Agent) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    known = config(client.get("/console/").content.decode())
    assert len(known["sites"]) == 2  # type: ignore[arg-type]


def test_a_name_cannot_break_out_of_the_page(fang: Agent) -> None:
    Agent.objects.update(display_name='</script><script>alert(1)</script>"')
    client = Client()
    client.force_login(fang.user)
    page = client.get("/console/").content.decode()
    assert "<script>alert" not in page
    assert config(page)["agent"]["name"].startswith("</script>")  # type: ignore[index]


@pytest.mark.parametrize("path", [LOGIN, "/console/"])
def test_pages_hold_no_inline_code_or_style_and_are_never_cached(fang: Agent, path: str) -> None:
    client = Client()
    if path != LOGIN:
        client.force_login(fang.user)
    answer = client.get(path)
    page = answer.content.decode()
    inline = [tag for tag in re.findall(r"<script\b[^>]*>", page) if "src=" not in tag and "json" not in tag]
    assert inline == []
    assert not re.search(r"<style|\sstyle=|\son\w+=", page)
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    ("wanted", "lang", "locale"), [("zh-CN,zh", "zh-CN", "zh-CN"), ("en-GB,en", "en", "en")]
)
def test_the_page_speaks_the_persons_language(fang: Agent, wanted: str, lang: str, locale: str) -> None:
    client = Client()
    client.force_login(fang.user)
    page = client.get("/console/", headers={"Accept-Language": wanted}).content.decode()
    assert f'<html lang="{lang}">' in page
    assert config(page)["locale"] == lang


def test_the_language_can_be_chosen(fang: Agent) -> None:
    client = Client(headers={"Accept-Language": "zh-CN"})
    client.force_login(fang.user)
    client.post("/i18n/setlang/", {"language": "en", "next": "/console/"})
    assert '<html lang="en">' in client.get("/console/").content.decode()


@pytest.mark.parametrize("where", [LOGIN, "/admin/login/"])
def test_guessing_passwords_ends_at_a_page_that_says_so(fang: Agent, settings: Any, where: str) -> None:
    settings.AXES_ENABLED = True
    client = Client(headers={"Accept-Language": "en"})
    tried = {"username": "wangfang", "password": "no"}
    answers = [client.post(where, tried) for _ in range(settings.AXES_FAILURE_LIMIT + 1)]
    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) == 900
    assert "Please try again in 15 minutes" in answers[-1].content.decode()
    assert client.post(where, {**tried, "password": "pw"}).status_code == 429, "not even with the right one"


def test_logging_out_by_a_link_is_not_possible(fang: Agent) -> None:
    client = Client()
    client.force_login(fang.user)
    assert client.get("/console/logout/").status_code == 405
    assert client.get("/console/").status_code == 200
