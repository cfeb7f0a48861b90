"""Rules and risk words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from bot.admin.base import TaughtAdmin
from bot.admin.fields import LinesField, PairField
from bot.admin.groups import clean_group, keep_chosen
from bot.admin.sheets import Exchange, SensitiveWordResource
from bot.learning.checks import check_rule
from bot.models import Rule, SensitiveWord
from knowledge.admin.scope import SiteFilter

if TYPE_CHECKING:  # takes a type argument only in the stubs
    _Form = forms.ModelForm[Rule]
else:
    _Form = forms.ModelForm

DAYS = tuple(
    enumerate(
        (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))
    )
)
SHORT = 32
_TIME = re.compile(r"\A([01]\d|2[0-3]):[0-5]\d\Z")


class RuleForm(_Form):
    """A rule; its conditions are fields of their own."""

    expressions = LinesField(
        label=_("expressions"),
        help_text=_(
            "One a line; one of them is enough. Keywords: A+B needs both, A-C forbids C. Patterns are RE2 "
            "(no look-around, no back references)."
        ),
    )
    page = forms.CharField(
        label=_("page's address holds"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"size": 60}),
    )
    hours_from = forms.CharField(label=_("from"), required=False, widget=forms.TextInput(attrs={"size": 6}))
    hours_until = forms.CharField(
        label=_("until"), required=False, widget=forms.TextInput(attrs={"size": 6}),
        help_text=_("As 09:00 and 18:00, in the site's time."),
    )  # fmt: skip
    weekdays = forms.TypedMultipleChoiceField(
        label=_("on these days"),
        required=False,
        coerce=int,
        choices=DAYS,
        widget=forms.CheckboxSelectMultiple,
    )
    languages = forms.MultipleChoiceField(
        label=_("in these languages"), required=False, choices=(("zh", _("Chinese")), ("en", _("English"))),
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    attributes = PairField(
        label=_("visitor's attributes"), required=False, help_text=_("One a line: name = value")
    )
    min_priority = forms.IntegerField(
        label=_("visitor's priority at least"), required=False, min_value=0, max_value=10
    )

    class Meta:
        model = Rule
        fields = (
            "site", "name", "kind", "expressions", "answer", "to_people", "group_id", "priority", "enabled"
        )  # fmt: skip
        widgets = {"answer": forms.Textarea(attrs={"rows": 6, "cols": 80})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keep_chosen(self, self.instance.group_id)
        held = self.instance.conditions or {}
        begin, end = (*held.get("hours", ()), "", "")[:2]
        self.initial.update({
            "page": held.get("page", ""), "hours_from": begin, "hours_until": end,
            "weekdays": held.get("weekdays", []), "languages": held.get("languages", []),
            "attributes": held.get("attributes", {}), "min_priority": held.get("min_priority"),
        })  # fmt: skip

    def clean_group_id(self) -> Any:
        """A group there is."""
        return clean_group(self.cleaned_data.get("group_id"), self.cleaned_data.get("site"))

    def clean(self) -> Any:
        """Conditions into their object, and the whole rule tried."""
        given = super().clean() or self.cleaned_data
        begin, end = given.get("hours_from", ""), given.get("hours_until", "")
        if (begin or end) and not (_TIME.match(begin) and _TIME.match(end)):
            self.add_error("hours_until", _("Two times such as 09:00 and 18:00, or none."))
        conditions = {
            "page": given.get("page", "").strip(), "hours": [begin, end] if begin and end else None,
            "weekdays": given.get("weekdays"), "languages": given.get("languages"),
            "attributes": given.get("attributes"), "min_priority": given.get("min_priority"),
        }  # fmt: skip
        self.instance.conditions = {
            name: value for name, value in conditions.items() if value not in (None, "", [], {})
        }
        return given

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if not self.errors:
            try:
                check_rule(self.instance)
            except ValidationError as error:
                for name, said in error.message_dict.items():
                    self.add_error(name if name in self.fields else None, said)


def _short(expression: str) -> str:
    """A pattern's beginning: a column is no place to read it."""
    return expression if len(expression) <= SHORT else f"{expression[: SHORT - 1]}…"


@admin.register(Rule)
class RuleAdmin(TaughtAdmin):
    """Answers without asking anybody."""

    empty_hint = _("No rules yet. A rule answers certain words at once, or hands over to people.")
    form = RuleForm
    list_display = ("name", "kind", "shown_expressions", "site_name", "to_people", "priority", "enabled")
    list_filter = (SiteFilter, "kind", "enabled", "to_people")
    search_fields = ("name", "answer", "expressions")
    fieldsets = (
        (None, {"fields": ("name", "kind", "expressions", "answer", "try_it")}),
        (_("Goes to people"), {"fields": ("to_people", "group_id")}),
        (
            _("Only when"),
            {
                "fields": (
                    "page", ("hours_from", "hours_until"), "weekdays", "languages", "attributes",
                    "min_priority"
                ),
                "classes": ("collapse",),
            },
        ),
        (_("Where"), {"fields": ("site", "priority", "enabled")}),
    )  # fmt: skip
    readonly_fields = ("try_it",)

    @admin.display(description=_("expressions"))
    def shown_expressions(self, row: Rule) -> str:
        """The first of them."""
        rest = len(row.expressions) - 3
        return " · ".join(_short(one) for one in row.expressions[:3]) + (f" +{rest}" if rest > 0 else "")

    @admin.display(description=_("try it"))
    def try_it(self, row: Rule) -> str:
        """The way to the playground, where rules count as soon as they are saved."""
        from django.urls import reverse

        return format_html(
            '<a href="{}">{}</a>',
            reverse("bot:playground"),
            _("Save, then write to the bot in the playground."),
        )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """Expressions, too; JSON of SQLite escapes what is not ASCII, so they are looked at here."""
        found, distinct = super().get_search_results(request, queryset, search_term)
        if search_term.strip():
            wanted = search_term.strip().lower()
            also = [
                pk
                for pk, texts in queryset.values_list("pk", "expressions")[:10_000]
                if any(wanted in str(text).lower() for text in texts)
            ]
            found = found | queryset.filter(pk__in=also[:500])
        return found, distinct


@admin.register(SensitiveWord)
class SensitiveWordAdmin(Exchange, TaughtAdmin):
    """Risk words; files both ways."""

    resource_classes = (SensitiveWordResource,)
    list_display = ("word", "category", "to_people", "site_name", "updated_at")
    list_filter = (SiteFilter, "category", "to_people")
    search_fields = ("word",)
    fields = ("site", "word", "category", "to_people")
