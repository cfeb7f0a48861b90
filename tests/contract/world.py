"""Servers of the suite, one of each kind per test process, and the people and sites in them."""

import json
import logging
import math
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tests.support.client import Session, agent_session, visitor_session
from tests.support.server import ROOT, Server, ServerFactory
from tests.support.services import free_port
from tests.support.waiting import eventually

logging.getLogger("httpx").setLevel(logging.WARNING)  # a line a request would bury what failed

Kind = Literal["embedded", "scaled", "daphne"]
PASSWORD = "another-horse-staple-77"
LISTED_ORIGIN = "https://shop.example.com"

# Run inside the server's own configuration: people and sites that the demo data lacks.
_SETTLE = """
import json
from django.contrib.auth.models import User
from agents.models import Agent
from chat.models import Site
demo = Site.objects.get(public_key="demo")
demo.allowed_origins = ["https://shop.example.com"]
demo.save()
other, _ = Site.objects.get_or_create(public_key="other", defaults={"name": "Other", "typing_preview": False})
final, _ = Site.objects.get_or_create(public_key="final", defaults={"name": "Final", "reopen_hours": 0})
strict, _ = Site.objects.get_or_create(
    public_key="strict", defaults={"name": "Strict", "allow_missing_origin": False})
Site.objects.filter(pk=other.pk).update(typing_preview=False)
Site.objects.filter(pk=demo.pk).update(typing_preview=True)
for name, sites in {"berta": [demo, final], "carla": [other], "dora": [demo], "emil": [demo]}.items():
    user = User.objects.create_user(name, password="another-horse-staple-77")
    agent = Agent.objects.create(user=user, display_name=name.title())
    agent.sites.set(sites)
User.objects.create_user("guest", password="another-horse-staple-77")
print(json.dumps({"secret": demo.secret}))
"""


@dataclass
class World:
    """A settled server. `kind` says what serves it; `secret` is the demo site's."""

    kind: Kind
    server: Server
    secret: str
    _sessions: dict[str, tuple[float, Session]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.server.base_url

    def agent(self, name: str = "berta") -> Session:
        """A session of an agent: berta (demo, final), carla (other), dora and emil (demo), admin.

        Kept for half its life: proving a password takes half a second of purpose.
        """
        begun, session = self._sessions.get(name, (-math.inf, None))
        if session is None or time.monotonic() - begun > 300:
            session = agent_session(self.server, name, None if name == "admin" else PASSWORD)
            self._sessions[name] = (time.monotonic(), session)
        return session

    def shell(self, code: str) -> str:
        """Run code in the server's configuration; what it printed."""
        return self.server.manage("shell", "--no-imports", "-c", code).stdout


@contextmanager
def settled(kind: Kind, folder: Path, **env: str) -> Iterator[World]:
    """A world of this kind, gone at the end."""
    factory = ServerFactory(folder)
    daphne: subprocess.Popen[bytes] | None = None
    try:
        settings = {"KEFU_RATE_LIMIT": "off", **env}
        server = factory.start("scaled" if kind == "scaled" else "embedded", env=settings)
        world = World(kind, server, "")
        world.secret = json.loads(world.shell(_SETTLE).strip().splitlines()[-1])["secret"]
        if kind == "daphne":
            server.stop()
            daphne = _daphne(server)
        # Another process changed the sites: the server may go on for up to 4 s with what it read before.
        eventually(lambda: _shows_previews(server), 15, "the server knows the sites as they are")
        yield world
    finally:
        if daphne is not None:
            daphne.kill()
            daphne.wait(10)
        factory.close()


def _shows_previews(server: Server) -> bool:
    known = {site: visitor_session(server, site).answer["site"] for site in ("demo", "other")}
    return bool(known["demo"]["typing_preview"] and not known["other"]["typing_preview"])


def _daphne(server: Server) -> subprocess.Popen[bytes]:
    """daphne on the same data, as `manage.py runserver` would serve it."""
    server.port = free_port()
    command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(server.port)]
    with server.log_path.open("ab") as output:
        process = subprocess.Popen(
            [*command, "kefu_project.asgi:application"],
            cwd=ROOT,
            env=server.env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )

    def answers() -> bool:
        assert process.poll() is None, server.log[-2000:]
        return server.health()[0] in (200, 503)  # no Celery beside it: degraded is ready enough

    eventually(answers, 60, "daphne answers")
    return process
