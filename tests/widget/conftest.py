"""One embedded server for all tests of a module; its demo shop answers through the administrator."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.support.chromium import chromium
from tests.support.server import Server, ServerFactory

#: The demo site as the pictures show it.
_SHOP = """
from chat.models import Site
Site.objects.filter(public_key="demo").update(
    name="云岭茶", greeting="您好！我是云岭茶的客服，有什么可以帮您？", accent_color="#2f6a45",
    typing_preview=True,
)
from agents.models import Agent
from django.contrib.auth import get_user_model
agent, _ = Agent.objects.get_or_create(user=get_user_model().objects.get(username="admin"))
agent.display_name = "林晓"
agent.save()
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A ready server; none of the module's tests may stop it."""
    factory = ServerFactory(tmp_path_factory.mktemp("shop"))
    try:
        server = factory.start("embedded", env={"KEFU_RATE_LIMIT": "off", "KEFU_ROUTING": "manual"})
        server.manage("shell", "-c", _SHOP)
        yield server
    finally:
        factory.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for a module; every test has its own context in it."""
    async with chromium() as opened:
        yield opened
