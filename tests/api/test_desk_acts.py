"""Passing on, refusing, taking over, inviting, whispering, labels and snoozes: by REST, into the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agents.models import Agent, Group
from chat import posting
from chat.conversation import SYSTEM
from chat.models import Label, Site
from chat.protocol.commands import Assign, Queue
from chat.protocol.entry import Person, new_id, now_ms
from tests.api.conftest import Caller, Guest


def act(caller: Caller, conversation: str, name: str, **body: Any) -> Any:
    return caller.post(f"conversations/{conversation}/{name}/", body)


def lead(caller: Caller) -> Caller:
    Agent.objects.filter(pk=caller.id).update(role="supervisor")
    return caller


@pytest.fixture
def jim(hire: Callable[..., Caller], shop: Site) -> Caller:
    return hire("jim", shop)


def person(caller: Caller) -> dict[str, Any]:
    return {"id": caller.id, "name": Agent.objects.get(pk=caller.id).display_name}


def test_a_transfer_is_offered_accepted_by_the_first_word_or_refused(
    visitor: Guest, agent: Caller, jim: Caller
) -> None:
    talk = visitor.conversation
    act(agent, talk, "accept")
    moved = act(agent, talk, "transfer", agent=jim.id, note="VIP, be kind").json()
    assert (moved["conversation"]["agent"], moved["conversation"]["offered"]) == (person(jim), True)
    assert moved["entry"]["event"]["data"]["from"] == person(agent)
    back = act(jim, talk, "refuse", reason="in a call").json()
    assert (back["conversation"]["agent"], back["conversation"]["offered"]) == (person(agent), False)
    again = act(agent, talk, "refuse")
    assert (again.status_code, again.json()["code"]) == (409, "not_offered")
    act(agent, talk, "transfer", agent=jim.id)
    jim.say(talk, "I am Jim", "j1")
    log = jim.get(f"conversations/{talk}/messages/").json()["data"]
    assert [entry["event"]["name"] for entry in log if entry["event"]][-2:] == ["transferred", "accepted"]
    assert log[-1]["text"] == "I am Jim" and log[-2]["sender"]["id"] == jim.id
    assert act(jim, talk, "refuse").json()["code"] == "not_offered"
    seen = visitor.get(f"conversations/{talk}/messages/").json()["data"]
    assert "VIP" not in str(seen) and "in a call" not in str(seen)


def test_only_the_owner_or_a_supervisor_passes_on_and_closes(
    visitor: Guest, agent: Caller, jim: Caller, hire: Callable[..., Caller], shop: Site
) -> None:
    talk = visitor.conversation
    act(agent, talk, "accept")
    wishes: list[tuple[str, dict[str, Any]]] = [
        ("transfer", {"agent": jim.id}),
        ("close", {}),
        ("snooze", {"until": now_ms() + 9_000_000}),
    ]
    for name, body in wishes:
        refused = act(jim, talk, name, **body)
        assert (refused.status_code, refused.json()["code"]) == (409, "not_owner"), name
        assert refused.json()["details"]["agent"] == person(agent)
    assert act(jim, talk, "take-over").status_code == 403
    boss = lead(hire("boss2", shop))
    taken = act(boss, talk, "take-over").json()
    assert (taken["conversation"]["agent"], taken["conversation"]["offered"]) == (person(boss), False)
    assert taken["entry"]["event"]["data"]["take_over"] is True
    assert act(boss, talk, "take-over").json()["entry"] is None
    assert act(agent, talk, "close").json()["code"] == "not_owner"
    assert act(boss, talk, "close", summary="Lamp replaced", category="returns").status_code == 200
    log = visitor.get(f"conversations/{talk}/messages/").json()["data"]
    assert "Lamp replaced" not in str(log)
    assert act(boss, talk, "transfer", agent=agent.id).json()["code"] == "conversation_closed"


def test_targets_must_be_of_the_site(
    visitor: Guest, agent: Caller, stranger: Caller, shop: Site, other_shop: Site
) -> None:
    talk = visitor.conversation
    elsewhere = Group.objects.create(name="Elsewhere")
    elsewhere.sites.add(other_shop)
    off = Group.objects.create(name="Off", is_enabled=False)
    for body in (
        {"agent": stranger.id}, {"agent": new_id()}, {"group": str(elsewhere.pk)}, {"group": str(off.pk)},
        {}, {"agent": agent.id, "bot": True},
    ):  # fmt: skip
        refused = act(agent, talk, "transfer", **body)
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid"), body
    assert act(agent, talk, "transfer", bot=True).json()["code"] == "bot_unavailable"
    assert act(stranger, talk, "transfer", agent=stranger.id).status_code == 404
    assert act(agent, talk, "invite", agent=stranger.id).json()["code"] == "invalid"
    assert act(visitor, talk, "transfer", agent=agent.id).status_code == 403


def test_a_group_sees_its_own_and_a_guest_what_they_were_invited_to(
    visitor: Guest, agent: Caller, jim: Caller, hire: Callable[..., Caller], shop: Site
) -> None:
    visitor.say(visitor.conversation)
    talk = visitor.conversation
    sales = Group.objects.create(name="Sales")
    sales.agents.add(Agent.objects.get(pk=agent.id))
    moved = act(jim, talk, "transfer", group=str(sales.pk)).json()
    assert moved["conversation"]["group"] == {"id": str(sales.pk), "name": "Sales"}
    for path in (f"conversations/{talk}/", f"conversations/{talk}/messages/"):
        assert jim.get(path).status_code == 404
        assert agent.get(path).status_code == 200
    assert jim.get("conversations/").json()["data"] == []
    for name in ("accept", "close", "labels", "whisper", "take-over", "leave"):
        assert act(jim, talk, name, text="x", labels=[]).status_code == 404, name
    act(agent, talk, "accept")
    act(agent, talk, "invite", agent=jim.id)
    assert jim.get(f"conversations/{talk}/").json()["guests"] == [person(jim)]
    assert act(jim, talk, "whisper", text="ask for the bill").status_code == 201
    assert act(jim, talk, "leave").json()["conversation"]["guests"] == []
    assert jim.get(f"conversations/{talk}/").status_code == 404
    assert lead(jim).get(f"conversations/{talk}/").status_code == 200


def test_rows_of_a_group_are_listed_for_its_agents_only(
    agent: Caller, jim: Caller, hire: Callable[..., Caller], shop: Site
) -> None:
    from tests.api.test_conversations import make

    sales = Group.objects.create(name="Sales")
    sales.agents.add(Agent.objects.get(pk=agent.id))
    rows = [make(shop, group_id=sales.pk), make(shop), make(shop, group_id=new_id(), guests=[jim.id])]

    def listed(who: Caller) -> set[str]:
        return {row["id"] for row in who.get("conversations/").json()["data"]}

    ids = [str(row.pk) for row in rows]
    assert listed(agent) == set(ids[:2])
    assert listed(jim) == set(ids[1:])
    assert listed(lead(hire("boss2", shop))) == set(ids)


def test_notes_and_whispers_sent_twice_are_one(visitor: Guest, agent: Caller, jim: Caller) -> None:
    talk = visitor.conversation
    for name, extra in (("notes", {"mentions": [jim.id]}), ("whisper", {})):
        body = {"text": "look here", "client_msg_id": f"{name}-1", **extra}
        first, second = act(agent, talk, name, **body), act(agent, talk, name, **body)
        assert first.status_code == second.status_code == 201
        assert first.json()["entry"]["seq"] == second.json()["entry"]["seq"]
    log = agent.get(f"conversations/{talk}/messages/").json()["data"]
    assert [entry["event"]["name"] for entry in log] == ["note", "whisper"]
    assert log[0]["event"]["data"]["mentions"] == [person(jim)]
    hidden = visitor.get(f"conversations/{talk}/messages/").json()["data"]
    assert [entry["kind"] for entry in hidden] == ["hidden", "hidden"]


def test_only_ones_own_note_is_changed(visitor: Guest, agent: Caller, jim: Caller) -> None:
    talk = visitor.conversation
    seq = act(agent, talk, "notes", text="refund on its way").json()["entry"]["seq"]
    path = f"conversations/{talk}/notes/{seq}/"
    edited = agent.patch(path, {"text": "refund sent"}).json()["entry"]
    assert (edited["event"]["name"], edited["event"]["data"]["seq"]) == ("note_edited", seq)
    assert edited["text"] == "refund sent"
    assert jim.patch(path, {"text": "mine"}).status_code == 403
    said = visitor.say(talk).json()["seq"]
    assert agent.patch(f"conversations/{talk}/notes/{said}/", {"text": "x"}).status_code == 404
    assert agent.patch(f"conversations/{talk}/notes/{10**30}/", {"text": "x"}).status_code == 404
    assert visitor.patch(path, {"text": "x"}).status_code == 403


def test_labels_are_those_of_the_site(visitor: Guest, agent: Caller, shop: Site, other_shop: Site) -> None:
    talk = visitor.conversation
    everywhere, ours = Label.objects.create(name="bug"), Label.objects.create(name="vip", site=shop)
    theirs = Label.objects.create(name="theirs", site=other_shop)
    put = act(agent, talk, "labels", labels=[str(everywhere.pk), str(ours.pk)]).json()
    assert {label["name"] for label in put["conversation"]["labels"]} == {"bug", "vip"}
    assert act(agent, talk, "labels", labels=[str(ours.pk), str(everywhere.pk)]).json()["entry"] is None
    assert act(agent, talk, "labels", labels=[str(theirs.pk)]).json()["code"] == "invalid"
    assert agent.get(f"conversations/{talk}/").json()["labels"] != []
    assert act(agent, talk, "labels", labels=[]).json()["conversation"]["labels"] == []
    mine = visitor.get(f"conversations/{talk}/").json()
    assert (mine["labels"], mine["group"], mine["guests"], mine["offered"]) == ([], None, [], False)


def test_a_snooze_ends_with_the_visitors_next_word(visitor: Guest, agent: Caller) -> None:
    talk = visitor.conversation
    until = now_ms() + 3_600_000
    assert act(agent, talk, "snooze", until=until).json()["code"] == "conflict"
    act(agent, talk, "accept")
    assert act(agent, talk, "snooze", until=now_ms() - 1).json()["code"] == "invalid"
    assert act(agent, talk, "snooze", until=until).json()["conversation"]["snoozed_until"] == until
    assert act(agent, talk, "wake").json()["conversation"]["snoozed_until"] is None
    assert act(agent, talk, "wake").json()["entry"] is None
    act(agent, talk, "snooze", until=until)
    visitor.say(talk, "one more thing")
    assert agent.get(f"conversations/{talk}/").json()["snoozed_until"] is None
    log = agent.get(f"conversations/{talk}/messages/").json()["data"]
    assert (log[-2]["event"]["name"], log[-1]["text"]) == ("woken", "one more thing")


def test_what_routing_gave_goes_back_to_the_queue(visitor: Guest, agent: Caller, jim: Caller) -> None:
    talk = visitor.conversation
    group = Person(new_id(), "Sales")
    results = posting.post_many(
        [
            Queue(talk, group, "new"),
            Assign(new_id(), Person(jim.id, "Jim")),
            Assign(talk, Person(jim.id, "Jim"), group, "d1"),
        ],
        SYSTEM,
    )
    assert [getattr(result, "code", "posted") for result in results] == ["posted", "not_found", "posted"]
    late = posting.post_many([Assign(talk, Person(agent.id, "Lilei"))], SYSTEM)[0]
    assert getattr(late, "code", None) == "conflict"
    assert jim.get(f"conversations/{talk}/").json()["offered"] is True
    back = act(jim, talk, "refuse").json()["conversation"]
    assert (back["status"], back["agent"], back["group"]["name"] if back["group"] else None) == (
        "queued", None, "Sales",
    )  # fmt: skip
