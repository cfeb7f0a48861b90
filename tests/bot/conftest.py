"""A shop with a bot and something to say, people who call the API, and everything live as of this test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from agents.models import Agent, Role
from bot import config
from bot import sites as bots
from bot.answering import bundle
from bot.learning import progress
from bot.models import BotSettings
from chat.models import Site
from knowledge.models import Question
from knowledge.ports import Person
from knowledge.publishing import live
from knowledge.publishing.editing import save_question
from knowledge.publishing.pending import waiting
from knowledge.publishing.publish import publish
from tests.api.conftest import (  # noqa: F401
    _fresh_sites,
    _no_limits,
    _own_media,
    administrator,
    agent,
    come,
    hire,
    nobody,
    other_shop,
    shop,
    stranger,
    visitor,
)

WRITER = Person("wang", None, True)
KNOWN = (
    ("退款多久到账？", "退款会在 **3 个工作日**内原路退回。", ["钱什么时候退回来", "退款要多长时间"]),
    ("运费谁出？", "质量问题由我们承担运费，其他情况由您承担。", ["退货邮费谁付"]),
    ("怎么开发票？", "在订单页面点“申请发票”，24 小时内发到您的邮箱。", ["发票怎么申请"]),
    ("营业时间是几点？", "每天 9:00 到 21:00。", ["几点上班", "你们几点关门"]),
)


@pytest.fixture(autouse=True)
def _fresh_bot() -> Iterator[None]:
    """The database of a test goes back in time; what this process knows of it must, too."""
    _forget()
    yield
    _forget()


def _forget() -> None:
    live.forget()
    bundle.forget()
    bots.forget()
    cache.delete(progress._KEY)  # a learning that another room's tests began


@pytest.fixture
def teach(shop: Site, django_capture_on_commit_callbacks: Any) -> Callable[..., list[Question]]:  # noqa: F811
    """Publishes questions of the shop: `teach(("question", "answer", ["wording"]))`; these four if none."""

    def call(*questions: tuple[str, str, list[str]]) -> list[Question]:
        rows = [
            save_question(Question(text=text, answer=answer, wordings=wordings, site_id=shop.pk), WRITER)
            for text, answer, wordings in questions or KNOWN
        ]
        with django_capture_on_commit_callbacks(execute=True):
            publish(waiting(WRITER).chosen(drafts=True), WRITER)
        bundle.forget()
        return rows

    return call


@pytest.fixture
def botted(shop: Site) -> BotSettings:  # noqa: F811
    """The shop's bot, without pauses."""
    row = BotSettings.objects.create(site=shop, pause_min_ms=0, pause_max_ms=0)
    config.changed()
    bots.forget()
    return row


@pytest.fixture
def keeper(shop: Site, client: Client) -> Client:  # noqa: F811
    """The browser of somebody who administers the shop alone."""
    user = User.objects.create_user("keeper", password="correct-horse-42", is_staff=True)
    row = Agent.objects.create(user=user, display_name="Keeper", role=Role.ADMIN)
    row.sites.add(shop)
    client.force_login(user)
    return client
