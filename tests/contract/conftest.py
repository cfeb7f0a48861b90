"""The suite's parameters: every case runs over each transport in each mode, and over daphne's sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from tests.contract.clients import Client, PollClient, Transport, open_socket
from tests.contract.long_waits import LongWaits
from tests.contract.world import Kind, World, settled
from tests.support.client import Session

VARIANTS: list[tuple[Kind, Transport]] = [
    *(("embedded", transport) for transport in ("json", "binary", "zstd", "poll")),
    *(("scaled", transport) for transport in ("json", "binary", "zstd", "poll")),
    *(("daphne", transport) for transport in ("json", "binary", "zstd")),
]
SOCKETS = [variant for variant in VARIANTS if variant[1] != "poll"]
MODES: list[Kind] = ["embedded", "scaled"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`wire` on every variant; `socket_wire` on the WebSocket ones; `mode_wire` (JSON) once per mode;
    `poll_wire` over the long poll once per mode."""
    cases: dict[str, list[tuple[Kind, Transport]]] = {
        "socket_wire": SOCKETS,
        "mode_wire": [(kind, "json") for kind in MODES],
        "poll_wire": [(kind, "poll") for kind in MODES],
        "wire": VARIANTS,
    }
    for name, variants in cases.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize("variant", variants, ids=[f"{kind}-{form}" for kind, form in variants])
            return


class Wire:
    """One case's hands: sessions and connections on one variant, all closed at its end."""

    def __init__(self, world: World, transport: Transport) -> None:
        self.world = world
        self.transport = transport
        self.http = httpx.AsyncClient(base_url=world.url, timeout=30, trust_env=False, verify=False)
        self._open: list[Client] = []
        self._https: list[httpx.AsyncClient] = []

    async def visitor(self, site: str = "demo", **body: Any) -> Session:
        """A new visitor's session."""
        answer = await self.http.post("/api/v1/visitor/sessions/", json={"site": site, **body})
        assert answer.status_code == 201, answer.text
        return Session(self.world.server, answer.json())

    async def agent(self, name: str = "berta") -> Session:
        """A session of one of the world's agents."""
        return await asyncio.to_thread(self.world.agent, name)

    async def connect(self, transport: Transport | None = None, **options: Any) -> Client:
        """A connection before hello; `options` go to websockets' connect()."""
        form = transport or self.transport
        client: Client
        if form == "poll":
            http = httpx.AsyncClient(base_url=self.world.url, timeout=40, trust_env=False, verify=False)
            self._https.append(http)
            client = PollClient(http)
        else:
            client = await open_socket(self.world.server.ws_url, form, **options)
        self._open.append(client)
        return client

    async def join(
        self, session: Session, resume: Mapping[str, int] | None = None, transport: Transport | None = None
    ) -> Client:
        """A connection after welcome."""
        client = await self.connect(transport)
        await client.hello(session.token, resume)
        return client

    async def pair(self, site: str = "demo", agent: str = "berta") -> tuple[Session, Client, Client]:
        """A visitor and an agent in the visitor's new conversation, both following it."""
        session = await self.visitor(site)
        visitor = await self.join(session)
        answerer = await self.join(await self.agent(agent))
        await answerer.call("subscribe", {"conversation": session.conversation, "after_seq": 0})
        return session, visitor, answerer

    async def act(self, session: Session, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        """POST conversations/<path> as the person of this session."""
        return await self.http.post(
            f"/api/v1/conversations/{path}/", json=dict(body or {}), headers=session.headers
        )

    async def history(self, session: Session, conversation: str, **query: int) -> list[dict[str, Any]]:
        """The log as this person reads it."""
        answer = await self.http.get(
            f"/api/v1/conversations/{conversation}/messages/", params=query, headers=session.headers
        )
        assert answer.status_code == 200, answer.text
        data: list[dict[str, Any]] = answer.json()["data"]
        return data

    async def close(self) -> None:
        """End everything."""
        await asyncio.gather(*(client.end() for client in self._open), return_exceptions=True)
        await asyncio.gather(*(http.aclose() for http in [self.http, *self._https]))


@pytest.fixture(scope="package")
def _suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Callable[[Kind], World], LongWaits]]:
    with ExitStack() as stack:
        known: dict[Kind, World] = {}

        def world(kind: Kind) -> World:
            if kind not in known:
                known[kind] = stack.enter_context(settled(kind, tmp_path_factory.mktemp(kind)))
                waits.begin(known[kind])
            return known[kind]

        waits = LongWaits(world)
        stack.callback(waits.close)
        yield world, waits


@pytest.fixture(scope="package")
def worlds(_suite: tuple[Callable[[Kind], World], LongWaits]) -> Callable[[Kind], World]:
    """Worlds of this test process, started when first asked for."""
    return _suite[0]


@pytest.fixture(scope="package")
def long_waits(_suite: tuple[Callable[[Kind], World], LongWaits]) -> LongWaits:
    """The long waits at them, which began when they did."""
    return _suite[1]


@pytest.fixture
async def wire(worlds: Callable[[Kind], World], variant: tuple[Kind, Transport]) -> AsyncIterator[Wire]:
    """One case's hands on one variant."""
    opened = Wire(worlds(variant[0]), variant[1])
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture
def socket_wire(wire: Wire) -> Wire:
    """The same, over WebSockets only."""
    return wire


@pytest.fixture
def mode_wire(wire: Wire) -> Wire:
    """The same, once per mode: for what does not depend on the transport."""
    return wire


@pytest.fixture
def poll_wire(wire: Wire) -> Wire:
    """The same, over the long poll only."""
    return wire
