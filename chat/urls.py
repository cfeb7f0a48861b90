"""URLs of the chat app, mounted at the root."""

from django.urls import URLPattern, URLResolver, include, path

from chat.uploads.serving import serve_file

app_name = "chat"
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("chat.api.urls")),
    path("api/v1/", include("chat.api.desk_urls")),
    path("files/<uuid:upload_id>/<str:name>", serve_file, name="file"),
    path(
        "files/<uuid:upload_id>/thumbnail/<str:name>", serve_file, {"variant": "thumbnail"}, name="thumbnail"
    ),
    path("", include("chat.widget.urls")),
]
