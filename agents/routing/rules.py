"""Where a new conversation goes: the first rule that fits. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from agents.routing.language import meets

Field = Literal["page_url", "page_title", "language", "channel", "attribute", "text"]
Operator = Literal["contains", "equals", "starts_with"]


class Rule(msgspec.Struct, frozen=True):
    """One rule and where it leads. `attribute`: the key, when `field` is "attribute"."""

    field: Field
    operator: Operator
    value: str
    attribute: str = ""
    group: str | None = None
    skills: tuple[str, ...] = ()
    priority: int | None = None


class Facts(msgspec.Struct, frozen=True):
    """What is known when a conversation asks for a person; `text`: the visitor's first message."""

    page_url: str = ""
    page_title: str = ""
    language: str = ""
    channel: str = ""
    text: str = ""
    attributes: dict[str, Any] = msgspec.field(default_factory=dict)


def fits(rule: Rule, facts: Facts) -> bool:
    """Whether the rule holds; letter case and outer spaces do not matter. An empty value fits nothing, or a
    rule that was begun and not finished would take every conversation. Languages that answer each other are
    equal: `zh` is met by `zh-CN`.
    """
    value = rule.value.strip().casefold()
    if not value:
        return False
    given = _given(rule, facts)
    if rule.field == "language" and rule.operator == "equals":
        return bool(given) and meets(rule.value, given)
    match rule.operator:
        case "contains":
            return value in given
        case "equals":
            return value == given
        case "starts_with":
            return given.startswith(value)


def _given(rule: Rule, facts: Facts) -> str:
    """What the rule looks at, as it is compared."""
    if rule.field != "attribute":
        return str(getattr(facts, rule.field)).strip().casefold()
    found = facts.attributes.get(rule.attribute)
    if found is None:
        return ""
    if isinstance(found, bool):
        return "true" if found else "false"
    return str(found).strip().casefold()


def first_match(rules: Iterable[Rule], facts: Facts) -> Rule | None:
    """The first rule that fits, None if none does."""
    return next((rule for rule in rules if fits(rule, facts)), None)
