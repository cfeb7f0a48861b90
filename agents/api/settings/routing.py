"""Business hours, sites' policies and routing rules as administrators keep them."""

from __future__ import annotations

import uuid
import zoneinfo
from datetime import date
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.api.settings.managing import Managed, everybodys, managed, manager, of_own_sites, require_sites
from agents.api.settings.people import weights_of
from agents.models import BusinessHours, Group, Holiday, RoutingRule, RuleField, SiteRouting
from agents.routing.hours import Hours, check
from agents.routing.order import MAX_PRIORITY
from chat.api.authentication import agent as any_agent
from chat.api.schema import errors
from chat.errors import KefuError
from chat.models import Site

_SPANS = serializers.ListField(
    child=serializers.ListField(child=serializers.CharField(max_length=5), min_length=2, max_length=2),
    max_length=12,
)


class HolidaySerializer(serializers.ModelSerializer[Holiday]):
    """A day that is not as its weekday; no spans: closed."""

    spans = _SPANS

    class Meta:
        model = Holiday
        fields = ("date", "name", "spans")


class BusinessHoursSerializer(Managed):
    """A week of seven days from Monday, each a list of ["HH:MM", "HH:MM"], and its holidays."""

    week = serializers.ListField(child=_SPANS, min_length=7, max_length=7)
    holidays = HolidaySerializer(many=True, required=False)

    class Meta:
        model = BusinessHours
        fields = ("id", "name", "time_zone", "week", "holidays")

    def sites_of(self, row: BusinessHours) -> list[str]:
        """Every site's."""
        return []

    def sites_given(self, values: dict[str, Any]) -> list[str] | None:
        """Every site's."""
        return None

    def validate_time_zone(self, value: str) -> str:
        """A name of the IANA database."""
        if value not in zoneinfo.available_timezones():
            raise serializers.ValidationError("A time zone such as Asia/Shanghai.")
        return value

    def validate(self, attrs: Any) -> Any:
        """Hours somebody can keep."""
        attrs = super().validate(attrs)
        week = attrs.get("week", self.instance.week if self.instance is not None else [[]] * 7)
        days: dict[date, Any] = {day["date"]: day["spans"] for day in attrs.get("holidays", ())}
        if len(days) != len(attrs.get("holidays", ())):
            raise serializers.ValidationError({"holidays": ["A day is named once."]})
        try:
            check(Hours("UTC", tuple(map(_spans, week)), {day: _spans(spans) for day, spans in days.items()}))
        except (ValueError, KeyError) as error:
            raise serializers.ValidationError({"week": [str(error)]}) from None
        return attrs

    def create(self, validated_data: dict[str, Any]) -> BusinessHours:
        """The hours and their holidays."""
        holidays = validated_data.pop("holidays", [])
        row = BusinessHours.objects.create(**validated_data)
        self._celebrate(row, holidays)
        return row

    def update(self, instance: BusinessHours, validated_data: dict[str, Any]) -> BusinessHours:
        """As changed; holidays that are given replace those there were."""
        holidays = validated_data.pop("holidays", None)
        for field, value in validated_data.items():
            setattr(instance, field, value)
        instance.save()
        if holidays is not None:
            instance.holidays.all().delete()
            self._celebrate(instance, holidays)
        return instance

    def _celebrate(self, row: BusinessHours, holidays: list[dict[str, Any]]) -> None:
        for day in holidays:
            Holiday.objects.create(hours=row, **day)


class SiteRoutingSerializer(serializers.ModelSerializer[SiteRouting]):
    """A site's policy: what holds for conversations without a group, and when nobody is there."""

    weights = serializers.DictField(
        child=serializers.IntegerField(min_value=0, max_value=100), required=False,
        help_text="{skill, capacity, quality}: percent.",
    )  # fmt: skip
    leave_message_emails = serializers.ListField(
        child=serializers.EmailField(), required=False, max_length=20
    )

    class Meta:
        model = SiteRouting
        fields = (
            "default_group", "strategy", "weights", "sticky_days", "hours", "max_waiting",
            "answer_timeout_s", "silence_timeout_s", "first_reply_target_s", "reply_target_s",
            "leave_message_emails",
        )  # fmt: skip

    def validate_weights(self, value: dict[str, int]) -> dict[str, int]:
        """Known parts, and not all of them nothing."""
        return weights_of(value)

    def validate_default_group(self, value: Group | None) -> Group | None:
        """One of the site's."""
        if value is not None and not works_for(value, self.context["site"]):
            raise serializers.ValidationError("Not a group of this site.")
        return value


