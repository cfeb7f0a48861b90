"""A floor with agents, a queue and a real journal: visitors speak, persistence runs, the router runs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from agents.models import Agent, Assignment, Group, Lease, Seat, Standing, Waiting
from agents.routing import policies, reception, router
from chat import journal as journals
from chat import posting, states
from chat.conversation import Participant, State
from chat.models import Conversation, Site, Visitor
from chat.persistence import reader
from chat.persistence.reader import drain
from chat.protocol.commands import Act, Send
from chat.protocol.entry import new_id, now_ms

FOR_LONG_MS = 3_600_000
_numbers = itertools.count(1)


class Talk:
    """A visitor's conversation and what they do in it."""

    def __init__(self, row: Conversation) -> None:
        self.id = str(row.pk)
        self.visitor = row.visitor
        self.who = Participant(
            "visitor", str(row.visitor_id), row.visitor.name, frozenset((str(row.site_id),))
        )

    def say(self, text: str = "hello") -> None:
        """A visitor's message, through posting."""
        posting.post_blocking(Send(self.id, new_id(), text=text), self.who)

    def state(self) -> State:
        """What the log says."""
        return posting.current_state(self.id)

    def owner(self) -> str | None:
        """The id of the agent who has it."""
        agent = self.state().agent
        return None if agent is None else agent.id

    def waiting(self) -> Waiting | None:
        """Its row in the queue."""
        return Waiting.objects.filter(pk=self.id).first()

    def seat(self) -> Seat | None:
        """Its seat."""
        return Seat.objects.filter(pk=self.id).first()

    def history(self) -> list[tuple[str, str, str]]:
        """(agent, how, ended_by) of its assignments, in order."""
        rows = Assignment.objects.filter(conversation=self.id).order_by("at_ms")
        return [(str(row.agent_id), row.how, row.ended_by) for row in rows]


class Floor:
    """Everything a test of routing sets up and asks."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def agent(self, name: str, *groups: Group, here: bool = True, **fields: Any) -> Agent:
        """An agent of the site; `here`: with a living lease."""
        user = get_user_model().objects.create_user(f"{name}-{next(_numbers)}")
        agent = Agent.objects.create(user=user, display_name=name, **{"capacity": 1, **fields})
        agent.sites.add(self.site)
        agent.groups.add(*groups)
        if here:
            self.comes(agent)
        return agent

    def comes(self, agent: Agent) -> None:
        """The agent's connection is alive for an hour."""
        Lease.objects.create(
            connection=f"c{next(_numbers)}", agent=agent, process="p", expires_ms=now_ms() + FOR_LONG_MS
        )
        Standing.objects.update_or_create(agent=agent, defaults={"gone_ms": None})

    def leaves(self, agent: Agent, ago_ms: int = 0) -> None:
        """Their last connection ended."""
        Lease.objects.filter(agent=agent).delete()
        Standing.objects.filter(agent=agent).update(gone_ms=now_ms() - ago_ms)

    def group(self, name: str, **fields: Any) -> Group:
        """A group of every site."""
        return Group.objects.create(name=f"{name}-{next(_numbers)}", **fields)

    def talk(self, name: str = "Mei", page: dict[str, Any] | None = None, **visitor: Any) -> Talk:
        """A conversation in which nothing was said yet."""
        made = Visitor.objects.create(
            site=self.site, token_hash=f"{next(_numbers):064x}", name=name, **visitor
        )
        row = Conversation.objects.create(site=self.site, visitor=made, page=page or {}, channel="web")
        return Talk(row)

    def arrives(self, *arguments: Any, **more: Any) -> Talk:
        """A visitor who has asked something, as persisted."""
        talk = self.talk(*arguments, **more)
        talk.say()
        self.persist()
        return talk

    def persist(self) -> None:
        """The log into the database."""
        drain(linger_s=0)

    def route(self) -> int:
        """The router, as after a nudge, and what it posted into the database; conversations assigned."""
        policies.forget()
        router.forget()
        done = router.route().assigned
        self.persist()
        return done

    def act(self, command: Act, agent: Agent) -> None:
        """An agent's act, persisted."""
        posting.post_blocking(command, self.participant(agent))
        self.persist()

    def says(self, agent: Agent, talk: Talk, text: str = "hi") -> None:
        """An agent's message, persisted."""
        posting.post_blocking(Send(talk.id, new_id(), text=text), self.participant(agent))
        self.persist()

    def participant(self, agent: Agent) -> Participant:
        """The agent at the door of the chat room."""
        return Participant("agent", str(agent.pk), agent.display_name, frozenset((str(self.site.pk),)))

    def used(self, agent: Agent) -> int:
        """Seats taken, as counted; the same as there are."""
        used = Standing.objects.get(agent=agent).used
        assert used == Seat.objects.filter(agent=agent).count()
        return used


@pytest.fixture
def log(tmp_path: Path, settings: Any) -> Iterator[None]:
    """A real journal (SQLite) and nothing remembered of another test's rows."""
    settings.KEFU_DATA_DIR = tmp_path
    settings.KEFU_REDIS_URL = ""
    journals.close_all()
    states.forget_all()
    reader.gate.abandon()
    reader._backoff.worked()
    router.forget()
    policies.forget()
    reception.forget()
    yield
    journals.close_all()


@pytest.fixture
def site(db: None) -> Site:
    """Where the visitors come from."""
    return Site.objects.create(name="Lamp shop")


@pytest.fixture
def floor(site: Site, log: None, no_nudges: None) -> Floor:
    """The floor of one site."""
    return Floor(site)


@pytest.fixture
def no_nudges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests call the router themselves: no thread of this process may do it beside them."""
    quiet: Callable[[], None] = lambda: None  # noqa: E731
    monkeypatch.setattr("agents.routing.nudge.wake", quiet)
    monkeypatch.setattr("agents.routing.nudge.telling.wish", quiet)
