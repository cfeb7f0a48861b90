"""People who act at the same moment: one outcome, whoever was first."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from agents.models import Agent
from chat import posting
from chat.conversation import SYSTEM, Participant, State
from chat.errors import KefuError
from chat.models import Site
from chat.protocol.commands import Accept, Act, Assign, Close, Refuse, TakeOver, Transfer
from chat.protocol.entry import Person
from tests.api.conftest import Caller, Guest


def together(*wishes: tuple[Act, Participant]) -> list[str]:
    """Codes of the refusals, "done" for those that went through."""
    barrier = Barrier(len(wishes))

    def one(wish: tuple[Act, Participant]) -> str:
        barrier.wait(10)
        try:
            posting.post_blocking(*wish)
        except KefuError as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(len(wishes)) as pool:
        return list(pool.map(one, wishes))


def state_of(conversation: str) -> State:
    return posting.current_state(conversation)


@pytest.fixture
def boss(hire: Callable[..., Caller], shop: Site) -> Participant:
    caller = hire("boss2", shop)
    Agent.objects.filter(pk=caller.id).update(role="supervisor")
    return Participant("agent", caller.id, "Boss", frozenset({str(shop.id)}), "supervisor")


@pytest.fixture
def anna(agent: Caller, shop: Site) -> Participant:
    return Participant("agent", agent.id, "Lilei", frozenset({str(shop.id)}))


def person(who: Any) -> Person:
    return Person(who.id, who.name)


@pytest.mark.parametrize("turn", range(5))
def test_refuse_against_accept(visitor: Guest, anna: Participant, turn: int) -> None:
    talk = visitor.conversation
    posting.post_blocking(Assign(talk, person(anna)), SYSTEM)
    outcome = together((Refuse(talk), anna), (Accept(talk), anna))
    state = state_of(talk)
    # Accepting after refusing takes it from the queue, so only the refusal can come too late.
    assert outcome in (["done", "done"], ["not_offered", "done"])
    assert (state.status, state.offered, state.agent) in (
        ("active", False, person(anna)),
        ("queued", False, None),
    )
    if outcome[0] == "not_offered":
        assert state.status == "active"


@pytest.mark.parametrize("turn", range(5))
def test_take_over_against_close(visitor: Guest, anna: Participant, boss: Participant, turn: int) -> None:
    talk = visitor.conversation
    posting.post_blocking(Accept(talk), anna)
    outcome = together((TakeOver(talk), boss), (Close(talk), anna))
    state = state_of(talk)
    if outcome == ["done", "not_owner"]:
        assert (state.status, state.agent) == ("active", person(boss))
    else:
        assert outcome == ["conversation_closed", "done"]
        assert state.status == "closed"


def test_routing_against_a_person(visitor: Guest, anna: Participant, boss: Participant) -> None:
    talk = visitor.conversation
    state_of(talk)  # other threads do not see the test's transaction, so the journal has to hold it
    outcome = together((Assign(talk, person(boss)), SYSTEM), (Accept(talk), anna))
    state = state_of(talk)
    assert sorted(outcome) in (["conflict", "done"], ["already_accepted", "done"])
    assert state.agent == (person(boss) if outcome[0] == "done" else person(anna))


def test_transfers_to_two_people_at_once(visitor: Guest, anna: Participant, boss: Participant) -> None:
    talk = visitor.conversation
    posting.post_blocking(Accept(talk), anna)
    others = [
        Person("0190f1bf-0000-7000-8000-00000000000a", "Kai"),
        Person("0190f1bf-0000-7000-8000-00000000000b"),
    ]
    outcome = together(*((Transfer(talk, agent=other), anna) for other in others))
    assert sorted(outcome) == ["done", "not_owner"]
    assert state_of(talk).agent == others[outcome.index("done")]


def test_many_at_once_share_the_journals_writes(
    come: Callable[..., Guest], shop: Site, agent: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chat.journal import group_commit

    talks = [come(shop).conversation for _ in range(20)]
    log = group_commit()._journal
    sizes: list[int] = []
    write = log.write

    def counted(batch: Any, now: int) -> Any:
        sizes.append(len(batch))
        return write(batch, now)

    monkeypatch.setattr(log, "write", counted)
    results = posting.post_many([Assign(talk, Person(agent.id, "Lilei")) for talk in talks], SYSTEM)
    assert [getattr(result, "code", "done") for result in results] == ["done"] * 20
    assert sizes == [20]
    assert {state_of(talk).agent.id for talk in talks if state_of(talk).agent} == {agent.id}  # type: ignore[union-attr]
