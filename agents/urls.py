"""URLs of the agents app, mounted at the root."""

from django.urls import URLPattern, URLResolver, include, path

from agents.api.decisions import DecisionsView
from agents.api.live import LiveAgentsView, LiveView
from agents.api.presence import OwnPresenceView
from agents.api.sessions import AgentSessionView
from agents.api.status import AgentStatusView, OwnCardView, OwnStatusView
from agents.console import ConsoleLoginView, ConsoleLogoutView, console
from chat.api.rate import limited_login

app_name = "agents"
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("agents.api.desk_urls")),
    path("api/v1/agent/sessions/", AgentSessionView.as_view(), name="sessions"),
    path("api/v1/agents/me/", OwnCardView.as_view(), name="me"),
    path("api/v1/agents/me/status/", OwnStatusView.as_view(), name="own_status"),
    path("api/v1/agents/me/presence/", OwnPresenceView.as_view(), name="own_presence"),
    path("api/v1/agents/<uuid:agent_id>/status/", AgentStatusView.as_view(), name="status"),
    path("api/v1/", include("agents.api.settings.urls")),
    path("api/v1/conversations/<uuid:conversation>/decisions/", DecisionsView.as_view(), name="decisions"),
    path("api/v1/stats/live/", LiveView.as_view(), name="live"),
    path("api/v1/stats/live/agents/", LiveAgentsView.as_view(), name="live_agents"),
    path("console/login/", limited_login(ConsoleLoginView.as_view()), name="login"),
    path("console/logout/", ConsoleLogoutView.as_view(), name="logout"),
    path("console/", console, name="console"),
    path("console/c/<uuid:conversation>/", console, name="conversation"),
]
