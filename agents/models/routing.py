"""Routing as rows: who is here, who waits, who has a seat, and why. Times named `_ms` are ms since the epoch.

Seats and the queue are projections of the log (`agents.routing.follow`), written in the transaction that
persists the acts; a seat that routing has just taken is `confirmed` once its `assigned` act was persisted.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from agents.models.people import Agent, Group, RoutingPolicy, Skill
from chat.models import Channel, Site, new_uuid


class SiteRouting(RoutingPolicy):
    """A site's routing: the policy for conversations without a group, and for when nobody is there."""

    site = models.OneToOneField(
        Site, on_delete=models.CASCADE, primary_key=True, related_name="routing", verbose_name=_("site")
    )
    default_group = models.ForeignKey(
        Group, on_delete=models.SET_NULL, null=True, blank=True, related_name="default_for",
        verbose_name=_("default group"),
    )  # fmt: skip
    sticky_days = models.PositiveSmallIntegerField(
        _("days a visitor is remembered"), default=30, help_text=_("Used by “last agent first”.")
    )
    leave_message_emails: models.JSONField[list[str], list[str]] = models.JSONField(
        _("e-mail for left messages"), default=list, blank=True
    )
    first_reply_target_s = models.PositiveIntegerField(_("target: first reply in seconds"), default=60)
    reply_target_s = models.PositiveIntegerField(_("target: next replies in seconds"), default=180)

    class Meta:
        verbose_name = _("site routing")
        verbose_name_plural = _("site routing")

    def __str__(self) -> str:
        return str(self.site)


class RuleField(models.TextChoices):
    """What a routing rule looks at."""

    PAGE_URL = "page_url", _("page address")
    PAGE_TITLE = "page_title", _("page title")
    LANGUAGE = "language", _("language")
    CHANNEL = "channel", _("channel")
    ATTRIBUTE = "attribute", _("visitor's attribute")
    TEXT = "text", _("first message")


class RuleOperator(models.TextChoices):
    """How a routing rule compares."""

    CONTAINS = "contains", _("contains")
    EQUALS = "equals", _("equals")
    STARTS_WITH = "starts_with", _("starts with")


class RoutingRule(models.Model):
    """Where a new conversation goes: the first rule that fits, by position, else the site's default group."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    site = models.ForeignKey(
        Site, on_delete=models.CASCADE, related_name="routing_rules", verbose_name=_("site")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    field = models.CharField(_("looks at"), max_length=10, choices=RuleField.choices)
    attribute = models.CharField(_("attribute"), max_length=40, blank=True, default="")
    operator = models.CharField(
        _("compares"), max_length=12, choices=RuleOperator.choices, default=RuleOperator.CONTAINS
    )
    value = models.CharField(_("value"), max_length=200)
    group = models.ForeignKey(
        Group, on_delete=models.CASCADE, null=True, blank=True, related_name="rules", verbose_name=_("group")
    )
    skills: models.ManyToManyField[Skill, models.Model] = models.ManyToManyField(
        Skill, blank=True, related_name="rules", verbose_name=_("skills wanted")
    )
    priority = models.PositiveSmallIntegerField(_("priority"), null=True, blank=True)
    is_enabled = models.BooleanField(_("enabled"), default=True)

    class Meta:
        verbose_name = _("routing rule")
        verbose_name_plural = _("routing rules")
        ordering = ("site", "position")

    def __str__(self) -> str:
        return f"{self.field} {self.operator} {self.value}"


class Availability(models.TextChoices):
    """What an agent says of themselves; offline is not said but seen: no lease."""

    ONLINE = "online", _("online")
    BUSY = "busy", _("busy")
    AWAY = "away", _("away")


class Lease(models.Model):
    """A connection of an agent, held by the process that serves it until `expires_ms`."""

    connection = models.CharField(primary_key=True, max_length=64)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="leases")
    process = models.CharField(max_length=128, db_index=True)
    expires_ms = models.PositiveBigIntegerField(db_index=True)

    class Meta:
        verbose_name = _("lease")
        verbose_name_plural = _("leases")

    def __str__(self) -> str:
        return self.connection


class Pulse(models.Model):
    """One row, moved on by every sweep of presence: how long the database has been answering without a break.

    `since_ms`: when the present stretch began; `before_ms`: the last sweep of the stretch before it. Just
    after an outage leases have expired that nobody could renew (agents.presence.trust).
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    beat_ms = models.PositiveBigIntegerField()
    since_ms = models.PositiveBigIntegerField(default=0)
    before_ms = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("pulse")
        verbose_name_plural = _("pulses")

    def __str__(self) -> str:
        return str(self.beat_ms)


class Standing(models.Model):
    """Where an agent stands now. `used` counts the agent's seats and changes only together with them.

    `gone_ms`: since when no lease was seen (null while one lives). `served_ms`: the last assignment by
    routing. `quality`: 0 to 1, see `agents.routing.quality`.
    """

    agent = models.OneToOneField(
        Agent, on_delete=models.CASCADE, primary_key=True, related_name="standing", verbose_name=_("agent")
    )
    availability = models.CharField(
        _("status"), max_length=8, choices=Availability.choices, default=Availability.ONLINE
    )
    reason = models.CharField(_("reason"), max_length=100, blank=True, default="")
    until_ms = models.PositiveBigIntegerField(_("until (ms)"), null=True, blank=True)
    changed_ms = models.PositiveBigIntegerField(_("changed at (ms)"), default=0)
    gone_ms = models.PositiveBigIntegerField(_("gone since (ms)"), null=True, blank=True)
    used = models.PositiveIntegerField(_("seats taken"), default=0)
    served_ms = models.PositiveBigIntegerField(_("last assignment (ms)"), default=0)
    quality = models.FloatField(_("quality"), default=0.5)
    quality_parts: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        _("quality by part"), default=dict, blank=True
    )

    class Meta:
        verbose_name = _("standing")
        verbose_name_plural = _("standings")

    def __str__(self) -> str:
        return str(self.agent_id)


