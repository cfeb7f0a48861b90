"""Rules and risk words."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.models import Site, new_uuid


class RuleKind(models.TextChoices):
    """How a rule's expressions are compared with what a visitor writes."""

    EXACT = "exact", _("the whole message")
    KEYWORD = "keyword", _("keywords")
    PATTERN = "pattern", _("pattern (RE2)")


class Rule(models.Model):
    """An answer without asking anybody. `site` null: at every site.

    `expressions`: one of them is enough; within a keyword expression "A+B" needs both, "-C" forbids.
    `conditions`: {"page": "substring or pattern of the URL", "hours": ["09:00", "18:00"], "weekdays": [0–6],
    "languages": ["zh"], "attributes": {"level": "gold"}, "min_priority": 5}; all must hold.
    """

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    site = models.ForeignKey(
        Site, on_delete=models.CASCADE, null=True, blank=True, related_name="bot_rules",
        verbose_name=_("site"), help_text=_("Empty: at every site."),
    )  # fmt: skip
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("compares"), max_length=8, choices=RuleKind.choices, default=RuleKind.KEYWORD)
    expressions: models.JSONField[list[str], list[str]] = models.JSONField(_("expressions"), default=list)
    conditions: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        _("conditions"), default=dict, blank=True
    )
    answer = models.TextField(_("answer"), max_length=4000, blank=True, default="")
    to_people = models.BooleanField(_("goes to people"), default=False)
    group_id = models.UUIDField(_("group"), null=True, blank=True)
    priority = models.IntegerField(_("priority"), default=0, help_text=_("Higher goes first."))
    enabled = models.BooleanField(_("enabled"), default=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        ordering = ("-priority", "name")

    def __str__(self) -> str:
        return self.name


class SensitiveCategory(models.TextChoices):
    """Why a word is risky, and so what happens."""

    ABUSE = "abuse", _("abuse")
    HARM = "harm", _("harm to oneself or others")
    LEGAL = "legal", _("legal steps")
    EXPOSURE = "exposure", _("public exposure")
    FRAUD = "fraud", _("fraud and gambling")
    CONTACT = "contact", _("luring elsewhere")
    OTHER = "other", _("other")


class SensitiveWord(models.Model):
    """A risk word; variants (full width, symbols in between, spelling) are found, too. `site` null: at every
    site.
    """

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    site = models.ForeignKey(
        Site, on_delete=models.CASCADE, null=True, blank=True, related_name="sensitive_words",
        verbose_name=_("site"),
    )  # fmt: skip
    word = models.CharField(_("word"), max_length=60)
    category = models.CharField(
        _("category"), max_length=10, choices=SensitiveCategory.choices, default=SensitiveCategory.OTHER
    )
    to_people = models.BooleanField(_("goes to people"), default=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("risk word")
        verbose_name_plural = _("risk words")
        ordering = ("category", "word")
        constraints = (
            models.UniqueConstraint(fields=("site", "word"), name="risk_word_once_per_site"),
            models.UniqueConstraint(
                fields=("word",), condition=models.Q(site=None), name="risk_word_once_for_all_sites"
            ),
        )

    def __str__(self) -> str:
        return self.word
