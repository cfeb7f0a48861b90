"""`GET conversations/{id}/decisions/`: read by agents who may see the conversation, by nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from rest_framework_simplejwt.tokens import AccessToken

from agents.models import Agent, SiteRouting
from chat.models import Site, new_uuid
from tests.routing.conftest import Floor

pytestmark = pytest.mark.django_db(transaction=True)


def _get(agent: Agent, conversation: object) -> tuple[int, dict[str, Any]]:
    token = AccessToken.for_user(agent.user)
    answer = Client().get(
        f"/api/v1/conversations/{conversation}/decisions/", headers={"Authorization": f"Bearer {token}"}
    )
    return answer.status_code, answer.json()


def test_decisions_explain_who_got_it(floor: Floor) -> None:
    anna = floor.agent("Anna")
    talk = floor.arrives()
    floor.route()
    status, body = _get(anna, talk.id)
    assert status == 200
    (found,) = body["data"]
    assert found["agent"] == {"id": str(anna.pk), "name": "Anna"}
    assert found["candidates"][0]["chosen"] and found["waited_ms"] >= 0
    assert body["meta"] == {"next_cursor": None, "has_more": False}


def test_strangers_see_nothing(floor: Floor) -> None:
    sales = floor.group("Sales")
    SiteRouting.objects.create(site=floor.site, default_group=sales)
    seller = floor.agent("Seller", sales)
    colleague = floor.agent("Colleague")
    elsewhere = floor.agent("Elsewhere", sales)
    elsewhere.sites.set([Site.objects.create(name="Other shop")])
    talk = floor.arrives()
    floor.route()
    assert _get(seller, talk.id)[0] == 200
    assert _get(colleague, talk.id)[0] == 404
    assert _get(elsewhere, talk.id)[0] == 404
    assert _get(seller, new_uuid())[0] == 404
    assert Client().get(f"/api/v1/conversations/{talk.id}/decisions/").status_code == 401
