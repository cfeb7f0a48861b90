"""Macros and bulk acts: in order, by the rules of each act, and never twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agents.desk.steps import plain, read_steps
from agents.models import Agent, CloseCategory, Group, Macro, MacroRun
from chat import posting
from chat.errors import KefuError
from chat.models import AttributeDefinition, Conversation, Label, Site
from tests.api.conftest import Caller, Guest


def make(caller: Caller, *steps: dict[str, Any], **more: Any) -> str:
    answer = caller.post("macros/", {"name": "Macro", "steps": list(steps), **more})
    assert answer.status_code == 201, answer.json()
    return str(answer.json()["id"])


def run(caller: Caller, macro: str, guest: Guest, key: str = "run-1") -> Any:
    return caller.post(f"macros/{macro}/run/", {"conversation": guest.conversation, "client_msg_id": key})


def log(caller: Caller, guest: Guest) -> list[Any]:
    """What stands in the log: names of acts, texts of messages."""
    entries = caller.get(f"conversations/{guest.conversation}/messages/").json()["data"]
    return [entry["event"]["name"] if entry["event"] else entry["text"] for entry in entries]


def test_steps_are_carried_out_in_order(
    agent: Caller, visitor: Guest, shop: Site, hire: Callable[..., Caller]
) -> None:
    label = Label.objects.create(site=shop, name="Refund", color="red")
    AttributeDefinition.objects.create(target="conversation", key="order", label="Order")
    goods = CloseCategory.objects.create(name="Goods")
    back = CloseCategory.objects.create(name="Back", parent=goods)
    visitor.say(visitor.conversation)
    macro = make(
        agent,
        {"do": "accept"},
        {"do": "send", "text": "Hello {{visitor.name|you}}"},
        {"do": "note", "text": "by {{agent.name}}"},
        {"do": "label", "add": [str(label.pk)]},
        {"do": "attribute", "key": "order", "value": "A1"},
        {"do": "close", "category": str(back.pk), "summary": "Sent back"},
    )
    answer = run(agent, macro, visitor).json()
    assert (answer["ok"], answer["failed"]) == (True, None)
    assert [step["do"] for step in answer["done"]] == [
        "accept", "send", "note", "label", "attribute", "close"
    ]  # fmt: skip
    told = ["Hello", "accepted", "Hello Han Meimei", "note", "labels", "summarized", "closed"]
    assert log(agent, visitor) == told
    state = posting.current_state(visitor.conversation)
    assert (state.status, [one.name for one in state.labels]) == ("closed", ["Refund"])
    assert Conversation.objects.get(pk=visitor.conversation).attributes == {"order": "A1"}
    entries = agent.get(f"conversations/{visitor.conversation}/messages/").json()["data"]
    assert entries[-2]["event"]["data"] == {"summary": "Sent back", "category": "Goods / Back"}
    again = run(agent, macro, visitor)
    assert (again.status_code, again.json()) == (200, answer)
    assert log(agent, visitor) == told
    assert run(hire("jim", shop), macro, visitor).json()["code"] == "not_found"


def test_it_stops_at_the_first_step_that_is_refused(agent: Caller, visitor: Guest) -> None:
    visitor.say(visitor.conversation)
    macro = make(agent, {"do": "note", "text": "a"}, {"do": "snooze", "for_s": 60}, {"do": "close"})
    answer = run(agent, macro, visitor).json()
    assert (answer["ok"], answer["done"]) == (False, [{"step": 0, "do": "note"}])
    assert (answer["failed"]["step"], answer["failed"]["do"]) == (1, "snooze")
    assert answer["failed"]["code"] == "conflict"
    assert log(agent, visitor) == ["Hello", "note"]
    assert run(agent, macro, visitor).json() == answer
    assert log(agent, visitor) == ["Hello", "note"]


def test_no_open_variable_reaches_a_visitor(agent: Caller, visitor: Guest) -> None:
    macro = make(agent, {"do": "send", "text": "Your order {{conversation.attributes.order}}"})
    failed = run(agent, macro, visitor).json()["failed"]
    assert (failed["code"], "conversation.attributes.order" in failed["message"]) == ("invalid", True)
    assert log(agent, visitor) == []


def test_after_an_outage_it_goes_on_where_it_was(
    agent: Caller, visitor: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    macro = make(agent, {"do": "note", "text": "one"}, {"do": "note", "text": "two"})
    real, calls = posting.post_blocking, []

    def flaky(command: Any, who: Any) -> Any:
        calls.append(command)
        if len(calls) == 2:
            real(command, who)  # it was stored, and the answer lost
            raise KefuError("journal_unavailable")
        return real(command, who)

    monkeypatch.setattr(posting, "post_blocking", flaky)
    assert run(agent, macro, visitor).json()["code"] == "journal_unavailable"
    assert run(agent, macro, visitor).json()["ok"]
    assert log(agent, visitor) == ["note", "note"]
    assert [call.text for call in calls] == ["one", "two", "two"]


def test_one_run_at_a_time(agent: Caller, visitor: Guest) -> None:
    macro = make(agent, {"do": "note", "text": "one"})
    MacroRun.objects.create(
        agent_id=agent.id, key="run-1", macro=macro, conversation=visitor.conversation,
        steps=[{"do": "note", "text": "one"}], claimed_ms=2**52,
    )  # fmt: skip
    refused = run(agent, macro, visitor)
    assert (refused.status_code, refused.json()["code"]) == (503, "busy")
    MacroRun.objects.update(claimed_ms=1)  # whoever was at it died long ago
    assert run(agent, macro, visitor).json()["ok"]


def test_a_key_stands_for_one_run(
    agent: Caller, visitor: Guest, come: Callable[..., Guest], shop: Site
) -> None:
    macro = make(agent, {"do": "note", "text": "one"})
    run(agent, macro, visitor)
    assert run(agent, macro, come(shop)).json()["code"] == "conflict"
    assert run(agent, macro, come(shop), "run-2").json()["ok"]


@pytest.mark.parametrize(
    "steps",
    [
        [], [{}], [{"do": "dance"}], [{"do": "send"}], [{"do": "send", "text": " "}], ["send"],
        [{"do": "send", "text": "a", "more": 1}], [{"do": "transfer"}], [{"do": "label"}],
        [{"do": "transfer", "agent": "x"}], [{"do": "snooze", "for_s": 1}],
        [{"do": "note", "text": "a"}] * 21,
        [{"do": "close", "summary": "x" * 2001}], [{"do": "attribute", "value": 1}],
    ],
)  # fmt: skip
def test_bad_steps_are_400(agent: Caller, steps: Any) -> None:
    answer = agent.post("macros/", {"name": "x", "steps": steps})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_steps_come_back_as_they_were_given() -> None:
    given: list[dict[str, Any]] = [
        {"do": "accept"}, {"do": "send", "text": "a"}, {"do": "attribute", "key": "k", "value": True},
        {"do": "transfer", "group": "0190b6a1-0000-7000-8000-000000000001"}, {"do": "snooze", "for_s": 60},
    ]  # fmt: skip
    assert plain(read_steps(given)) == given


def test_who_sees_and_keeps_macros(
    agent: Caller,
    supervisor: Caller,
    stranger: Caller,
    hire: Callable[..., Caller],
    shop: Site,
    visitor: Guest,
) -> None:
    note = {"do": "note", "text": "a"}
    own, shared = make(agent, note), make(supervisor, note, shared=True)
    assert {row["id"] for row in agent.get("macros/").json()["data"]} == {own, shared}
    assert {row["id"] for row in hire("jim", shop).get("macros/").json()["data"]} == {shared}
    assert stranger.get("macros/").json()["data"] == []
    assert stranger.get(f"macros/{shared}/").status_code == 404
    refused = agent.post("macros/", {"name": "x", "steps": [note], "shared": True})
    assert refused.json()["code"] == "forbidden"
    assert agent.patch(f"macros/{shared}/", {"name": "x"}).status_code == 403
    assert supervisor.patch(f"macros/{shared}/", {"name": "x"}).json()["name"] == "x"
    assert run(stranger, shared, visitor).status_code == 404
    assert agent.delete(f"macros/{own}/").status_code == 204
    assert Macro.objects.count() == 1


def bulk(caller: Caller, guests: list[Any], act: str, **more: Any) -> Any:
    ids = [guest.conversation if isinstance(guest, Guest) else guest for guest in guests]
    return caller.post("conversations/bulk/", {"conversations": ids, "act": act, **more})


def outcomes(answer: Any) -> list[str]:
    return [row["code"] or "ok" for row in answer.json()["data"]]


def test_bulk_acts_give_one_result_each(
    agent: Caller, hire: Callable[..., Caller], come: Callable[..., Guest], shop: Site, other_shop: Site
) -> None:
    guests = [come(shop) for _ in range(3)]
    foreign = come(other_shop)
    jim = hire("jim", shop)
    assert outcomes(bulk(agent, [*guests, foreign], "accept")) == ["ok", "ok", "ok", "not_found"]
    theirs = come(shop)
    jim.post(f"conversations/{theirs.conversation}/accept/")
    answer = bulk(agent, [guests[0], guests[0], theirs], "close", category="Spam", summary="no")
    assert outcomes(answer) == ["ok", "not_owner"]
    assert answer.json()["meta"] == {"ok": 1, "failed": 1}
    assert outcomes(bulk(agent, guests, "snooze", until=2**50)) == [
        "conversation_closed",
        "invalid",
        "invalid",
    ]
    assert outcomes(bulk(agent, guests[1:], "transfer", agent=jim.id)) == ["ok", "ok"]
    owners = [posting.current_state(guest.conversation).agent for guest in guests[1:]]
    assert [owner.id for owner in owners if owner] == [jim.id, jim.id]


def test_bulk_labels_add_and_take_away(
    agent: Caller, come: Callable[..., Guest], shop: Site, other_shop: Site
) -> None:
    red, blue = (Label.objects.create(site=shop, name=name) for name in ("red", "blue"))
    foreign = Label.objects.create(site=other_shop, name="theirs")
    guests = [come(shop), come(shop)]
    bulk(agent, guests[:1], "label", labels=[str(blue.pk)])
    assert outcomes(bulk(agent, guests, "label", labels=[str(red.pk)])) == ["ok", "ok"]

    def worn() -> list[list[str]]:
        states = [posting.current_state(guest.conversation) for guest in guests]
        return [sorted(str(label.name) for label in state.labels) for state in states]

    assert worn() == [["blue", "red"], ["red"]]
    assert outcomes(bulk(agent, guests, "unlabel", labels=[str(red.pk)])) == ["ok", "ok"]
    assert worn() == [["blue"], []]
    assert outcomes(bulk(agent, guests, "label", labels=[str(foreign.pk)])) == ["invalid", "invalid"]


def test_bulk_transfers_only_to_those_who_are_there(
    agent: Caller, stranger: Caller, visitor: Guest, hire: Callable[..., Caller], shop: Site
) -> None:
    agent.post(f"conversations/{visitor.conversation}/accept/")
    gone = hire("gone", shop)
    Agent.objects.filter(pk=gone.id).update(is_enabled=False)
    for target in (stranger.id, gone.id):
        assert outcomes(bulk(agent, [visitor], "transfer", agent=target)) == ["invalid"]
    closed = Group.objects.create(name="Closed", is_enabled=False)
    assert outcomes(bulk(agent, [visitor], "transfer", group=str(closed.pk))) == ["invalid"]
    sales = Group.objects.create(name="Sales")
    assert outcomes(bulk(agent, [visitor], "transfer", group=str(sales.pk))) == ["ok"]


@pytest.mark.parametrize(
    "body",
    [
        {"act": "dance"}, {"act": "transfer"}, {"act": "label"}, {"act": "snooze"}, {"conversations": []},
        {"conversations": ["x"]}, {"conversations": ["0190b6a1-0000-7000-8000-000000000001"] * 201},
        {"act": "transfer", "agent": "0190b6a1-0000-7000-8000-000000000001",
         "group": "0190b6a1-0000-7000-8000-000000000001"},
    ],
)  # fmt: skip
def test_bad_bulk_orders_are_400(agent: Caller, visitor: Guest, body: dict[str, Any]) -> None:
    given = {"conversations": [visitor.conversation], "act": "close", **body}
    assert agent.post("conversations/bulk/", given).json()["code"] == "invalid"


def test_visitors_do_nothing_in_bulk(visitor: Guest) -> None:
    assert bulk(visitor, [visitor], "close").json()["code"] == "forbidden"
