"""Agents, groups and skills as administrators keep them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import QuerySet
from rest_framework import serializers

from agents.api.settings.managing import Managed, everybodys, managed, of_own_sites, require_sites
from agents.logins import admit
from agents.models import Agent, AgentSkill, Group, Skill
from chat.api.authentication import agent as any_agent
from chat.api.fields import WebAddress
from chat.conversation import Participant
from chat.errors import KefuError
from chat.models import Channel

__all__ = ("AgentView", "AgentsView", "GroupView", "GroupsView", "SkillView", "SkillsView")


class LevelSerializer(serializers.Serializer[Any]):
    """A skill and how well: 1 (can help) to 5 (knows it best)."""

    skill = serializers.PrimaryKeyRelatedField(queryset=Skill.objects.all())
    level = serializers.IntegerField(min_value=1, max_value=5, default=3)


class ChannelCapacity(serializers.DictField):
    """{channel: conversations at once}."""

    child = serializers.IntegerField(min_value=0, max_value=200)

    def to_internal_value(self, data: Any) -> dict[Any, Any]:
        """Known channels only."""
        value = super().to_internal_value(data)
        if not set(value) <= set(Channel.values):
            raise serializers.ValidationError(f"Channels are {', '.join(Channel.values)}.")
        return value


class AgentSettingsSerializer(Managed):
    """An agent with their login. `password` is written, never read; without one they cannot sign in yet."""

    username = serializers.CharField(
        source="user.username", max_length=150, validators=[UnicodeUsernameValidator()]
    )
    email = serializers.EmailField(source="user.email", required=False, allow_blank=True)
    password = serializers.CharField(write_only=True, required=False, max_length=128, trim_whitespace=False)
    avatar_url = WebAddress(500)
    languages = serializers.ListField(
        child=serializers.RegexField(r"\A[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z"), required=False, max_length=20
    )
    capacity = serializers.IntegerField(min_value=0, max_value=200, required=False)
    channel_capacity = ChannelCapacity(required=False)
    groups = serializers.PrimaryKeyRelatedField(many=True, queryset=Group.objects.all(), required=False)
    skills = LevelSerializer(source="skill_levels", many=True, required=False)

    class Meta:
        model = Agent
        fields = (
            "id", "username", "email", "password", "display_name", "avatar_url", "role", "sites", "groups",
            "skills", "languages", "capacity", "channel_capacity", "is_enabled",
        )  # fmt: skip

    def sites_of(self, row: Agent) -> list[str]:
        """Theirs; a superuser's are all."""
        return [] if row.user.is_superuser else [str(site.pk) for site in row.sites.all()]

    def sites_given(self, values: dict[str, Any]) -> list[str] | None:
        """As written."""
        return [str(site.pk) for site in values["sites"]] if "sites" in values else None

    def validate_username(self, value: str) -> str:
        """Nobody else's, in whatever case; a login keeps its name."""
        taken = User.objects.filter(username__iexact=value)
        if self.instance is not None:
            if value != self.instance.user.username:
                raise serializers.ValidationError("A login keeps its name.")
        elif taken.exists():
            raise serializers.ValidationError("This login name is taken.")
        return value

    def validate(self, attrs: Any) -> Any:
        """Groups of the caller's sites only, and a password that will do."""
        attrs = super().validate(attrs)
        who = self.context["who"]
        for group in attrs.get("groups", ()):
            require_sites(who, [str(site.pk) for site in group.sites.all()])
        if "password" in attrs:
            try:
                validate_password(attrs["password"])
            except DjangoValidationError as error:
                raise serializers.ValidationError({"password": error.messages}) from None
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Agent:
        """A login and its agent."""
        login = validated_data.pop("user")
        user = User(username=login["username"], email=login.get("email", ""))
        password = validated_data.pop("password", None)
        if password is None:
            user.set_unusable_password()
        else:
            user.set_password(password)
        user.save()
        many = {name: validated_data.pop(name, None) for name in ("sites", "groups", "skill_levels")}
        row = Agent.objects.create(user=user, **{**validated_data, "avatar_url": _url(validated_data)})
        self._relate(row, many)
        return row

    def update(self, instance: Agent, validated_data: dict[str, Any]) -> Agent:
        """The agent as changed."""
        login = validated_data.pop("user", {})
        password = validated_data.pop("password", None)
        if login.get("email") is not None:
            instance.user.email = login["email"]
        if password is not None:
            instance.user.set_password(password)
        if login or password is not None:
            instance.user.save()
        many = {name: validated_data.pop(name, None) for name in ("sites", "groups", "skill_levels")}
        if "avatar_url" in validated_data:
            validated_data["avatar_url"] = _url(validated_data)
        for field, value in validated_data.items():
            setattr(instance, field, value)
        instance.save()
        self._relate(instance, many)
        return instance

    def _relate(self, row: Agent, many: dict[str, Any]) -> None:
        if many["sites"] is not None:
            row.sites.set(many["sites"])
        if many["groups"] is not None:
            row.groups.set(many["groups"])
        if many["skill_levels"] is not None:
            levels = {each["skill"]: each["level"] for each in many["skill_levels"]}
            row.skill_levels.exclude(skill__in=levels).delete()
            for skill, level in levels.items():
                AgentSkill.objects.update_or_create(agent=row, skill=skill, defaults={"level": level})
        admit(row)
        row._prefetched_objects_cache = {}  # type: ignore[attr-defined]  # the answer shows what is now


