"""URLs of the agents app, mounted at the root."""

from django.urls import URLPattern, URLResolver, path

from agents.api.sessions import AgentSessionView
from agents.console import ConsoleLoginView, ConsoleLogoutView, console
from chat.api.rate import limited_login

app_name = "agents"
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/agent/sessions/", AgentSessionView.as_view(), name="sessions"),
    path("console/login/", limited_login(ConsoleLoginView.as_view()), name="login"),
    path("console/logout/", ConsoleLogoutView.as_view(), name="logout"),
    path("console/", console, name="console"),
    path("console/c/<uuid:conversation>/", console, name="conversation"),
]
