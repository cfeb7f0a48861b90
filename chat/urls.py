"""URLs of the chat app, mounted at the root."""

from django.urls import URLPattern, URLResolver, include, path

app_name = "chat"
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("chat.api.urls")),
    path("", include("chat.widget.urls")),
]
