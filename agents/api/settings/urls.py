"""URLs of what administrators set, below /api/v1/. `agents/` and `groups/` list people for everybody
(`agents.api.directory`) and take new ones from administrators.
"""

from django.urls import URLPattern, URLResolver, path

from agents.api.directory import DirectoryView
from agents.api.directory import GroupsView as GroupDirectoryView
from agents.api.settings.audit import AuditLogView
from agents.api.settings.people import AgentsView, AgentView, GroupsView, GroupView, SkillsView, SkillView
from agents.api.settings.routing import HoursListView, HoursView, RulesView, RuleView, SiteRoutingView


class AgentsEndpoint(DirectoryView, AgentsView):  # type: ignore[misc, valid-type]
    """GET: colleagues; POST: a new agent."""


class AgentSettingsEndpoint(AgentsView):  # type: ignore[misc, valid-type]
    """GET: every agent with all that is set, the disabled too."""

    http_method_names = ("get", "head", "options")


class GroupSettingsEndpoint(GroupsView):  # type: ignore[misc, valid-type]
    """GET: every group with all that is set, the disabled too."""

    http_method_names = ("get", "head", "options")


class GroupsEndpoint(GroupDirectoryView, GroupsView):  # type: ignore[misc, valid-type]
    """GET: groups to hand over to; POST: a new group."""


urlpatterns: list[URLPattern | URLResolver] = [
    path("agents/", AgentsEndpoint.as_view(), name="directory"),
    path("agents/settings/", AgentSettingsEndpoint.as_view(), name="agent_settings"),
    path("agents/<uuid:key>/", AgentView.as_view(), name="agent"),
    path("groups/", GroupsEndpoint.as_view(), name="groups"),
    path("groups/settings/", GroupSettingsEndpoint.as_view(), name="group_settings"),
    path("groups/<uuid:key>/", GroupView.as_view(), name="group"),
    path("skills/", SkillsView.as_view(), name="skills"),
    path("skills/<uuid:key>/", SkillView.as_view(), name="skill"),
    path("business-hours/", HoursListView.as_view(), name="business_hours"),
    path("business-hours/<uuid:key>/", HoursView.as_view(), name="one_business_hours"),
    path("routing-rules/", RulesView.as_view(), name="routing_rules"),
    path("routing-rules/<uuid:key>/", RuleView.as_view(), name="routing_rule"),
    path("sites/<uuid:site>/routing/", SiteRoutingView.as_view(), name="site_routing"),
    path("audit-log/", AuditLogView.as_view(), name="audit_log"),
]
