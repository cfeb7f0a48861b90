"""Form fields for columns that hold lists: people write lines, never brackets."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

SCHEMES: Final = ("http", "https", "mailto", "tel", "")


class LinesField(forms.CharField):
    """A list of texts, one a line."""

    widget = forms.Textarea(attrs={"rows": 6, "cols": 80})

    def prepare_value(self, value: Any) -> Any:
        """The list as lines."""
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """The lines as a list, without empty ones and repeats."""
        return list(dict.fromkeys(line.strip() for line in (value or "").splitlines() if line.strip()))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the list differs."""
        return bool(list(initial or []) != self.to_python(data))


class PairsField(forms.CharField):
    """Addresses with a word each, "word | address" a line; `names`: the keys of the word and the address."""

    widget = forms.Textarea(attrs={"rows": 3, "cols": 80, "spellcheck": "false"})

    def __init__(self, names: tuple[str, str], **kwargs: Any) -> None:
        self.names = names
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        """The pairs as lines."""
        if not isinstance(value, list):
            return value
        word, url = self.names
        return "\n".join(f"{pair.get(word, '')} | {pair.get(url, '')}".strip(" |") for pair in value)

    def to_python(self, value: Any) -> Any:
        """The lines as pairs. Raises `ValidationError` for an address that is none."""
        found = []
        for line in (value or "").splitlines():
            if not line.strip():
                continue
            text, _bar, url = line.rpartition("|")
            address = url.strip()
            parts = urlsplit(address)
            if parts.scheme not in SCHEMES or not (
                parts.netloc or parts.path.startswith("/") or parts.scheme
            ):
                raise ValidationError(_("“%(line)s” has no address such as https://…"), params={"line": line})
            found.append({self.names[0]: text.strip(), self.names[1]: address})
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the pairs differ."""
        return bool(list(initial or []) != self.to_python(data))
