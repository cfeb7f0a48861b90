"""Whether and how the bot answers at a site."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.models import Site, new_uuid

LONGEST_PAUSE_MS = 5_000


class BotSettings(models.Model):
    """The bot of one site. A site without a row has none.

    Pauses in ms, between reading a message and answering it. `patience_s`: after so long without an answer
    the conversation goes to people.
    """

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    site = models.OneToOneField(
        Site, on_delete=models.CASCADE, related_name="bot_settings", verbose_name=_("site")
    )
    enabled = models.BooleanField(_("answers first"), default=True)
    name = models.CharField(_("name"), max_length=40, default="", blank=True, help_text=_("Empty: Assistant"))
    pause_min_ms = models.PositiveIntegerField(
        _("shortest pause (ms)"), default=150, validators=[MaxValueValidator(LONGEST_PAUSE_MS)]
    )
    pause_max_ms = models.PositiveIntegerField(
        _("longest pause (ms)"), default=300, validators=[MaxValueValidator(LONGEST_PAUSE_MS)]
    )
    patience_s = models.PositiveSmallIntegerField(
        _("goes to people after (s)"), default=3, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    misses_to_people = models.PositiveSmallIntegerField(
        _("goes to people after so many questions without an answer"), default=2,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
    )  # fmt: skip
    vip_priority = models.PositiveSmallIntegerField(
        _("visitors of this priority and above go to people at once"), null=True, blank=True,
        validators=[MaxValueValidator(10)], help_text=_("Empty: no."),
    )  # fmt: skip
    anger_to_people = models.BooleanField(_("angry visitors go to people"), default=True)
    answer_threshold = models.FloatField(
        _("answers from this certainty on"), null=True, blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1)], help_text=_("Empty: the product's own."),
    )  # fmt: skip
    quick_questions: models.JSONField[list[str], list[str]] = models.JSONField(
        _("questions offered at the beginning"), default=list, blank=True
    )
    memory_minutes = models.PositiveIntegerField(
        _("forgets what was talked about after (minutes)"), default=30,
        validators=[MinValueValidator(1), MaxValueValidator(10_080)],
    )  # fmt: skip
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("bot of a site")
        verbose_name_plural = _("bots of sites")

    def __str__(self) -> str:
        return str(self.site)


class ConfigVersion(models.Model):
    """Counts changes of what the bot is made of, so that every process notices them with one small query.

    One row. Bumped by `bot.config.changed()`.
    """

    number = models.PositiveBigIntegerField(default=0)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("version of the bot's configuration")
        verbose_name_plural = _("versions of the bot's configuration")

    def __str__(self) -> str:
        return str(self.number)