class GroupSettingsSerializer(Managed):
    """A group. `weights` in percent; durations in seconds, 0 for never."""

    weights = serializers.DictField(
        child=serializers.IntegerField(min_value=0, max_value=100), required=False,
        help_text="{skill, capacity, quality}: percent.",
    )  # fmt: skip

    class Meta:
        model = Group
        fields = (
            "id", "name", "sites", "agents", "skills", "strategy", "weights", "hours", "overflow_group",
            "overflow_after_s", "max_waiting", "answer_timeout_s", "silence_timeout_s", "is_enabled",
        )  # fmt: skip

    def sites_of(self, row: Group) -> list[str]:
        """Its sites."""
        return [str(site.pk) for site in row.sites.all()]

    def sites_given(self, values: dict[str, Any]) -> list[str] | None:
        """As written."""
        return [str(site.pk) for site in values["sites"]] if "sites" in values else None

    def validate_weights(self, value: dict[str, int]) -> dict[str, int]:
        """Known parts, and not all of them nothing."""
        return weights_of(value)

    def validate(self, attrs: Any) -> Any:
        """Agents of the caller's sites only; overflow never comes back."""
        attrs = super().validate(attrs)
        who = self.context["who"]
        if who.sites is not None:
            for one in attrs.get("agents", ()):
                if not who.sites & {str(site.pk) for site in one.sites.all()}:
                    raise KefuError("forbidden", "only agents of your own sites")
        seen = {self.instance.pk} if self.instance is not None else set()
        following = attrs.get("overflow_group")
        if following is not None and who.sites is not None:
            there = {str(site.pk) for site in following.sites.all()}
            if there and not there & who.sites:
                raise KefuError("forbidden", "only groups of your own sites")
        while following is not None:
            if following.pk in seen:
                raise serializers.ValidationError({"overflow_group": ["Overflow would come back."]})
            seen.add(following.pk)
            following = following.overflow_group
        return attrs


class SkillSettingsSerializer(Managed):
    """A skill; the same for all sites."""

    class Meta:
        model = Skill
        fields = ("id", "name", "description")

    def sites_of(self, row: Skill) -> list[str]:
        """Every site's."""
        return []

    def sites_given(self, values: dict[str, Any]) -> list[str] | None:
        """Every site's."""
        return None


def weights_of(value: dict[str, int]) -> dict[str, int]:
    """Weights as stored. Raises `ValidationError` for unknown parts or none above zero."""
    if not set(value) <= {"skill", "capacity", "quality"}:
        raise serializers.ValidationError("The parts are skill, capacity and quality.")
    if not sum(value.values()):
        raise serializers.ValidationError("At least one weight must be above zero.")
    return {"skill": 0, "capacity": 0, "quality": 0, **value}


def _url(values: dict[str, Any]) -> str:
    return values.get("avatar_url") or ""


def _no_superusers(rows: QuerySet[Any], who: Participant) -> QuerySet[Any]:
    """Whom administrators of some sites may see: a superuser's login and e-mail are none of their affair."""
    found = of_own_sites("sites")(rows, who)
    return found if who.sites is None else found.filter(user__is_superuser=False)


AgentsView, AgentView = managed(
    "agent", "agent-settings", AgentSettingsSerializer,
    lambda: Agent.objects.select_related("user").prefetch_related("sites", "groups", "skill_levels"),
    _no_superusers, deletable=False,
    about="With logins, sites and limits. An agent is disabled, never deleted: the log names them.",
)  # fmt: skip
GroupsView, GroupView = managed(
    "group", "group-settings", GroupSettingsSerializer,
    lambda: Group.objects.prefetch_related("sites", "agents", "skills"), of_own_sites("sites"),
    about="With members and policy; `groups/` tells who is online and how many wait.",
)  # fmt: skip
SkillsView, SkillView = managed(
    "skill", "skills", SkillSettingsSerializer, Skill.objects.all, everybodys, readers=any_agent,
    about="Agents read them; administrators of every site keep them.",
)  # fmt: skip