class SiteRoutingView(APIView):
    """`sites/{id}/routing/`."""

    @extend_schema(
        operation_id="site_routing_retrieve",
        summary="Read a site's routing",
        description="The defaults, where nobody has set anything.",
        tags=["settings"],
        responses={200: SiteRoutingSerializer, **errors(401, 403, 404)},
    )
    def get(self, request: Request, site: uuid.UUID) -> Response:
        """The policy."""
        row = self._row(manager(request), site)
        return Response(SiteRoutingSerializer(row).data)

    @extend_schema(
        operation_id="site_routing_partial_update",
        summary="Change a site's routing",
        tags=["settings"],
        request=SiteRoutingSerializer(partial=True),
        responses={200: SiteRoutingSerializer, **errors(400, 401, 403, 404, 415)},
    )
    def patch(self, request: Request, site: uuid.UUID) -> Response:
        """The policy as changed."""
        row = self._row(manager(request), site)
        body = SiteRoutingSerializer(row, data=request.data, partial=True, context={"site": str(site)})
        body.is_valid(raise_exception=True)
        body.save()
        return Response(body.data)

    def _row(self, who: Any, site: uuid.UUID) -> SiteRouting:
        if not who.serves(str(site)) or not Site.objects.filter(pk=site).exists():
            raise KefuError("not_found", "no such site")
        return SiteRouting.objects.filter(pk=site).first() or SiteRouting(site_id=site)


class RoutingRuleSerializer(Managed):
    """Where new conversations of a site go; the first rule that fits, by position."""

    priority = serializers.IntegerField(min_value=0, max_value=MAX_PRIORITY, required=False, allow_null=True)

    class Meta:
        model = RoutingRule
        fields = (
            "id", "site", "position", "field", "attribute", "operator", "value", "group", "skills",
            "priority", "is_enabled",
        )  # fmt: skip

    def sites_of(self, row: RoutingRule) -> list[str]:
        """Its site."""
        return [str(row.site_id)]

    def sites_given(self, values: dict[str, Any]) -> list[str] | None:
        """As written."""
        return [str(values["site"].pk)] if "site" in values else None

    def validate(self, attrs: Any) -> Any:
        """It can fit, something comes of it, and its group is one of the site's."""
        attrs = super().validate(attrs)

        def now(name: str) -> Any:
            return attrs[name] if name in attrs else getattr(self.instance, name, None)

        if now("field") == RuleField.ATTRIBUTE and not now("attribute"):
            raise serializers.ValidationError({"attribute": ["Which attribute?"]})
        group, skills = now("group"), attrs.get("skills")
        if skills is None:
            skills = list(self.instance.skills.all()) if self.instance is not None else []
        if group is None and not skills and now("priority") is None:
            raise serializers.ValidationError({"group": ["A rule names a group, skills or a priority."]})
        if group is not None and not works_for(group, str(now("site").pk)):
            raise serializers.ValidationError({"group": ["Not a group of this site."]})
        return attrs


def works_for(group: Group, site: str) -> bool:
    """Whether the group works for the site; one without sites works for all."""
    sites = {str(pk) for pk in group.sites.values_list("pk", flat=True)}
    return not sites or site in sites


def _spans(day: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((start, end) for start, end in day)


__all__ = ("HoursListView", "HoursView", "RuleView", "RulesView", "SiteRoutingView", "require_sites")

HoursListView, HoursView = managed(
    "business-hours", "business-hours", BusinessHoursSerializer,
    lambda: BusinessHours.objects.prefetch_related("holidays"), everybodys, readers=any_agent,
    about="Agents read them; administrators of every site keep them.",
)  # fmt: skip
RulesView, RuleView = managed(
    "routing-rule", "routing-rules", RoutingRuleSerializer,
    lambda: RoutingRule.objects.select_related("site", "group").prefetch_related("skills"),
    of_own_sites("site"),
)  # fmt: skip
