"""Agents, groups and skills. Disabling an agent takes effect on open connections within five seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import FilteredSelectMultiple
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from agents.admin.fields import CountsField, LinesField, PercentField
from agents.admin.resources import AgentResource, GroupResource, SkillResource
from agents.admin.scope import Exchange, ScopedAdmin, site_ids
from agents.logins import admit
from agents.models import Agent, AgentSkill, Group, ScheduledBreak, Skill

if TYPE_CHECKING:  # these take type arguments only in the stubs
    _AgentForm = forms.ModelForm[Agent]
    _GroupForm = forms.ModelForm[Group]
    _SkillInline = admin.TabularInline[AgentSkill, Agent]
    _BreakInline = admin.TabularInline[ScheduledBreak, Agent]
else:
    _AgentForm = _GroupForm = forms.ModelForm
    _SkillInline = _BreakInline = admin.TabularInline


_PERSON: Final = ("display_name", "avatar_url", "role", "is_enabled")


class AgentForm(_AgentForm):
    """An agent and the groups they answer in."""

    languages = LinesField(
        label=_("languages"), required=False, help_text=_("One per line, for example zh-CN; empty for any.")
    )
    channel_capacity = CountsField(label=_("capacity by channel"), help_text=_("Empty: no limit of its own."))
    groups = forms.ModelMultipleChoiceField(
        label=_("groups"), queryset=Group.objects.all(), required=False,
        widget=FilteredSelectMultiple(_("groups"), is_stacked=False),
    )  # fmt: skip

    class Meta:
        model = Agent
        fields = (
            "user", "display_name", "avatar_url", "role", "sites", "languages", "capacity",
            "channel_capacity", "is_enabled",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.fields["groups"].initial = self.instance.groups.all()

    def _save_m2m(self) -> None:
        super()._save_m2m()  # type: ignore[misc]
        self.instance.groups.set(self.cleaned_data["groups"])


class NewAgentForm(AgentForm):
    """A new agent with a new login. An existing login becomes an agent in a superuser's hands only."""

    username = forms.CharField(
        label=_("login name"), max_length=150, required=False, validators=[UnicodeUsernameValidator()]
    )
    email = forms.EmailField(label=_("e-mail"), required=False)
    password = forms.CharField(
        label=_("password"), required=False, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "user" in self.fields:
            self.fields["user"].required = False
            self.fields["user"].help_text = _("Or a login that exists already.")

    def clean(self) -> dict[str, Any]:
        """Either of the two, and a password that will do."""
        cleaned = super().clean() or self.cleaned_data
        username, chosen = cleaned.get("username"), cleaned.get("user")
        if bool(username) == bool(chosen):
            raise forms.ValidationError({"username": _("Give a new login name, or choose a login.")})
        if username:
            if User.objects.filter(username__iexact=username).exists():
                raise forms.ValidationError({"username": _("This login name is taken.")})
            user = User(username=username, email=cleaned.get("email") or "")
            try:
                validate_password(cleaned.get("password") or "", user)
            except forms.ValidationError as error:
                raise forms.ValidationError({"password": error.messages}) from None
        return cleaned

    def _post_clean(self) -> None:
        # Before the model is validated: the agent needs its login, which is saved with it.
        cleaned = self.cleaned_data
        if not self.errors and cleaned.get("username"):
            user = User(username=cleaned["username"], email=cleaned.get("email") or "")
            user.set_password(cleaned["password"])
            self.new_login = user
            self._meta.exclude = (*(self._meta.exclude or ()), "user")
        super()._post_clean()  # type: ignore[misc]


class SkillInline(_SkillInline):
    """What the agent can do, and how well."""

    model = AgentSkill
    extra = 1
    autocomplete_fields = ("skill",)


class BreakInline(_BreakInline):
    """When routing leaves the agent alone."""

    model = ScheduledBreak
    extra = 0


@admin.register(Agent)
class AgentAdmin(Exchange, ScopedAdmin):
    """List, edit, enable and disable; CSV and XLSX both ways."""

    resource_classes = (AgentResource,)
    site_path = "sites"
    form = AgentForm
    list_display = ("display_name", "user", "role", "shown_groups", "capacity", "is_enabled")
    list_filter = ("is_enabled", "role", "sites", "groups", "skills")
    list_select_related = ("user",)
    search_fields = ("display_name", "user__username", "user__email")
    autocomplete_fields = ("user",)
    filter_horizontal = ("sites",)
    readonly_fields = ("id", "created_at")
    actions = ("enable", "disable")
    inlines = (SkillInline, BreakInline)
    fieldsets = (
        (None, {"fields": ("user", *_PERSON)}),
        (_("Where they answer"), {"fields": ("sites", "groups", "languages")}),
        (_("How much at once"), {"fields": ("capacity", "channel_capacity")}),
        (_("Facts"), {"fields": ("id", "created_at"), "classes": ("collapse",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agent]:
        """With their groups."""
        rows = super().get_queryset(request).prefetch_related("groups")
        return rows if site_ids(request) is None else rows.filter(user__is_superuser=False)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """A new agent begins with a login."""
        if obj is not None:
            return self.fieldsets
        login = ("username", "email", "password", *(("user",) if site_ids(request) is None else ()))
        return ((_("Login"), {"fields": login}), (None, {"fields": _PERSON}), *self.fieldsets[1:3])

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The log names agents for ever: one who leaves is disabled."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The login behind an agent is a superuser's affair."""
        return self.readonly_fields if site_ids(request) is None else (*self.readonly_fields, "user")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Groups of the administrator's own sites alone."""
        if obj is None:
            kwargs["form"] = NewAgentForm
        form = super().get_form(request, obj, change, **kwargs)
        sites = site_ids(request)
        if sites is not None and "groups" in form.base_fields:
            groups = Group.objects.filter(sites__in=sites).distinct()
            form.base_fields["groups"].queryset = groups  # type: ignore[attr-defined]
        return form

    def save_model(self, request: HttpRequest, obj: Agent, form: Any, change: bool) -> None:
        """Save; an administrator may sign in here, and somebody who is none any more may not."""
        login: User | None = getattr(form, "new_login", None)
        if login is not None:
            login.save()
            obj.user = login
        super().save_model(request, obj, form, change)
        admit(obj)

    @admin.display(description=_("groups"))
    def shown_groups(self, agent: Agent) -> str:
        """Their names."""
        return ", ".join(group.name for group in agent.groups.all())

    @admin.action(description=_("Enable the selected agents"), permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Agent]) -> None:
        """Let them answer again."""
        count = self._switch(request, queryset, True)
        self.message_user(request, ngettext("%d agent enabled.", "%d agents enabled.", count) % count)

    @admin.action(description=_("Disable the selected agents"), permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Agent]) -> None:
        """Take them off duty; their past messages stay."""
        count = self._switch(request, queryset, False)
        self.message_user(request, ngettext("%d agent disabled.", "%d agents disabled.", count) % count)

    def _switch(self, request: HttpRequest, chosen: QuerySet[Agent], on: bool) -> int:
        """One by one, so that each is in the audit log; what is not the administrator's is left alone."""
        allowed = [agent for agent in chosen if self.has_change_permission(request, agent)]
        for agent in allowed:
            agent.is_enabled = on
            agent.save(update_fields=["is_enabled"])
        if len(allowed) < len(chosen):
            self.message_user(request, _("Some of them are not yours to change."), messages.WARNING)
        return len(allowed)


class GroupForm(_GroupForm):
    """A group with its weights as numbers."""

    weights = PercentField(label=_("weights"), help_text=_("Percent; used by “weighted”."))

    class Meta:
        model = Group
        fields = (
            "name", "sites", "agents", "skills", "strategy", "weights", "hours", "overflow_group",
            "overflow_after_s", "max_waiting", "answer_timeout_s", "silence_timeout_s", "is_enabled",
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Overflow never comes back to where it began."""
        cleaned = super().clean() or self.cleaned_data
        seen, following = {self.instance.pk}, cleaned.get("overflow_group")
        while following is not None:
            if following.pk in seen:
                raise forms.ValidationError({"overflow_group": _("Overflow would come back to this group.")})
            seen.add(following.pk)
            following = following.overflow_group
        return cleaned


@admin.register(Group)
class GroupAdmin(Exchange, ScopedAdmin):
    """Groups: who is in them and how they choose."""

    resource_classes = (GroupResource,)
    site_path = "sites"
    form = GroupForm
    list_display = ("name", "strategy", "agent_count", "overflow_group", "is_enabled")
    list_filter = ("is_enabled", "strategy", "sites")
    list_select_related = ("overflow_group",)
    search_fields = ("name",)
    filter_horizontal = ("sites", "agents", "skills")
    fieldsets = (
        (None, {"fields": ("name", "is_enabled", "sites", "agents")}),
        (_("How it chooses"), {"fields": ("strategy", "weights", "skills")}),
        (
            _("When it takes too long"),
            {"fields": ("overflow_group", "overflow_after_s", "answer_timeout_s", "silence_timeout_s")},
        ),
        (_("When it is open"), {"fields": ("hours", "max_waiting")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        """With the number of agents."""
        rows: QuerySet[Group] = super().get_queryset(request)
        return rows.annotate(_agents=Count("agents", distinct=True))

    @admin.display(description=_("agents"), ordering="_agents")
    def agent_count(self, group: Any) -> int:
        """How many."""
        return int(group._agents)


@admin.register(Skill)
class SkillAdmin(Exchange, ScopedAdmin):
    """Skills: the same for all sites, so superusers keep them."""

    resource_classes = (SkillResource,)
    site_path = None
    list_display = ("name", "description", "agent_count")
    search_fields = ("name", "description")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Skill]:
        """With the number of agents."""
        rows: QuerySet[Skill] = super().get_queryset(request)
        return rows.annotate(_agents=Count("agents", distinct=True))

    @admin.display(description=_("agents"), ordering="_agents")
    def agent_count(self, skill: Any) -> int:
        """How many."""
        return int(skill._agents)
