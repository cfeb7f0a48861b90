"""Two shops, three agents and what their visitors say: enough for the console's tests and its pictures."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from tests.support.client import Session, access_token, rest, visitor_session
from tests.support.server import Server
from tests.support.waiting import eventually

PASSWORD = "bamboo-lantern-88"

#: Run by `manage.py shell`; prints what the tests need to know of it.
_FOUND = """
import json
from django.contrib.auth import get_user_model
from agents.models import Agent
from chat.models import Site
sites = {}
for key, name in (("qinghe", "青禾商城"), ("northwind", "Northwind Outdoor")):
    sites[key] = Site.objects.create(public_key=key, name=name, typing_preview=key == "qinghe")
agents = {}
for login, name, keys in (
    ("wangfang", "王芳", ["qinghe"]), ("liwei", "李伟", ["qinghe"]), ("emma", "Emma Clarke", ["northwind"]),
):
    user = get_user_model().objects.create_user(login, password=%r)
    agent = Agent.objects.create(user=user, display_name=name)
    agent.sites.set([sites[key] for key in keys])
    agents[login] = str(agent.pk)
secrets = {key: site.secret for key, site in sites.items()}
print("FOUNDED" + json.dumps({"agents": agents, "secrets": secrets}))
"""


@dataclass
class Shops:
    """A server with shops and agents. `agents`: login → agent id; `secrets`: site key → signing secret."""

    server: Server
    agents: dict[str, str]
    secrets: dict[str, str]
    _tokens: dict[str, str] = field(default_factory=dict)

    def token(self, login: str) -> str:
        """The login's JWT."""
        if login not in self._tokens:
            self._tokens[login] = access_token(self.server, login, PASSWORD)
        return self._tokens[login]

    def act(self, login: str, conversation: str, name: str, **body: Any) -> dict[str, Any]:
        """POST one of the acts as that agent."""
        with rest(self.server, self.token(login)) as http:
            answer = http.post(f"/api/v1/conversations/{conversation}/{name}/", json=body)
        assert answer.status_code in (200, 201), answer.text
        result: dict[str, Any] = answer.json()
        return result

    def refusal(self, login: str, conversation: str, name: str, **body: Any) -> str | None:
        """The code with which an act is refused, None when it was done."""
        with rest(self.server, self.token(login)) as http:
            answer = http.post(f"/api/v1/conversations/{conversation}/{name}/", json=body)
        code: str | None = answer.json().get("code") if answer.is_error else None
        return code

    def visit(self, site: str, name: str = "", verified: bool = False, **user: Any) -> Session:
        """A visitor's session. Verified visitors are signed for by the shop."""
        page = user.pop("page", None)
        given: dict[str, Any] = {"name": name, **user}
        if verified:
            given["id"] = user.get("id") or f"u-{uuid.uuid4().hex[:8]}"
        body: dict[str, Any] = {"user": given} if name or verified or user else {}
        if verified:
            secret = self.secrets[site].encode()
            body["user_hash"] = hmac.new(secret, given["id"].encode(), hashlib.sha256).hexdigest()
        if page:
            body["page"] = page
        return visitor_session(self.server, site, locale="zh-CN" if site == "qinghe" else "en-GB", **body)

    def say(self, session: Session, text: str) -> int:
        """One message of the visitor; its seq."""
        return self._post(session.token, session.conversation, {"kind": "text", "text": text})

    def answer(self, login: str, conversation: str, text: str) -> int:
        """One message of the agent; its seq."""
        return self._post(self.token(login), conversation, {"kind": "text", "text": text})

    def show(self, session: Session, name: str, content: bytes) -> int:
        """A picture of the visitor; its seq."""
        with rest(self.server, session.token) as http:
            upload = http.post("/api/v1/uploads/", files={"file": (name, content)})
        assert upload.status_code == 201, upload.text
        body = {"kind": "image", "attachment": upload.json()["id"]}
        return self._post(session.token, session.conversation, body)

    def _post(self, token: str, conversation: str, body: dict[str, Any]) -> int:
        with rest(self.server, token) as http:
            answer = http.post(
                f"/api/v1/conversations/{conversation}/messages/",
                json={"client_msg_id": uuid.uuid4().hex, **body},
            )
        assert answer.status_code in (200, 201), answer.text
        return int(answer.json()["seq"])

    def status(self, login: str, conversation: str) -> dict[str, Any]:
        """The conversation as that agent's REST sees it."""
        with rest(self.server, self.token(login)) as http:
            answer = http.get(f"/api/v1/conversations/{conversation}/")
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result


def found(server: Server) -> Shops:
    """Make shops and agents on a fresh server."""
    done = server.manage("shell", "-c", _FOUND % PASSWORD)
    line = next(line for line in done.stdout.splitlines() if line.startswith("FOUNDED"))
    known = json.loads(line.removeprefix("FOUNDED"))
    shops = Shops(server, known["agents"], known["secrets"])
    # Another process made the sites: a server may go on with what it read for up to 4 s.
    eventually(lambda: [shops.visit(site) for site in known["secrets"]], what="the server knows the sites")
    return shops
