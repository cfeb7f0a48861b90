"""The people who answer: agents, what they can do, and the groups they answer in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from agents.models.hours import BusinessHours
from agents.routing.strategies.base import strategies
from agents.routing.terms import DEFAULT_STRATEGY
from chat.models import Site, new_uuid

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


class Role(models.TextChoices):
    """What an agent may see and do; each includes the one before."""

    AGENT = "agent", _("agent")
    SUPERVISOR = "supervisor", _("supervisor")
    ADMIN = "admin", _("administrator")


class Skill(models.Model):
    """Something an agent can do: a product, a kind of case, a tongue that is no interface language."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    name = models.CharField(_("name"), max_length=60, unique=True)
    description = models.CharField(_("description"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("skill")
        verbose_name_plural = _("skills")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Agent(models.Model):
    """Somebody who answers visitors of some sites. A superuser answers for every site, as an administrator,
    whatever `sites` and `role` say.

    `id` is what stands in the log as the sender, so it never changes; `display_name` is what visitors see.
    `capacity`: conversations at once that routing may give; `channel_capacity`: {channel: at most so many of
    them}; `languages`: BCP 47 tags, empty for any.
    """

    id = models.UUIDField(primary_key=True, default=new_uuid, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="agent", verbose_name=_("login")
    )
    display_name = models.CharField(
        _("display name"), max_length=100, help_text=_("The name visitors see beside the answers.")
    )
    avatar_url = models.CharField(
        _("avatar"), max_length=500, blank=True, default="", validators=[URLValidator(["https", "http"])]
    )
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.AGENT)
    sites: models.ManyToManyField[Site, models.Model] = models.ManyToManyField(
        Site,
        blank=True,
        related_name="agents",
        verbose_name=_("sites"),
        help_text=_("Superusers answer for every site."),
    )
    skills: models.ManyToManyField[Skill, AgentSkill] = models.ManyToManyField(
        Skill, through="AgentSkill", blank=True, related_name="agents", verbose_name=_("skills")
    )
    languages: models.JSONField[list[str], list[str]] = models.JSONField(
        _("languages"), default=list, blank=True, help_text=_("For example zh-CN, en; empty for any.")
    )
    capacity = models.PositiveSmallIntegerField(
        _("capacity"), default=5, validators=[MaxValueValidator(200)],
        help_text=_("Conversations at once that routing may give."),
    )  # fmt: skip
    channel_capacity: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(
        _("capacity by channel"), default=dict, blank=True, help_text=_('For example {"h5": 2}.')
    )
    is_enabled = models.BooleanField(
        _("enabled"),
        default=True,
        help_text=_(
            "A disabled agent is disconnected within five seconds and cannot sign in to the console."
        ),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("agent")
        verbose_name_plural = _("agents")
        ordering = ("display_name",)

    def __str__(self) -> str:
        return self.display_name


class AgentSkill(models.Model):
    """How well an agent can do something: 1 (can help) to 5 (knows it best)."""

    agent = models.ForeignKey(
        Agent, on_delete=models.CASCADE, related_name="skill_levels", verbose_name=_("agent")
    )
    skill = models.ForeignKey(
        Skill, on_delete=models.CASCADE, related_name="agent_levels", verbose_name=_("skill")
    )
    level = models.PositiveSmallIntegerField(
        _("level"), default=3, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )

    class Meta:
        verbose_name = _("agent's skill")
        verbose_name_plural = _("agents' skills")
        constraints = (models.UniqueConstraint(fields=("agent", "skill"), name="agent_skill_once"),)

    def __str__(self) -> str:
        return f"{self.agent_id} {self.skill_id} {self.level}"


def strategy_choices() -> list[tuple[str, StrPromise]]:
    """How a group may choose among its agents: every file of `agents.routing.strategies`, by name."""
    return [(name, _(each.label)) for name, each in sorted(strategies().items())]


def default_weights() -> dict[str, int]:
    """The weighted strategy's parts in percent."""
    return {"skill": 30, "capacity": 40, "quality": 30}


class RoutingPolicy(models.Model):
    """What a group decides, and a site for conversations without a group. Durations in seconds, 0: never."""

    strategy = models.CharField(
        _("strategy"), max_length=16, choices=strategy_choices, default=DEFAULT_STRATEGY
    )
    weights: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(
        _("weights"), default=default_weights, blank=True, help_text=_("Percent; used by “weighted”.")
    )
    hours = models.ForeignKey(
        BusinessHours, on_delete=models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("business hours"), help_text=_("Empty: always open."),
    )  # fmt: skip
    max_waiting = models.PositiveIntegerField(
        _("longest queue"), default=0, help_text=_("More visitors are asked to leave a message; 0: no limit.")
    )
    answer_timeout_s = models.PositiveIntegerField(
        _("seconds to a first reaction"), default=120,
        help_text=_("An agent who neither accepts nor answers loses the conversation to the next; 0: never."),
    )  # fmt: skip
    silence_timeout_s = models.PositiveIntegerField(
        _("seconds of silence"), default=600,
        help_text=_("A visitor unanswered for so long is given to somebody else; 0: never."),
    )  # fmt: skip

    class Meta:
        abstract = True


class Group(RoutingPolicy):
    """A skill group: agents who answer one kind of conversation. `sites` empty: of every site."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    name = models.CharField(_("name"), max_length=100, unique=True)
    sites: models.ManyToManyField[Site, models.Model] = models.ManyToManyField(
        Site, blank=True, related_name="groups", verbose_name=_("sites")
    )
    agents: models.ManyToManyField[Agent, models.Model] = models.ManyToManyField(
        Agent, blank=True, related_name="groups", verbose_name=_("agents")
    )
    skills: models.ManyToManyField[Skill, models.Model] = models.ManyToManyField(
        Skill,
        blank=True,
        related_name="groups",
        verbose_name=_("skills wanted"),
        help_text=_("Scored by the weighted strategy; an agent with none of them is not a candidate."),
    )
    overflow_group: models.ForeignKey[Group | None, Group | None] = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="overflows_from",
        verbose_name=_("overflows to"),
    )  # fmt: skip
    overflow_after_s = models.PositiveIntegerField(_("seconds before overflow"), default=60)
    is_enabled = models.BooleanField(_("enabled"), default=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
