"""Intents with their examples and slots, the operator's own entities, and endpoints that look things up."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.models import Site, new_secret, new_uuid


class Endpoint(models.Model):
    """The customer's HTTP endpoint. Calls are POSTs of JSON, signed with HMAC-SHA256 over time and body."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    name = models.SlugField(_("name"), max_length=60, unique=True)
    url = models.URLField(_("URL"), max_length=500)
    secret = models.CharField(_("secret"), max_length=64, default=new_secret)
    timeout_ms = models.PositiveIntegerField(
        _("time-out (ms)"), default=2_000, validators=[MinValueValidator(100), MaxValueValidator(10_000)]
    )
    reply = models.TextField(
        _("reply"), max_length=2000, blank=True, default="",
        help_text=_("With {name} for the fields of the answer; empty: the endpoint's own \"reply\"."),
    )  # fmt: skip
    reply_en = models.TextField(_("reply in English"), max_length=2000, blank=True, default="")
    enabled = models.BooleanField(_("enabled"), default=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("endpoint")
        verbose_name_plural = _("endpoints")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Intent(models.Model):
    """Something visitors want that takes more than an answer. `site` null: at every site.

    Wordings stand one a line, so that what is asked again is asked in other words; {slot} is its value.
    `words`: how people name it ("继续退款的事"); `cues`, `not_cues`: RE2 patterns over the folded message
    that say it is meant, or is not, beside the classifier.
    """

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    site = models.ForeignKey(
        Site, on_delete=models.CASCADE, null=True, blank=True, related_name="intents", verbose_name=_("site")
    )
    name = models.SlugField(_("name"), max_length=60)
    title = models.CharField(_("title"), max_length=100)
    title_en = models.CharField(_("title in English"), max_length=100, blank=True, default="")
    words: models.JSONField[list[str], list[str]] = models.JSONField(
        _("words that name it"), default=list, blank=True
    )
    cues: models.JSONField[list[str], list[str]] = models.JSONField(
        _("patterns for it (RE2)"), default=list, blank=True
    )
    not_cues: models.JSONField[list[str], list[str]] = models.JSONField(
        _("patterns against it (RE2)"), default=list, blank=True
    )
    confirmation = models.TextField(
        _("question before acting"), max_length=2000, blank=True, default="",
        help_text=_("One wording a line, with {slot} for values; empty: it acts at once."),
    )  # fmt: skip
    confirmation_en = models.TextField(_("question in English"), max_length=2000, blank=True, default="")
    done = models.TextField(
        _("said when done"), max_length=4000, blank=True, default="",
        help_text=_("Where no endpoint answers. One wording a line."),
    )  # fmt: skip
    done_en = models.TextField(_("said when done, in English"), max_length=4000, blank=True, default="")
    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.SET_NULL, null=True, blank=True, related_name="intents",
        verbose_name=_("endpoint"),
    )  # fmt: skip
    to_people = models.BooleanField(_("goes to people"), default=False)
    group_id = models.UUIDField(_("group"), null=True, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    enabled = models.BooleanField(_("enabled"), default=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("intent")
        verbose_name_plural = _("intents")
        ordering = ("position", "name")
        constraints = (
            models.UniqueConstraint(fields=("site", "name"), name="intent_once_per_site"),
            models.UniqueConstraint(
                fields=("name",), condition=models.Q(site=None), name="intent_once_for_all_sites"
            ),
        )

    def __str__(self) -> str:
        return self.title or self.name


class Example(models.Model):
    """A sentence that means the intent."""

    intent = models.ForeignKey(
        Intent, on_delete=models.CASCADE, related_name="examples", verbose_name=_("intent")
    )
    text = models.CharField(_("text"), max_length=500)
    language = models.CharField(_("language"), max_length=8, blank=True, default="")

    class Meta:
        verbose_name = _("example")
        verbose_name_plural = _("examples")
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("intent", "text"), name="example_once_per_intent"),)

    def __str__(self) -> str:
        return self.text


class Slot(models.Model):
    """What has to be known before the intent can be carried out. `kinds`: entity types that fill it (empty:
    its name); `instead`: other types that will do; `free`: it takes the visitor's words as they are.
    """

    intent = models.ForeignKey(
        Intent, on_delete=models.CASCADE, related_name="slots", verbose_name=_("intent")
    )
    name = models.SlugField(_("name"), max_length=40)
    kinds: models.JSONField[list[str], list[str]] = models.JSONField(
        _("entity types"), default=list, blank=True, help_text=_("Empty: the type of its name.")
    )
    instead: models.JSONField[list[str], list[str]] = models.JSONField(
        _("types that will do instead"), default=list, blank=True
    )
    free = models.BooleanField(_("takes any words"), default=False)
    required = models.BooleanField(_("required"), default=True)
    label = models.CharField(_("called"), max_length=60, blank=True, default="")
    label_en = models.CharField(_("called in English"), max_length=60, blank=True, default="")
    prompt = models.TextField(
        _("question"), max_length=2000, blank=True, default="", help_text=_("One wording a line.")
    )
    prompt_en = models.TextField(_("question in English"), max_length=2000, blank=True, default="")
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("slot")
        verbose_name_plural = _("slots")
        ordering = ("position", "pk")
        constraints = (models.UniqueConstraint(fields=("intent", "name"), name="slot_once_per_intent"),)

    def __str__(self) -> str:
        return self.name


class EntityList(models.Model):
    """The operator's own words of a type. `values`: {"canonical": ["other wording", …]}."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    name = models.SlugField(_("type"), max_length=40, unique=True)
    title = models.CharField(_("title"), max_length=100, blank=True, default="")
    values: models.JSONField[dict[str, list[str]], dict[str, list[str]]] = models.JSONField(
        _("values"), default=dict, blank=True
    )
    fuzzy = models.BooleanField(_("also when misspelt"), default=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("list of an entity")
        verbose_name_plural = _("lists of entities")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.title or self.name


class EntityPattern(models.Model):
    """An RE2 pattern whose match is an entity; its first group, where it has one, is the value."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    name = models.SlugField(_("type"), max_length=40)
    pattern = models.CharField(_("pattern (RE2)"), max_length=500)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("pattern of an entity")
        verbose_name_plural = _("patterns of entities")
        ordering = ("name",)

    def __str__(self) -> str:
        return f"{self.name}: {self.pattern}"
