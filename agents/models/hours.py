"""When people answer: weekly hours in a time zone, holidays, and agents' scheduled breaks."""

from __future__ import annotations

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.models import new_uuid


def default_week() -> list[list[list[str]]]:
    """Monday to Sunday, each a list of [from, to] in HH:MM; "24:00" ends a day."""
    return [[["09:00", "18:00"]]] * 5 + [[], []]


class BusinessHours(models.Model):
    """A week of opening hours in its own time zone."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    name = models.CharField(_("name"), max_length=100, unique=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="Asia/Shanghai")
    week: models.JSONField[list[list[list[str]]], list[list[list[str]]]] = models.JSONField(
        _("week"), default=default_week,
        help_text=_("Seven days from Monday, each a list of [from, to] in HH:MM."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("business hours")
        verbose_name_plural = _("business hours")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Holiday(models.Model):
    """A day that is not as its weekday: closed, or open at other hours (`spans`, as in a week's day)."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    hours = models.ForeignKey(
        BusinessHours, on_delete=models.CASCADE, related_name="holidays", verbose_name=_("business hours")
    )
    date = models.DateField(_("date"))
    name = models.CharField(_("name"), max_length=100, blank=True, default="")
    spans: models.JSONField[list[list[str]], list[list[str]]] = models.JSONField(
        _("open at"), default=list, blank=True, help_text=_("Empty: closed all day.")
    )

    class Meta:
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        ordering = ("date",)
        constraints = (models.UniqueConstraint(fields=("hours", "date"), name="holiday_once"),)

    def __str__(self) -> str:
        return f"{self.date} {self.name}".strip()


class ScheduledBreak(models.Model):
    """A break at fixed hours: routing gives the agent nothing while it lasts. Times in `time_zone`."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    agent = models.ForeignKey(
        "agents.Agent", on_delete=models.CASCADE, related_name="breaks", verbose_name=_("agent")
    )
    weekday = models.PositiveSmallIntegerField(
        _("weekday"), null=True, blank=True, validators=[MaxValueValidator(6)],
        help_text=_("0 is Monday; empty: every day."),
    )  # fmt: skip
    starts = models.TimeField(_("from"))
    ends = models.TimeField(_("to"))
    time_zone = models.CharField(_("time zone"), max_length=64, default="Asia/Shanghai")
    reason = models.CharField(_("reason"), max_length=100, blank=True, default="")

    class Meta:
        verbose_name = _("scheduled break")
        verbose_name_plural = _("scheduled breaks")
        ordering = ("agent", "weekday", "starts")

    def __str__(self) -> str:
        return f"{self.starts}–{self.ends}"
