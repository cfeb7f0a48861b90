"""What operators write, checked before it is kept: one pattern that cannot be compared would hold up all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from bot.answering.teaching import spec_of
from bot.dialog.flows import Flow, Flows
from bot.entities import EntityLists, PatternError
from bot.models import Rule, RuleKind
from bot.strategies.rules import CONDITIONS, BadRule, RuleBook, check_pattern, parse_keywords

MAX_EXPRESSIONS: Final = 200
MAX_EXPRESSION: Final = 500
MAX_LINES: Final = 100
MAX_EXAMPLES: Final = 5_000
MAX_EXAMPLE: Final = 500
MAX_VALUES: Final = 5_000


def check_rule(row: Rule) -> None:
    """Raise `ValidationError` for a rule that cannot be compared, alone or with all the others."""
    expressions = [text for text in row.expressions if isinstance(text, str) and text.strip()]
    if not expressions or len(expressions) != len(row.expressions):
        raise ValidationError({"expressions": _("At least one expression, and no empty ones.")})
    if len(expressions) > MAX_EXPRESSIONS or max(map(len, expressions)) > MAX_EXPRESSION:
        text = _("At most %(count)d expressions of %(length)d characters.")
        raise ValidationError({"expressions": text % {"count": MAX_EXPRESSIONS, "length": MAX_EXPRESSION}})
    if not row.answer.strip() and not row.to_people:
        raise ValidationError({"answer": _("A rule answers or goes to people.")})
    unknown = set(row.conditions) - set(CONDITIONS)
    if unknown:
        text = _("Unknown conditions: %(names)s") % {"names": ", ".join(sorted(map(str, unknown)))}
        raise ValidationError({"conditions": text})
    try:
        for expression in expressions:
            if row.kind == RuleKind.PATTERN:
                check_pattern(expression)
            elif row.kind == RuleKind.KEYWORD:
                parse_keywords(expression)
        if row.kind == RuleKind.PATTERN and row.enabled:
            others = Rule.objects.filter(enabled=True, kind=RuleKind.PATTERN).exclude(pk=row.pk)
            RuleBook([*(spec_of(other) for other in others), spec_of(row)])
    except BadRule as error:
        raise ValidationError({"expressions": str(error)}) from None


def check_cues(patterns: Iterable[str]) -> list[str]:
    """The patterns of an intent. Raises `ValidationError` for one that RE2 does not take or that is in every
    message.
    """
    found = [text.strip() for text in patterns if text.strip()]
    if len(found) > MAX_LINES:
        raise ValidationError(_("At most %(count)d lines.") % {"count": MAX_LINES})
    try:
        for pattern in found:
            check_pattern(pattern)
            Flows([Flow("x", {}, cues=(pattern,))])
    except (BadRule, PatternError) as error:
        raise ValidationError(str(error)) from None
    return found


def check_entity_pattern(name: str, pattern: str) -> None:
    """Raise `ValidationError` for a pattern that RE2 does not take or that matches nothing at all."""
    try:
        check_pattern(pattern)
        EntityLists({}, {name: [pattern]})
    except (BadRule, PatternError) as error:
        raise ValidationError({"pattern": str(error)}) from None


def check_values(values: Mapping[str, Any]) -> None:
    """Raise `ValidationError` unless it is {canonical: [other wordings]} of a bounded size."""
    sound = all(
        isinstance(name, str)
        and name.strip()
        and isinstance(others, list)
        and all(isinstance(other, str) and other.strip() for other in others)
        for name, others in values.items()
    )
    if not sound:
        raise ValidationError(_("Each value has a name and other wordings."))
    if sum(1 + len(others) for others in values.values()) > MAX_VALUES:
        raise ValidationError(_("At most %(count)d values and wordings.") % {"count": MAX_VALUES})


def cleaned_examples(texts: Iterable[str]) -> list[str]:
    """Sentences without repeats and empty ones. Raises `ValidationError` for too many or too long ones."""
    found = list(dict.fromkeys(" ".join(text.split()) for text in texts if text.strip()))
    if len(found) > MAX_EXAMPLES:
        raise ValidationError(_("At most %(count)d examples.") % {"count": MAX_EXAMPLES})
    if any(len(text) > MAX_EXAMPLE for text in found):
        raise ValidationError(_("An example has at most %(count)d characters.") % {"count": MAX_EXAMPLE})
    return found
