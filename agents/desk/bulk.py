"""One act on many conversations: each by the same rules as alone, all of them in few writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from agents.desk import targets
from agents.desk.macros import relabelled
from chat import posting
from chat.api.conversations import visible
from chat.conversation import Participant
from chat.errors import KefuError
from chat.protocol.commands import Accept, Close, Command, Snooze, Transfer

MAX_CONVERSATIONS: Final = 200
ACTS: Final = ("accept", "close", "label", "snooze", "transfer", "unlabel")


class Order(msgspec.Struct, frozen=True):
    """What to do with all of them. `until` in ms; `category`: a category's id, or words."""

    act: str
    reason: str | None = None
    summary: str | None = None
    category: str | None = None
    labels: tuple[UUID, ...] = ()
    agent: UUID | None = None
    group: UUID | None = None
    note: str | None = None
    until: int | None = None


def carry_out(conversations: Sequence[UUID], order: Order, who: Participant) -> list[dict[str, Any]]:
    """Do it to each; one result each, in their order: {"conversation", "ok", "code", "message"}.

    Refusals of one (not found, closed, somebody else's) never hold up the others. Raises `invalid` when the
    order itself makes no sense.
    """
    _check(order)
    wanted = list(dict.fromkeys(conversations))
    sites = dict(visible(who).filter(pk__in=wanted).values_list("pk", "site_id"))
    refusals: dict[UUID, KefuError] = {}
    commands: dict[UUID, Command] = {}
    made: dict[UUID, Callable[[str], Command] | KefuError] = {}
    for conversation in wanted:
        site = sites.get(conversation)
        if site is None:
            refusals[conversation] = KefuError("not_found", "no such conversation")
            continue
        if site not in made:
            made[site] = _maker(order, site)
        maker = made[site]
        if isinstance(maker, KefuError):
            refusals[conversation] = maker
            continue
        try:
            commands[conversation] = maker(str(conversation))
        except KefuError as error:
            refusals[conversation] = error
    posted = posting.post_many(list(commands.values()), who)
    for conversation, outcome in zip(commands, posted, strict=True):
        if isinstance(outcome, KefuError):
            refusals[conversation] = outcome
    return [_result(conversation, refusals.get(conversation)) for conversation in wanted]


def _check(order: Order) -> None:
    if order.act == "transfer" and (order.agent is None) == (order.group is None):
        raise KefuError("invalid", "transfer to one of agent, group")
    if order.act in ("label", "unlabel") and not order.labels:
        raise KefuError("invalid", "say which labels")
    if order.act == "snooze" and order.until is None:
        raise KefuError("invalid", "say until when")


def _maker(order: Order, site: UUID) -> Callable[[str], Command] | KefuError:
    """Makes the command for a conversation of this site; what the order names is looked up once a site."""
    try:
        match order.act:
            case "accept":
                return Accept
            case "close":
                path = _category(order.category, site)
                return lambda key: Close(key, order.reason, order.summary, path)
            case "snooze":
                until = order.until or 0
                return lambda key: Snooze(key, until)
            case "transfer":
                to = targets.agent_of(site, order.agent) if order.agent else None
                group = targets.group_of(site, order.group) if order.group else None
                return lambda key: Transfer(key, agent=to, group=group, note=order.note)
            case "label":
                labels = targets.labels_of(site, order.labels)
                return lambda key: relabelled(key, labels, set())
            case _:
                gone = {str(label) for label in order.labels}
                return lambda key: relabelled(key, [], gone)
    except KefuError as error:
        return error


def _category(given: str | None, site: UUID) -> str | None:
    if not given:
        return None
    try:
        return targets.category_path(site, UUID(given))
    except ValueError:
        return given


def _result(conversation: UUID, refusal: KefuError | None) -> dict[str, Any]:
    return {
        "conversation": str(conversation),
        "ok": refusal is None,
        "code": refusal.code if refusal else None,
        "message": refusal.message if refusal else None,
    }
