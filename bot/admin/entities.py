"""The operator's own entities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from bot.admin.base import TaughtAdmin
from bot.admin.fields import ValuesField
from bot.learning.checks import check_entity_pattern
from bot.models import EntityList, EntityPattern

if TYPE_CHECKING:  # these take type arguments only in the stubs
    _ListForm = forms.ModelForm[EntityList]
    _PatternForm = forms.ModelForm[EntityPattern]
else:
    _ListForm = _PatternForm = forms.ModelForm


class EntityListForm(_ListForm):
    """A list, a value a line."""

    values = ValuesField(
        label=_("values"), help_text=_("One a line: its name, a colon, other wordings with commas.")
    )

    class Meta:
        model = EntityList
        fields = ("name", "title", "values", "fuzzy")


@admin.register(EntityList)
class EntityListAdmin(TaughtAdmin):
    """Words of a type."""

    empty_hint = _(
        "No lists of your own yet: names of products or shops, which slots of intents can then ask for."
    )
    form = EntityListForm
    site_path = None
    list_display = ("name", "title", "shown_values", "fuzzy", "updated_at")
    search_fields = ("name", "title")

    @admin.display(description=_("values"))
    def shown_values(self, row: EntityList) -> str:
        """The first of them, and how many there are."""
        return f"{len(row.values)}: {', '.join(list(row.values)[:6])}"


class EntityPatternForm(_PatternForm):
    """A pattern, tried before it is kept."""

    class Meta:
        model = EntityPattern
        fields = ("name", "pattern")
        widgets = {"pattern": forms.TextInput(attrs={"size": 80, "spellcheck": "false"})}

    def clean(self) -> Any:
        """RE2 has to take it."""
        given = super().clean() or self.cleaned_data
        if given.get("pattern"):
            try:
                check_entity_pattern(given.get("name", ""), given["pattern"])
            except ValidationError as error:
                self.add_error(None, error)
        return given


@admin.register(EntityPattern)
class EntityPatternAdmin(TaughtAdmin):
    """Patterns of a type."""

    empty_hint = _(
        "No patterns of your own yet: numbers of contracts or parts, which slots of intents can then ask for."
    )
    form = EntityPatternForm
    site_path = None
    list_display = ("name", "pattern", "updated_at")
    search_fields = ("name", "pattern")
