"""Addresses of the knowledge room: the help page and the REST interface."""

from django.urls import URLPattern, URLResolver, include, path

app_name = "knowledge"

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("knowledge.api.urls")),
    path("", include("knowledge.help.urls")),
]
