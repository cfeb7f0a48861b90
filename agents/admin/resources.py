"""What CSV and XLSX files hold, one row a thing; ids of other things are written as names people know.

Importing the same file twice changes nothing: rows are found by the name in their first column. An imported
agent without a login gets one with no password; an administrator sets it.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export import fields, resources, widgets

from agents.logins import admit
from agents.models import Agent, AgentSkill, CannedReply, CloseCategory, Group, Role, Skill
from chat.models import Block, Label, Site


class NamesWidget(widgets.ManyToManyWidget):
    """Several things by name, with semicolons; a name nobody knows is an error, not a gap."""

    def __init__(self, model: Any, field: str = "name") -> None:
        super().__init__(model, separator=";", field=field)

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        """The rows. Raises `ValueError` for a name nobody knows."""
        names = [name.strip() for name in str(value or "").split(self.separator) if name.strip()]
        found = list(self.model.objects.filter(**{f"{self.field}__in": names}))
        missing = set(names) - {str(getattr(one, self.field)) for one in found}
        if missing:
            raise ValueError(_("Unknown: %(names)s") % {"names": ", ".join(sorted(missing))})
        return self.model.objects.filter(pk__in=[one.pk for one in found])


class ListWidget(widgets.Widget):
    """A list of words, with semicolons."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> list[str]:
        """The words."""
        return [word.strip() for word in str(value or "").split(";") if word.strip()]

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """The words, joined."""
        return ";".join(value or [])


class _SiteWidget(widgets.ForeignKeyWidget):
    def __init__(self) -> None:
        super().__init__(Site, field="public_key")


class SkillResource(resources.ModelResource):
    """Skills by name."""

    class Meta:
        model = Skill
        fields = ("name", "description")
        import_id_fields = ("name",)
        skip_unchanged = True


class GroupResource(resources.ModelResource):
    """Groups by name; agents by login name, sites by public key."""

    sites = fields.Field("sites", "sites", NamesWidget(Site, "public_key"))
    agents = fields.Field("agents", "agents", NamesWidget(Agent, "user__username"))
    skills = fields.Field("skills", "skills", NamesWidget(Skill))
    overflow_group = fields.Field("overflow_group", "overflow_group", widgets.ForeignKeyWidget(Group, "name"))

    class Meta:
        model = Group
        fields = (
            "name", "sites", "agents", "skills", "strategy", "overflow_group", "overflow_after_s",
            "max_waiting", "answer_timeout_s", "silence_timeout_s", "is_enabled",
        )  # fmt: skip
        import_id_fields = ("name",)
        skip_unchanged = True
        clean_model_instances = True


class AgentResource(resources.ModelResource):
    """Agents by login name. `skills` is name:level with semicolons, sites are public keys."""

    username = fields.Field("user", "username", widgets.ForeignKeyWidget(User, "username"))
    email = fields.Field("user__email", "email", readonly=True)
    sites = fields.Field("sites", "sites", NamesWidget(Site, "public_key"))
    groups = fields.Field("groups", "groups", NamesWidget(Group))
    languages = fields.Field("languages", "languages", ListWidget())
    skills = fields.Field(column_name="skills")

    class Meta:
        model = Agent
        fields = (
            "username", "email", "display_name", "role", "sites", "groups", "skills", "languages", "capacity",
            "is_enabled",
        )  # fmt: skip
        import_order = ("username",)
        import_id_fields = ("username",)
        skip_unchanged = False  # skills stand in a table of their own, which the comparison does not see
        clean_model_instances = True

    def dehydrate_skills(self, agent: Agent) -> str:
        """name:level;name:level"""
        if agent._state.adding:
            return ""
        levels = agent.skill_levels.select_related("skill").order_by("skill__name")
        return ";".join(f"{row.skill.name}:{row.level}" for row in levels)

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        """A login for somebody new. Raises `ValidationError` when there is no name."""
        username = str(row.get("username") or "").strip()
        if not username:
            raise ValidationError(_("A login name is needed."))
        if row.get("role") and row["role"] not in Role.values:
            raise ValidationError(_("A role is one of %(roles)s.") % {"roles": ", ".join(Role.values)})
        row["username"] = username
        user, made = User.objects.get_or_create(username=username)
        if made:
            user.set_unusable_password()
            user.email = str(row.get("email") or "")
            user.save()

    def after_save_instance(self, instance: Agent, row: Any, **kwargs: Any) -> None:
        """Skills by name and level."""
        admit(instance)
        if row.get("skills") is None:
            return
        wanted: dict[str, int] = {}
        for part in str(row["skills"]).split(";"):
            if part.strip():
                name, _colon, level = part.strip().partition(":")
                if level and level not in ("1", "2", "3", "4", "5"):
                    raise ValidationError(_("A level is 1 to 5: %(part)s") % {"part": part})
                wanted[name.strip()] = int(level or 3)
        known = {skill.name: skill for skill in Skill.objects.filter(name__in=wanted)}
        if missing := set(wanted) - set(known):
            raise ValidationError(_("Unknown: %(names)s") % {"names": ", ".join(sorted(missing))})
        instance.skill_levels.exclude(skill__name__in=wanted).delete()
        for name, level_ in wanted.items():
            AgentSkill.objects.update_or_create(agent=instance, skill=known[name], defaults={"level": level_})


class CannedReplyResource(resources.ModelResource):
    """Shared canned replies by shortcut and site."""

    site = fields.Field("site", "site", _SiteWidget())
    group = fields.Field("group", "group", widgets.ForeignKeyWidget(Group, "name"))

    class Meta:
        model = CannedReply
        fields = ("shortcut", "site", "title", "text", "category", "group")
        import_id_fields = ("shortcut", "site")
        skip_unchanged = True
        clean_model_instances = True

    def get_queryset(self) -> Any:
        """Nobody's own."""
        return CannedReply.objects.filter(owner=None)


class LabelResource(resources.ModelResource):
    """Labels by name and site."""

    site = fields.Field("site", "site", _SiteWidget())

    class Meta:
        model = Label
        fields = ("name", "site", "color")
        import_id_fields = ("name", "site")
        skip_unchanged = True
        clean_model_instances = True


class BlockResource(resources.ModelResource):
    """Blacklist entries by kind, value and site."""

    site = fields.Field("site", "site", _SiteWidget())

    class Meta:
        model = Block
        fields = ("kind", "value", "site", "reason", "until")
        import_id_fields = ("kind", "value", "site")
        skip_unchanged = True
        clean_model_instances = True


class CloseCategoryResource(resources.ModelResource):
    """Categories by name, site and what they stand under."""

    site = fields.Field("site", "site", _SiteWidget())
    parent = fields.Field("parent", "parent", widgets.ForeignKeyWidget(CloseCategory, "name"))

    class Meta:
        model = CloseCategory
        fields = ("name", "site", "parent", "position")
        import_id_fields = ("name", "site", "parent")
        skip_unchanged = True
