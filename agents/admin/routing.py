"""How conversations find their agent: sites' policies, rules, and opening hours."""

from __future__ import annotations

import zoneinfo
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.validators import validate_email
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from agents.admin.fields import LinesField, PercentField, SpansField, WeekField
from agents.admin.scope import ScopedAdmin
from agents.models import BusinessHours, Holiday, RoutingRule, RuleField, SiteRouting

if TYPE_CHECKING:  # these take type arguments only in the stubs
    _HoursForm = forms.ModelForm[BusinessHours]
    _HolidayForm = forms.ModelForm[Holiday]
    _RoutingForm = forms.ModelForm[SiteRouting]
    _RuleForm = forms.ModelForm[RoutingRule]
    _HolidayInline = admin.TabularInline[Holiday, BusinessHours]
else:
    _HoursForm = _HolidayForm = _RoutingForm = _RuleForm = forms.ModelForm
    _HolidayInline = admin.TabularInline


def time_zones() -> list[tuple[str, str]]:
    """Choices of the IANA database, by name."""
    return [(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones())]


class HoursForm(_HoursForm):
    """A week as seven lines."""

    week = WeekField(
        label=_("week"), help_text=_("For example 09:00-12:00, 13:00-18:00; empty: closed that day.")
    )
    time_zone = forms.ChoiceField(label=_("time zone"), choices=time_zones, initial="Asia/Shanghai")

    class Meta:
        model = BusinessHours
        fields = ("name", "time_zone", "week")


class HolidayForm(_HolidayForm):
    """A day and when it is open."""

    spans = SpansField(label=_("open at"), required=False, help_text=_("Empty: closed all day."))

    class Meta:
        model = Holiday
        fields = ("date", "name", "spans")


class HolidayInline(_HolidayInline):
    """Days that are not as their weekday."""

    model = Holiday
    form = HolidayForm
    extra = 1


@admin.register(BusinessHours)
class BusinessHoursAdmin(ScopedAdmin):
    """Opening hours: shared between sites, so superusers keep them."""

    site_path = None
    form = HoursForm
    list_display = ("name", "time_zone", "shown_week")
    search_fields = ("name",)
    inlines = (HolidayInline,)

    @admin.display(description=_("week"))
    def shown_week(self, hours: BusinessHours) -> str:
        """The days' hours in short."""
        return " · ".join(
            ", ".join(f"{start}-{end}" for start, end in day) if day else "—" for day in hours.week
        )


class SiteRoutingForm(_RoutingForm):
    """A site's policy with its weights as numbers."""

    weights = PercentField(label=_("weights"), help_text=_("Percent; used by “weighted”."))
    leave_message_emails = LinesField(
        label=_("e-mail for left messages"), required=False,
        help_text=_("One address per line; empty: the group's agents are told."),
    )  # fmt: skip

    class Meta:
        model = SiteRouting
        fields = (
            "site", "default_group", "strategy", "weights", "sticky_days", "hours", "max_waiting",
            "answer_timeout_s", "silence_timeout_s", "first_reply_target_s", "reply_target_s",
            "leave_message_emails",
        )  # fmt: skip

    def clean_leave_message_emails(self) -> list[str]:
        """Addresses."""
        addresses: list[str] = self.cleaned_data["leave_message_emails"]
        for address in addresses:
            validate_email(address)
        return addresses


@admin.register(SiteRouting)
class SiteRoutingAdmin(ScopedAdmin):
    """What a site does with conversations; without a row the defaults hold."""

    form = SiteRoutingForm
    list_display = ("site", "default_group", "strategy", "hours", "max_waiting")
    list_select_related = ("site", "default_group", "hours")
    search_fields = ("site__name",)
    fieldsets = (
        (None, {"fields": ("site", "default_group")}),
        (_("Conversations without a group"), {"fields": ("strategy", "weights", "sticky_days")}),
        (_("When it takes too long"), {"fields": ("answer_timeout_s", "silence_timeout_s")}),
        (_("When it is open"), {"fields": ("hours", "max_waiting", "leave_message_emails")}),
        (_("What you promise yourselves"), {"fields": ("first_reply_target_s", "reply_target_s")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A policy stays with its site."""
        return () if obj is None else ("site",)


class RoutingRuleForm(_RuleForm):
    """A rule that can fit."""

    class Meta:
        model = RoutingRule
        fields = (
            "site", "position", "field", "attribute", "operator", "value", "group", "skills", "priority",
            "is_enabled",
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """An attribute is named when one is looked at, and something comes of it."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("field") == RuleField.ATTRIBUTE and not cleaned.get("attribute"):
            raise forms.ValidationError({"attribute": _("Which attribute?")})
        if not cleaned.get("group") and not cleaned.get("skills") and cleaned.get("priority") is None:
            raise forms.ValidationError(_("A rule names a group, skills or a priority."))
        if cleaned.get("priority") is not None and cleaned["priority"] > 10:
            raise forms.ValidationError({"priority": _("0 to 10; ten is served first.")})
        return cleaned


class NamedRow(_RuleForm):
    """A row that is edited in the list: its fields have no label beside them, so they say their names."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = field.label


@admin.register(RoutingRule)
class RoutingRuleAdmin(ScopedAdmin):
    """Where new conversations go; the first that fits."""

    form = RoutingRuleForm
    list_display = ("site", "position", "field", "operator", "value", "group", "priority", "is_enabled")
    list_display_links = ("field", "value")
    list_editable = ("position", "is_enabled")
    list_filter = ("site", "is_enabled", "field")
    list_select_related = ("site", "group")
    search_fields = ("value", "group__name")
    filter_horizontal = ("skills",)

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Rows whose fields say their names."""
        return super().get_changelist_form(request, **{"form": NamedRow, **kwargs})
