"""Form fields for columns that hold JSON: people write lines and numbers, never brackets."""

from __future__ import annotations

import re
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from chat.admin.sites import LinesField
from chat.models import Channel

__all__ = ("CountsField", "LinesField", "PercentField", "SpansField", "WeekField")

_SPAN: Final = re.compile(r"\A([01]\d|2[0-3]):([0-5]\d)\s*[-–~—]\s*(?:([01]\d|2[0-3]):([0-5]\d)|24:00)\Z")
_DAYS: Final = (
    _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"),
)  # fmt: skip


def parse_spans(text: str) -> list[list[str]]:
    """ "09:00-12:00, 13:30-18:00" as [["09:00","12:00"],["13:30","18:00"]]. Raises `ValidationError`."""
    spans: list[list[str]] = []
    for part in re.split(r"[,，;；、]", text):
        if not part.strip():
            continue
        if not _SPAN.match(part.strip()):
            raise ValidationError(_("“%(part)s” is not a span such as 09:00-18:00."), params={"part": part})
        start, end = (side.strip() for side in re.split(r"[-–~—]", part.strip()))
        if start == end or (spans and (start < spans[-1][1] or spans[-1][1] < spans[-1][0])):
            raise ValidationError(_("Spans of a day follow each other; only the last may run past midnight."))
        spans.append([start, end])
    return spans


def shown_spans(spans: list[list[str]]) -> str:
    """The reverse of `parse_spans`."""
    return ", ".join(f"{start}-{end}" for start, end in spans)


class SpansField(forms.CharField):
    """Opening hours of one day."""

    def prepare_value(self, value: Any) -> Any:
        """The spans as text."""
        return shown_spans(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """The text as spans."""
        return parse_spans(value or "")

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the spans differ."""
        return bool(list(initial or []) != self.to_python(data))


class _WeekWidget(forms.MultiWidget):
    template_name = "admin/agents/week.html"

    def __init__(self) -> None:
        super().__init__([forms.TextInput(attrs={"size": 40, "aria-label": day}) for day in _DAYS])

    def decompress(self, value: Any) -> list[Any]:
        return [shown_spans(day) for day in value] if isinstance(value, list) else [None] * 7

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        widgets = context["widget"]["subwidgets"]
        context["days"] = list(zip(_DAYS, widgets, strict=True))
        return context


class WeekField(forms.MultiValueField):
    """Opening hours of seven days, Monday first."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.pop("max_length", None)
        super().__init__(
            [SpansField(required=False) for _day in _DAYS], require_all_fields=False, widget=_WeekWidget(),
            **kwargs,
        )  # fmt: skip

    def compress(self, data_list: Any) -> Any:
        """Seven lists of spans."""
        return [list(day or []) for day in data_list] if data_list else [[] for _day in _DAYS]


class _NumbersWidget(forms.MultiWidget):
    template_name = "admin/agents/numbers.html"

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names
        super().__init__(
            [forms.NumberInput(attrs={"min": 0, "aria-label": label}) for label in names.values()]
        )

    def decompress(self, value: Any) -> list[Any]:
        value = value if isinstance(value, dict) else {}
        return [value.get(name) for name in self.names]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["numbers"] = list(zip(self.names.values(), context["widget"]["subwidgets"], strict=True))
        return context


class _NumbersField(forms.MultiValueField):
    names: dict[str, Any] = {}
    largest = 1000

    def __init__(self, **kwargs: Any) -> None:
        fields = [
            forms.IntegerField(min_value=0, max_value=self.largest, required=False) for _n in self.names
        ]
        super().__init__(
            fields, require_all_fields=False, widget=_NumbersWidget(self.names), required=False, **kwargs
        )

    def compress(self, data_list: Any) -> Any:
        pairs = zip(self.names, data_list or [], strict=False)
        return {name: int(number) for name, number in pairs if number is not None}


class PercentField(_NumbersField):
    """The weighted strategy's parts; any positive sum will do, it is brought to 100 when it is used."""

    names = {"skill": _("skill"), "capacity": _("free capacity"), "quality": _("quality")}
    largest = 100

    def clean(self, value: Any) -> Any:
        """Not all of them nothing."""
        weights = super().clean(value)
        if not sum(weights.values()):
            raise ValidationError(_("At least one weight must be above zero."))
        return {name: weights.get(name, 0) for name in self.names}


class CountsField(_NumbersField):
    """Capacity by channel; empty: only the capacity as a whole counts."""

    names = {str(value): label for value, label in Channel.choices}
    largest = 200
