"""People and places of the API's tests: two sites, visitors, agents and an administrator, over Django's
client.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from agents.models import Agent
from chat import sites
from chat.conversation import Participant
from chat.models import Site
from chat.realtime import tokens


@pytest.fixture(autouse=True)
def _fresh_sites() -> Iterator[None]:
    """No test sees the sites that another one has cached."""
    sites.forget()
    yield
    sites.forget()


@pytest.fixture(autouse=True)
def _no_limits(settings: Any) -> None:
    """All tests call from one address; those about limits turn them on."""
    settings.KEFU_RATE_LIMIT = False


@pytest.fixture(autouse=True)
def _own_media(settings: Any, tmp_path: Any) -> None:
    """Files of a test go away with it."""
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def shop(db: None) -> Site:
    """A site with one listed origin."""
    return Site.objects.create(
        public_key="shop", name="Shop", allowed_origins=["https://shop.example.com"], greeting="Hello"
    )


@pytest.fixture
def other_shop(db: None) -> Site:
    """Somebody else's site."""
    return Site.objects.create(
        public_key="other", name="Other", allowed_origins=["https://other.example.com"], greeting="Hi"
    )


class Caller:
    """Somebody with a token, calling the API in process; bodies are JSON."""

    def __init__(self, token: str | None, participant: Participant | None = None) -> None:
        self.token = token
        self.participant = participant
        self.client = Client()

    @property
    def id(self) -> str:
        """The person's id."""
        assert self.participant is not None and self.participant.id is not None
        return self.participant.id

    @property
    def headers(self) -> dict[str, str]:
        """The Bearer header, when there is a token."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def get(self, path: str, **query: Any) -> Any:
        """GET below /api/v1/."""
        return self.client.get(f"/api/v1/{path}", query, headers=self.headers)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """Any other method, with a JSON body when there is one."""
        if body is None:
            return self.client.generic(method, f"/api/v1/{path}", headers=self.headers)
        call = getattr(self.client, method.lower())
        return call(f"/api/v1/{path}", body, content_type="application/json", headers=self.headers)

    def post(self, path: str, body: Any = None) -> Any:
        """POST below /api/v1/."""
        return self.send("POST", path, body)

    def patch(self, path: str, body: Any) -> Any:
        """PATCH below /api/v1/."""
        return self.send("PATCH", path, body)

    def delete(self, path: str) -> Any:
        """DELETE below /api/v1/."""
        return self.send("DELETE", path)

    def say(self, conversation: str, text: str = "Hello", client_msg_id: str = "m1") -> Any:
        """Send a text message."""
        body = {"client_msg_id": client_msg_id, "kind": "text", "text": text}
        return self.post(f"conversations/{conversation}/messages/", body)


class Guest(Caller):
    """A visitor with an open session."""

    def __init__(self, session: dict[str, Any], site: Site) -> None:
        visitor = session["visitor"]
        who = Participant("visitor", visitor["id"], visitor["name"], frozenset((str(site.id),)))
        super().__init__(session["token"], who)
        self.session = session
        self.conversation: str = session["conversation"]["id"]


@pytest.fixture
def nobody() -> Caller:
    """Somebody without a token."""
    return Caller(None)


@pytest.fixture
def come(db: None) -> Callable[..., Guest]:
    """Lets a visitor in: `come(shop, user={"name": …})`."""

    def call(site: Site, **body: Any) -> Guest:
        answer = Client().post(
            "/api/v1/visitor/sessions/", {"site": site.public_key, **body}, content_type="application/json"
        )
        assert answer.status_code == 201, answer.content
        return Guest(answer.json(), site)

    return call


@pytest.fixture
def hire(db: None) -> Callable[..., Caller]:
    """Makes an agent of some sites: `hire("lilei", shop)`."""

    def call(username: str, *served: Site, superuser: bool = False) -> Caller:
        make = User.objects.create_superuser if superuser else User.objects.create_user
        user = make(username, password="correct-horse-42")
        agent = Agent.objects.create(user=user, display_name=username.title())
        agent.sites.set(served)
        ids = None if superuser else frozenset(str(site.id) for site in served)
        who = Participant("agent", str(agent.id), agent.display_name, ids)
        return Caller(tokens.issue(who)[0], who)

    return call


@pytest.fixture
def visitor(come: Callable[..., Guest], shop: Site) -> Guest:
    """Han Meimei, in the shop."""
    return come(shop, user={"name": "Han Meimei"})


@pytest.fixture
def agent(hire: Callable[..., Caller], shop: Site) -> Caller:
    """Li Lei, who answers for the shop."""
    return hire("lilei", shop)


@pytest.fixture
def stranger(hire: Callable[..., Caller], other_shop: Site) -> Caller:
    """Lucy, who answers for the other shop only."""
    return hire("lucy", other_shop)


@pytest.fixture
def administrator(hire: Callable[..., Caller]) -> Caller:
    """The administrator."""
    return hire("boss", superuser=True)
