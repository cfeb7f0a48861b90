"""Facts and words: entities with their relations, business terms, the operator's additions to the lexicon."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from knowledge.models.base import Language
from knowledge.models.keys import new_uuid


class Entity(models.Model):
    """Something the operator's facts are about: a product, a policy, a region. `aliases`: other names."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    site_id = models.UUIDField(_("site"), null=True, blank=True, help_text=_("Empty: at every site."))
    name = models.CharField(_("name"), max_length=100)
    aliases: models.JSONField[list[str], list[str]] = models.JSONField(
        _("other names"), default=list, blank=True
    )
    kind = models.CharField(
        _("kind"), max_length=40, blank=True, default="", help_text=_("For example product, policy, region.")
    )
    description = models.CharField(_("description"), max_length=500, blank=True, default="")
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("entity")
        verbose_name_plural = _("entities")
        ordering = ("kind", "name")
        constraints = (
            models.UniqueConstraint(fields=("site_id", "name"), name="entity_once_per_site"),
            models.UniqueConstraint(
                fields=("name",), condition=models.Q(site_id=None), name="entity_once_for_all_sites"
            ),
        )

    def __str__(self) -> str:
        return self.name


class Relation(models.Model):
    """subject –predicate→ object, when `condition` holds. `answer`: what to say; empty: made of the rest."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    subject = models.ForeignKey(
        Entity, on_delete=models.CASCADE, related_name="relations", verbose_name=_("subject")
    )
    predicate = models.CharField(
        _("predicate"), max_length=60, help_text=_("For example has, differs by, costs.")
    )
    object = models.ForeignKey(
        Entity, on_delete=models.CASCADE, related_name="relations_to", verbose_name=_("object")
    )
    condition = models.CharField(
        _("condition"), max_length=200, blank=True, default="", help_text=_("When it holds; empty: always.")
    )
    answer = models.TextField(_("answer"), max_length=4000, blank=True, default="")
    language = models.CharField(
        _("language"), max_length=2, choices=Language.choices, blank=True, default=Language.ANY
    )
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("relation")
        verbose_name_plural = _("relations")
        ordering = ("subject", "predicate", "condition")
        constraints = (
            models.UniqueConstraint(
                fields=("subject", "predicate", "object", "condition", "language"), name="relation_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.subject} –{self.predicate}→ {self.object}"


class Term(models.Model):
    """An exact business term: kept in one piece wherever it is written. `meaning` is for colleagues."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    phrase = models.CharField(_("phrase"), max_length=60, unique=True)
    meaning = models.CharField(_("meaning"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("business term")
        verbose_name_plural = _("business terms")
        ordering = ("phrase",)

    def __str__(self) -> str:
        return self.phrase


class Synonym(models.Model):
    """Expressions that mean one thing. `concept` names a concept of the shipped lexicon that they join;
    empty: they make a group of their own.
    """

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    concept = models.SlugField(
        _("concept"), max_length=60, blank=True, default="",
        help_text=_("Of the lexicon, for example refund; empty: a group of its own."),
    )  # fmt: skip
    expressions: models.JSONField[list[str], list[str]] = models.JSONField(_("expressions"), default=list)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("synonyms")
        verbose_name_plural = _("synonyms")
        ordering = ("concept", "id")

    def __str__(self) -> str:
        return " = ".join([self.concept, *self.expressions] if self.concept else self.expressions)
