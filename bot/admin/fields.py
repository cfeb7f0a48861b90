"""Form fields for columns that hold lists and objects: people write lines, never brackets."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from bot.learning.checks import check_cues, check_values
from knowledge.admin.fields import LinesField

__all__ = ("CuesField", "LinesField", "PairField", "ValuesField", "WordsField")


class CuesField(LinesField):
    """RE2 patterns, one a line."""

    def to_python(self, value: Any) -> Any:
        """The patterns. Raises `ValidationError` for one that cannot be compared."""
        return check_cues(super().to_python(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the lines differ, sound or not."""
        return bool(list(initial or []) != LinesField.to_python(self, data))


class WordsField(forms.CharField):
    """A short list in one line, with commas."""

    widget = forms.TextInput(attrs={"size": 40})

    def prepare_value(self, value: Any) -> Any:
        """The list as a line."""
        return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        """The line as a list."""
        return list(
            dict.fromkeys(part.strip() for part in re.split(r"[,，、;；]", value or "") if part.strip())
        )

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the list differs."""
        return bool(list(initial or []) != self.to_python(data))


class ValuesField(forms.CharField):
    """{"canonical": ["other", …]} as lines "canonical: other, other"."""

    widget = forms.Textarea(attrs={"rows": 12, "cols": 80, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        """The object as lines."""
        if not isinstance(value, dict):
            return value
        return "\n".join(f"{name}: {', '.join(others)}" if others else name for name, others in value.items())

    def to_python(self, value: Any) -> Any:
        """The lines as an object; a name written twice has the wordings of both lines."""
        found: dict[str, list[str]] = {}
        for line in (value or "").splitlines():
            name, _colon, rest = line.replace("：", ":").partition(":")
            if not name.strip():
                if rest.strip():
                    raise ValidationError(
                        _("“%(line)s” has no name before the colon."), params={"line": line}
                    )
                continue
            others = found.setdefault(name.strip(), [])
            others += [part.strip() for part in re.split(r"[,，、;；]", rest) if part.strip()]
        found = {name: list(dict.fromkeys(others)) for name, others in found.items()}
        check_values(found)
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether what is written differs."""
        try:
            return bool((initial or {}) != self.to_python(data))
        except ValidationError:
            return True


class PairField(forms.CharField):
    """{"name": "value"} as lines "name = value"."""

    widget = forms.Textarea(attrs={"rows": 3, "cols": 60, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        """The object as lines."""
        if not isinstance(value, dict):
            return value
        return "\n".join(f"{name} = {text}" for name, text in value.items())

    def to_python(self, value: Any) -> Any:
        """The lines as an object. Raises `ValidationError` for a line without "="."""
        found: dict[str, str] = {}
        for line in (value or "").splitlines():
            if not line.strip():
                continue
            name, equals, text = line.replace("＝", "=").partition("=")
            if not equals or not name.strip():
                raise ValidationError(_("“%(line)s” is not name = value."), params={"line": line})
            found[name.strip()] = text.strip()
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether what is written differs."""
        try:
            return bool((initial or {}) != self.to_python(data))
        except ValidationError:
            return True
