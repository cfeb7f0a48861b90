"""A running door for the tests of this room."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from tests.door.server import App, DoorServer
from tests.door.wire import RawClient

_numbers = count()


@pytest.fixture(scope="session", params=["uvloop", "asyncio"])
def door(request: pytest.FixtureRequest) -> Iterator[DoorServer]:
    """One server for the whole run; a test that stops it starts its own."""
    server = DoorServer(request.param).start()
    yield server
    server.stop()


@pytest.fixture
def client(door: DoorServer) -> Iterator[RawClient]:
    """An open connection to the echo application."""
    with RawClient(door.port) as raw:
        yield raw.open()


@pytest.fixture
def serve_app(door: DoorServer) -> Iterator[Callable[[App], str]]:
    """Give the running server an application; the answer is its path."""
    paths = []

    def serve(app: App) -> str:
        path = f"/app/{next(_numbers)}"
        door.apps[path] = app
        paths.append(path)
        return path

    yield serve
    for path in paths:
        del door.apps[path]