class Waiting(models.Model):
    """A conversation in the queue. Lower `rank_ms` is served first: the time it began to wait, moved back by
    `priority` (agents.routing.order), so an old waiter is overtaken for a bounded time only.

    `wants` names what it needs (site, group, skills, language, channel): those with the same wants have the
    same candidates. `refused`: agents who missed or refused it. `left`: left while nobody was there.
    """

    conversation = models.UUIDField(primary_key=True)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    visitor = models.UUIDField(db_index=True)
    group = models.ForeignKey(Group, on_delete=models.SET_NULL, null=True, related_name="waiting")
    skills: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    language = models.CharField(max_length=16, blank=True, default="")
    channel = models.CharField(max_length=16, choices=Channel.choices, default=Channel.API)
    priority = models.PositiveSmallIntegerField(default=0)
    wants = models.CharField(max_length=40)
    since_ms = models.PositiveBigIntegerField()
    entered_ms = models.PositiveBigIntegerField(help_text="When it entered this group's queue.")
    rank_ms = models.BigIntegerField()
    sticky_agent = models.UUIDField(null=True)
    refused: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    overflows = models.PositiveSmallIntegerField(default=0)
    left = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("waiting conversation")
        verbose_name_plural = _("queue")
        indexes = (
            models.Index(fields=("wants", "rank_ms"), name="waiting_by_wants"),
            models.Index(fields=("group", "rank_ms"), name="waiting_by_group"),
            models.Index(fields=("site", "group", "rank_ms"), name="waiting_by_site"),
        )

    def __str__(self) -> str:
        return str(self.conversation)


class Seat(models.Model):
    """A conversation an agent has now. `due_ms`: when a reaction is overdue, null once there was one."""

    conversation = models.UUIDField(primary_key=True)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="seats")
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    group = models.ForeignKey(Group, on_delete=models.SET_NULL, null=True, related_name="seats")
    channel = models.CharField(max_length=16, choices=Channel.choices, default=Channel.API)
    taken_ms = models.PositiveBigIntegerField()
    due_ms = models.PositiveBigIntegerField(null=True, db_index=True)
    confirmed = models.BooleanField(default=True)
    decision = models.UUIDField(null=True)

    class Meta:
        verbose_name = _("seat")
        verbose_name_plural = _("seats")

    def __str__(self) -> str:
        return str(self.conversation)


class Decision(models.Model):
    """One decision of routing and its reasons, kept so that it can be explained and replayed.

    `waiter`: what the conversation asked for. `candidates`: [{"agent","name","score","parts":{part: 0..1},
    "used","capacity","chosen"}], best first, at most 50; `excluded`: {reason: how many}.
    """

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    conversation = models.UUIDField(_("conversation"), db_index=True)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+", verbose_name=_("site"))
    group = models.ForeignKey(
        Group, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("group")
    )
    at_ms = models.PositiveBigIntegerField(_("at (ms)"), db_index=True)
    strategy = models.CharField(_("strategy"), max_length=16)
    weights: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(_("weights"), default=dict)
    agent = models.ForeignKey(
        Agent, on_delete=models.SET_NULL, null=True, blank=True, related_name="decisions",
        verbose_name=_("chosen"),
    )  # fmt: skip
    reason = models.CharField(_("reason"), max_length=40)
    waited_ms = models.PositiveBigIntegerField(_("waited (ms)"), default=0)
    waiter: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("asked for"), default=dict)
    candidates: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        _("candidates"), default=list
    )
    excluded: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(_("left out"), default=dict)

    class Meta:
        verbose_name = _("routing decision")
        verbose_name_plural = _("routing decisions")
        ordering = ("-at_ms",)
        indexes = (models.Index(fields=("site", "-at_ms"), name="decision_by_site"),)

    def __str__(self) -> str:
        return f"{self.conversation} {self.reason}"


class Assignment(models.Model):
    """The history of seats: who had a conversation from `at_ms` to `ended_ms`. Feeds quality and replay."""

    id = models.UUIDField(_("id"), primary_key=True, default=new_uuid, editable=False)
    conversation = models.UUIDField(_("conversation"), db_index=True)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+", verbose_name=_("site"))
    group = models.ForeignKey(
        Group, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("group")
    )
    agent = models.ForeignKey(
        Agent, on_delete=models.CASCADE, related_name="assignments", verbose_name=_("agent")
    )
    decision = models.UUIDField(_("decision"), null=True, blank=True)
    how = models.CharField(_("how"), max_length=16)
    at_ms = models.PositiveBigIntegerField(_("from (ms)"))
    first_reply_ms = models.PositiveBigIntegerField(_("first reply (ms)"), null=True, blank=True)
    ended_ms = models.PositiveBigIntegerField(_("until (ms)"), null=True, blank=True)
    ended_by = models.CharField(_("ended by"), max_length=16, blank=True, default="")
    rating = models.PositiveSmallIntegerField(_("rating"), null=True, blank=True)
    inspection = models.FloatField(_("inspection score"), null=True, blank=True)

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering = ("-at_ms",)
        constraints = (
            models.UniqueConstraint(
                fields=("conversation",), condition=models.Q(ended_ms=None), name="one_open_assignment"
            ),
        )
        indexes = (models.Index(fields=("agent", "-at_ms"), name="assignment_of_agent"),)

    def __str__(self) -> str:
        return f"{self.conversation} {self.agent_id}"
