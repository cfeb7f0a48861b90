"""One server with two shops for the tests that only talk, and a Chromium per test."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.console.people import Shops, found
from tests.support.chromium import chromium
from tests.support.server import ServerFactory

#: Nobody is given anything by itself, so that a test decides who has what.
QUIET = {"KEFU_RATE_LIMIT": "off", "KEFU_ROUTING": "manual"}


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shops]:
    """A server with shops and agents, one for a whole file; none may stop it."""
    factory = ServerFactory(tmp_path_factory.mktemp("console"))
    try:
        yield found(factory.start("embedded", env=QUIET))
    finally:
        factory.close()


@pytest.fixture
def own_shops(server_factory: ServerFactory) -> Shops:
    """The same for one test that kills its server."""
    return found(server_factory.start("embedded", env=QUIET))


@pytest_asyncio.fixture
async def chrome() -> AsyncIterator[Browser]:
    """A browser."""
    async with chromium() as browser:
        yield browser
