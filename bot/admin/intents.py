"""Intents with their slots and examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from bot.admin.base import TaughtAdmin
from bot.admin.fields import CuesField, LinesField, WordsField
from bot.admin.groups import clean_group, keep_chosen
from bot.admin.sheets import ExampleResource, Exchange
from bot.changes import taught
from bot.learning.checks import cleaned_examples
from bot.learning.examples import put_examples
from bot.models import Example, Intent, Slot
from knowledge.admin.scope import SiteFilter

if TYPE_CHECKING:  # these take type arguments only in the stubs
    _IntentForm = forms.ModelForm[Intent]
    _SlotForm = forms.ModelForm[Slot]
    _Inline = admin.StackedInline[Slot, Intent]
else:
    _IntentForm = _SlotForm = forms.ModelForm
    _Inline = admin.StackedInline

_WORDINGS = forms.Textarea(attrs={"rows": 2, "cols": 80})
FEW = 5
"""Below this an intent is learnt badly; its number is marked."""


class IntentForm(_IntentForm):
    """An intent; lists and examples as lines."""

    words = WordsField(
        label=_("words that name it"), required=False,
        help_text=_("With commas: what visitors call it when they come back to it."),
    )  # fmt: skip
    examples = LinesField(
        label=_("examples"), required=False, widget=forms.Textarea(attrs={"rows": 14, "cols": 80}),
        help_text=_("One a line, as visitors write it; twenty different ones are good. Learn anew after it."),
    )  # fmt: skip
    cues = CuesField(
        label=_("patterns for it (RE2)"), required=False,
        help_text=_("One a line: messages that mean it, whatever the classifier says."),
    )  # fmt: skip
    not_cues = CuesField(
        label=_("patterns against it (RE2)"), required=False, help_text=_("One a line: messages that do not.")
    )

    class Meta:
        model = Intent
        fields = (
            "site", "name", "title", "title_en", "words", "cues", "not_cues", "confirmation",
            "confirmation_en",
            "done", "done_en", "endpoint", "to_people", "group_id", "position", "enabled",
        )  # fmt: skip
        widgets = dict.fromkeys(("confirmation", "confirmation_en", "done", "done_en"), _WORDINGS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keep_chosen(self, self.instance.group_id)
        if not self.instance._state.adding:
            self.initial["examples"] = list(self.instance.examples.values_list("text", flat=True))

    def clean_examples(self) -> list[str]:
        """Within their limits."""
        return cleaned_examples(self.cleaned_data["examples"])

    def clean_group_id(self) -> Any:
        """A group there is."""
        return clean_group(self.cleaned_data.get("group_id"), self.cleaned_data.get("site"))


class SlotForm(_SlotForm):
    """A slot; its types with commas."""

    kinds = WordsField(label=_("entity types"), required=False, help_text=_("Empty: the type of its name."))
    instead = WordsField(label=_("types that will do instead"), required=False)

    class Meta:
        model = Slot
        fields = (
            "name", "label", "label_en", "kinds", "instead", "prompt", "prompt_en", "free", "required",
            "position",
        )  # fmt: skip
        widgets = {"prompt": _WORDINGS, "prompt_en": _WORDINGS}


class SlotInline(_Inline):
    """What has to be known first."""

    model = Slot
    form = SlotForm
    extra = 0
    fields = (
        ("name", "position", "required", "free"), ("label", "label_en"), ("kinds", "instead"), "prompt",
        "prompt_en",
    )  # fmt: skip

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As for the intent; the page has asked."""
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As for the intent."""
        return bool(self.admin_site._registry[Intent].has_change_permission(request, obj))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As for the intent."""
        return self.has_add_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As for the intent."""
        return self.has_add_permission(request, obj)


@admin.register(Intent)
class IntentAdmin(TaughtAdmin):
    """What visitors want done."""

    empty_hint = _("No intents yet. Add what visitors want done, with a few sentences as they would say it.")
    form = IntentForm
    inlines = (SlotInline,)
    change_list_template = "admin/bot/intent_list.html"
    list_display = (
        "title", "name", "site_name", "shown_examples", "shown_slots", "endpoint", "to_people", "enabled",
    )  # fmt: skip
    list_filter = (SiteFilter, "enabled", "to_people")
    list_select_related = ("endpoint",)
    search_fields = ("name", "title", "title_en")
    fieldsets = (
        (None, {"fields": ("site", "name", "title", "title_en", "enabled", "position")}),
        (_("How visitors say it"), {"fields": ("examples", "words", "cues", "not_cues")}),
        (
            _("What is done"),
            {
                "fields": (
                    "endpoint", "confirmation", "confirmation_en", "done", "done_en", "to_people", "group_id"
                )
            },
        ),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the numbers of examples and slots."""
        rows: QuerySet[Any] = super().get_queryset(request)
        counted: QuerySet[Any] = rows.annotate(
            examples_count=Count("examples", distinct=True), slots_count=Count("slots", distinct=True)
        )
        return counted

    @admin.display(description=_("examples"), ordering="examples_count")
    def shown_examples(self, row: Any) -> str:
        """Their number; too few are marked."""
        few = row.examples_count < FEW and not row.cues
        return f"{row.examples_count} ⚠" if few else str(row.examples_count)

    @admin.display(description=_("slots"), ordering="slots_count")
    def shown_slots(self, row: Any) -> int:
        """Their number."""
        return int(row.slots_count)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """With the examples, which are rows of their own."""
        super().save_related(request, form, formsets, change)
        if "examples" in form.changed_data:
            put_examples(form.instance, form.cleaned_data["examples"])
        taught()


@admin.register(Example)
class ExampleAdmin(Exchange, TaughtAdmin):
    """All examples in one list, for files and for finding."""

    site_path = "intent__site_id"
    resource_classes = (ExampleResource,)
    list_display = ("text", "intent", "language")
    list_filter = ("language", "intent")
    list_select_related = ("intent",)
    search_fields = ("text",)
    fields = ("intent", "text", "language")
