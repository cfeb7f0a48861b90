"""Codes of the engine in people's words: `{{ turn.level|level_word }}`."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString

from bot.admin import telling
from bot.admin.naming import FACTS, LEVELS, OUTCOMES, REASONS, VERDICTS, named

register = template.Library()


@register.filter
def level_word(code: str) -> str:
    """Of a level."""
    return named(LEVELS, code)


@register.filter
def outcome_word(code: str) -> str:
    """Of what became of a question."""
    return named(OUTCOMES, code)


@register.filter
def verdict_word(code: str) -> str:
    """Of what a level came to."""
    return named(VERDICTS, code)


@register.filter
def reason_word(code: str) -> str:
    """Of why people were asked."""
    return named(REASONS, code)


@register.filter
def fact_word(code: str) -> str:
    """Of a fact: a part of a score, a slot, an entity."""
    return named(FACTS, code)


@register.filter
def told(value: Any) -> SafeString | str:
    """Details as lists. See `telling.told`."""
    return telling.told(value)


@register.filter
def took(microseconds: int) -> str:
    """A duration. See `telling.took`."""
    return telling.took(microseconds)
