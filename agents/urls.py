"""URLs of the agents app, mounted at the root."""

from django.urls import URLPattern, URLResolver

app_name = "agents"
urlpatterns: list[URLPattern | URLResolver] = []
