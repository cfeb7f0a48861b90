"""Whether and how the bot answers at each site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from bot.admin.base import TaughtAdmin
from bot.admin.fields import LinesField
from bot.models import BotSettings

if TYPE_CHECKING:  # takes a type argument only in the stubs
    _Form = forms.ModelForm[BotSettings]
else:
    _Form = forms.ModelForm

MAX_QUICK = 8
MAX_QUICK_LENGTH = 60


class BotSettingsForm(_Form):
    """The bot of a site, its quick questions as lines."""

    quick_questions = LinesField(
        label=_("questions offered at the beginning"), required=False,
        help_text=_(
            "One a line, at most 8 of 60 characters. Visitors see those in their language, Chinese or not."
        ),
    )  # fmt: skip

    class Meta:
        model = BotSettings
        fields = (
            "site", "enabled", "name", "pause_min_ms", "pause_max_ms", "patience_s", "misses_to_people",
            "vip_priority", "anger_to_people", "answer_threshold", "quick_questions", "memory_minutes",
        )  # fmt: skip

    def clean_quick_questions(self) -> list[str]:
        """Few and short: they are buttons."""
        found: list[str] = self.cleaned_data["quick_questions"]
        if len(found) > MAX_QUICK or any(len(text) > MAX_QUICK_LENGTH for text in found):
            raise ValidationError(_("At most 8 questions of 60 characters."))
        return found

    def clean(self) -> Any:
        """The longest pause is not shorter than the shortest."""
        given = super().clean() or self.cleaned_data
        shortest, longest = given.get("pause_min_ms"), given.get("pause_max_ms")
        if shortest is not None and longest is not None and shortest > longest:
            self.add_error("pause_max_ms", _("Not shorter than the shortest pause."))
        return given


@admin.register(BotSettings)
class BotSettingsAdmin(TaughtAdmin):
    """Bots of sites."""

    form = BotSettingsForm
    list_display = (
        "site",
        "enabled",
        "name",
        "patience_s",
        "misses_to_people",
        "anger_to_people",
        "updated_at",
    )
    list_select_related = ("site",)
    fieldsets = (
        (None, {"fields": ("site", "enabled", "name", "quick_questions")}),
        (_("Answers"), {"fields": ("answer_threshold", "pause_min_ms", "pause_max_ms", "memory_minutes")}),
        (
            _("Goes to people"),
            {"fields": ("patience_s", "misses_to_people", "anger_to_people", "vip_priority")},
        ),
    )
