"""What is written to be read: categories, questions with their answers, articles with their sections."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from knowledge.models.base import Language, Publishable, Version
from knowledge.models.keys import new_uuid
from knowledge.slugs import slug_of

MAX_ANSWER = 8000  # characters: what one message may hold
MAX_WORDINGS = 100


class Category(models.Model):
    """A shelf of the help page. `name_en` is shown to English readers; empty: `name`."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    site_id = models.UUIDField(_("site"), null=True, blank=True, help_text=_("Empty: at every site."))
    parent: models.ForeignKey[Category | None, Category | None] = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children",
        verbose_name=_("under"),
    )  # fmt: skip
    name = models.CharField(_("name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=60, blank=True, default="")
    description = models.CharField(_("description"), max_length=200, blank=True, default="")
    description_en = models.CharField(_("English description"), max_length=200, blank=True, default="")
    slug = models.CharField(_("address"), max_length=80, blank=True, default="", editable=False)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ("position", "name")
        constraints = (
            models.UniqueConstraint(fields=("site_id", "name"), name="category_once_per_site"),
            models.UniqueConstraint(
                fields=("name",), condition=models.Q(site_id=None), name="category_once_for_all_sites"
            ),
        )

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the address that follows from the name."""
        self.slug = slug_of(self.name)
        super().save(*args, **kwargs)

    def name_in(self, language: str) -> str:
        """The name for readers of this language."""
        return self.name_en or self.name if language == Language.EN else self.name

    def description_in(self, language: str) -> str:
        """The description for readers of this language."""
        return self.description_en or self.description if language == Language.EN else self.description


class Question(Publishable):
    """A question as visitors ask it, other wordings of it, and its answer in Markdown.

    `key` is the operator's own name for it in files, unique at its site. `card`: a card of the wire contract,
    null for none. `links`: [{"title", "url"}]; `images`: [{"url", "alt"}]. `folded`: `text` as it is
    compared, kept by `knowledge.publishing.editing`; `searchable`: all wordings, for the list's search.
    `slug`: its address on help pages, from the first release on.
    """

    slug = models.CharField(_("address"), max_length=80, blank=True, default="", editable=False)
    key = models.CharField(_("key"), max_length=64, blank=True, default="")
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, null=True, blank=True, related_name="questions",
        verbose_name=_("category"),
    )  # fmt: skip
    text = models.CharField(_("question"), max_length=300)
    wordings: models.JSONField[list[str], list[str]] = models.JSONField(
        _("other wordings"), default=list, blank=True
    )
    answer = models.TextField(_("answer"), max_length=MAX_ANSWER)
    card: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(
        _("card"), null=True, blank=True, default=None
    )
    links: models.JSONField[list[dict[str, str]], list[dict[str, str]]] = models.JSONField(
        _("links"), default=list, blank=True
    )
    images: models.JSONField[list[dict[str, str]], list[dict[str, str]]] = models.JSONField(
        _("pictures"), default=list, blank=True
    )
    folded = models.CharField(max_length=600, blank=True, default="", editable=False)
    searchable = models.TextField(blank=True, default="", editable=False)
    live: models.ForeignKey[QuestionVersion | None, QuestionVersion | None] = models.ForeignKey(
        "QuestionVersion", on_delete=models.SET_NULL, null=True, blank=True, related_name="+",
        editable=False, verbose_name=_("live version"),
    )  # fmt: skip

    class Meta(Publishable.Meta):
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ("-updated_at",)
        indexes = (
            models.Index(fields=("status", "-updated_at"), name="question_by_status"),
            models.Index(fields=("folded",), name="question_by_folded"),
        )
        constraints = (
            *Publishable.Meta.constraints,
            models.UniqueConstraint(
                fields=("site_id", "key"), condition=~models.Q(key=""), name="question_key_once_per_site"
            ),
            models.UniqueConstraint(
                fields=("key",),
                condition=~models.Q(key="") & models.Q(site_id=None),
                name="question_key_once_for_all_sites",
            ),
            models.UniqueConstraint(
                fields=("slug",), condition=~models.Q(slug=""), name="question_slug_once"
            ),
        )

    def __str__(self) -> str:
        return self.text


class QuestionVersion(Version):
    """A question as it was published."""

    question = models.ForeignKey(
        Question, on_delete=models.CASCADE, related_name="versions", verbose_name=_("question")
    )

    class Meta:
        verbose_name = _("version of a question")
        verbose_name_plural = _("versions of questions")
        ordering = ("-number",)
        constraints = (models.UniqueConstraint(fields=("question", "number"), name="question_version_once"),)

    def __str__(self) -> str:
        return f"{self.question_id} {self.number}"


class Article(Publishable):
    """A longer text in sections. `summary` stands below the title and in search engines."""

    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, null=True, blank=True, related_name="articles",
        verbose_name=_("category"),
    )  # fmt: skip
    slug = models.CharField(_("address"), max_length=80, blank=True, default="", editable=False)
    title = models.CharField(_("title"), max_length=150)
    summary = models.CharField(_("summary"), max_length=300, blank=True, default="")
    source_url = models.URLField(_("source"), max_length=500, blank=True, default="")
    live: models.ForeignKey[ArticleVersion | None, ArticleVersion | None] = models.ForeignKey(
        "ArticleVersion", on_delete=models.SET_NULL, null=True, blank=True, related_name="+",
        editable=False, verbose_name=_("live version"),
    )  # fmt: skip

    class Meta(Publishable.Meta):
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        ordering = ("-updated_at",)
        indexes = (models.Index(fields=("status", "-updated_at"), name="article_by_status"),)
        constraints = (
            *Publishable.Meta.constraints,
            models.UniqueConstraint(fields=("slug",), condition=~models.Q(slug=""), name="article_slug_once"),
        )

    def __str__(self) -> str:
        return self.title


class Section(models.Model):
    """A part of an article with a heading of its own; the first may go without."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    article = models.ForeignKey(
        Article, on_delete=models.CASCADE, related_name="sections", verbose_name=_("article")
    )
    heading = models.CharField(_("heading"), max_length=150, blank=True, default="")
    text = models.TextField(_("text"), max_length=20_000)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        ordering = ("position", "id")

    def __str__(self) -> str:
        return self.heading or str(self.position)


class ArticleVersion(Version):
    """An article with all its sections, as it was published."""

    article = models.ForeignKey(
        Article, on_delete=models.CASCADE, related_name="versions", verbose_name=_("article")
    )

    class Meta:
        verbose_name = _("version of an article")
        verbose_name_plural = _("versions of articles")
        ordering = ("-number",)
        constraints = (models.UniqueConstraint(fields=("article", "number"), name="article_version_once"),)

    def __str__(self) -> str:
        return f"{self.article_id} {self.number}"
