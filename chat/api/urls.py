"""URLs of the REST API, mounted at /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from chat.api.sessions import VisitorSessionView

urlpatterns: list[URLPattern | URLResolver] = [
    path("visitor/sessions/", VisitorSessionView.as_view(), name="visitor-sessions"),
]
