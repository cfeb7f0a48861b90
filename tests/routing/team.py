"""A team of agents at a running server: their sockets, their visitors, and what the database counts."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.client import (
    Session,
    Socket,
    access_token,
    agent_session,
    joined,
    rest,
    visitor_session,
)
from tests.support.server import Server

PASSWORD = "bamboo-lantern-88"
AUTO = {"KEFU_RATE_LIMIT": "off", "KEFU_ROUTING": "auto"}

#: Run by `manage.py shell` with the agents' capacities; prints who they are.
_FOUND = """
import json
from django.contrib.auth import get_user_model
from agents.models import Agent, SiteRouting
from chat.models import Site
site = Site.objects.get(public_key="demo")
SiteRouting.objects.create(site=site, answer_timeout_s=%d)
ids = {}
for name, capacity in json.loads('%s').items():
    user = get_user_model().objects.create_user(name, password="%s")
    agent = Agent.objects.create(user=user, display_name=name, capacity=capacity)
    agent.sites.add(site)
    ids[name] = str(agent.pk)
print("FOUND" + json.dumps(ids))
"""
_COUNTED = """
import json
from agents.models import Assignment, Decision, Seat, Standing, Waiting
print("COUNTED" + json.dumps({
    "used": {str(pk): used for pk, used in Standing.objects.values_list("pk", "used")},
    "seats": [str(pk) for pk in Seat.objects.filter(confirmed=True).values_list("agent_id", flat=True)],
    "pending": Seat.objects.filter(confirmed=False).count(),
    "waiting": Waiting.objects.count(),
    "decisions": Decision.objects.exclude(agent=None).count(),
    "open": Assignment.objects.filter(ended_ms=None).count(),
}))
"""


@dataclass
class Team:
    """A server with agents: name → id."""

    server: Server
    capacities: dict[str, int]
    ids: dict[str, str] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict)

    def found(self, answer_timeout_s: int = 600) -> Team:
        """Make them."""
        code = _FOUND % (answer_timeout_s, json.dumps(self.capacities), PASSWORD)
        self.ids = _printed(self.server, code, "FOUND")
        return self

    def session(self, name: str) -> Session:
        """An agent's session."""
        return agent_session(self.server, name, PASSWORD)

    def token(self, name: str) -> str:
        """An agent's JWT."""
        if name not in self._tokens:
            self._tokens[name] = access_token(self.server, name, PASSWORD)
        return self._tokens[name]

    def counted(self) -> dict[str, Any]:
        """What the database says now."""
        return _printed(self.server, _COUNTED, "COUNTED")


def _printed(server: Server, code: str, mark: str) -> dict[str, Any]:
    said = server.manage("shell", "-c", code).stdout
    answer: dict[str, Any] = json.loads(said.split(mark, 1)[1])
    return answer


@asynccontextmanager
async def at_work(team: Team, *names: str) -> AsyncIterator[dict[str, Socket]]:
    """Open sockets of these agents."""
    async with contextlib.AsyncExitStack() as stack:
        sockets = {}
        for name in names:
            session = await asyncio.to_thread(team.session, name)
            sockets[name] = await stack.enter_async_context(joined(session))
        yield sockets


@asynccontextmanager
async def listening(socket: Socket) -> AsyncIterator[None]:
    """Read what comes, as a browser does: who does not is disconnected after two heartbeats."""

    async def read() -> None:
        async for _ in socket.connection:
            pass

    task = asyncio.create_task(read())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def visits(server: Server, count: int) -> list[Session]:
    """Visitors' sessions."""
    gate = asyncio.Semaphore(8)

    async def one() -> Session:
        async with gate:
            return await asyncio.to_thread(visitor_session, server)

    return list(await asyncio.gather(*(one() for _ in range(count))))


def gave(agent: str, conversation: str) -> Any:
    """Whether a frame says that the agent got the conversation."""

    def fits(frame: dict[str, Any]) -> bool:
        payload = frame["payload"]
        return bool(
            frame["type"] == "conversation"
            and payload["id"] == conversation
            and payload["agent"]
            and payload["agent"]["id"] == agent
        )

    return fits


def close(team: Team, name: str, conversation: str) -> None:
    """An agent closes by REST."""
    with rest(team.server, team.token(name)) as http:
        answer = http.post(f"/api/v1/conversations/{conversation}/close/", json={})
    assert answer.status_code in (200, 201), answer.text
