"""One server with two shops for the tests that only talk, and one Chromium, both for a whole file."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.console.furniture import furnish
from tests.console.people import Shops, found
from tests.support.chromium import chromium
from tests.support.server import ServerFactory

#: Nobody is given anything by itself, so that a test decides who has what.
QUIET = {"KEFU_RATE_LIMIT": "off", "KEFU_ROUTING": "manual"}


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Shops]:
    """A server with shops and agents, one for a whole file; none may stop it.

    A file that says `FURNISHED = True` finds a supervisor, groups and what lies on a desk as well.
    """
    factory = ServerFactory(tmp_path_factory.mktemp("console"))
    try:
        shops = found(factory.start("embedded", env=QUIET))
        if getattr(request.module, "FURNISHED", False):
            shops.agents.update(furnish(shops))
        yield shops
    finally:
        factory.close()


@pytest.fixture
def own_shops(server_factory: ServerFactory) -> Shops:
    """The same for one test that kills its server."""
    return found(server_factory.start("embedded", env=QUIET))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for a module: its start is a second of a processor."""
    async with chromium() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def chrome(browser: Browser) -> AsyncIterator[Browser]:
    """A browser in which nothing is open, before a test and after it."""
    yield browser
    for context in list(browser.contexts):
        await context.close()
