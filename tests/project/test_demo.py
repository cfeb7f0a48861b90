"""The demo team: whole, usable, and made once."""

from __future__ import annotations

import io

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.test import RequestFactory

from agents.models import Agent, CannedReply, Group, Macro, RoutingRule, SiteRouting, Skill
from chat.models import Label, Site

pytestmark = pytest.mark.django_db


def test_it_is_made_once_and_can_sign_in(tmp_path: object, settings: object) -> None:
    settings.KEFU_DATA_DIR = tmp_path  # type: ignore[attr-defined]
    out = io.StringIO()
    call_command("seed_demo", password="tea-shop-2026", stdout=out)
    assert "wangfang" in out.getvalue()

    def counts() -> list[int]:
        models = (Agent, CannedReply, Group, Macro, RoutingRule, SiteRouting, Skill, Label, Site)
        return [model.objects.count() for model in models]

    before = counts()
    assert all(before)
    call_command("seed_demo", stdout=io.StringIO())
    assert counts() == before
    user = authenticate(RequestFactory().get("/"), username="chenjing", password="tea-shop-2026")
    assert user is not None
    assert Agent.objects.get(user=user).role == "supervisor"
