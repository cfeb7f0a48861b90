"""The URL map. Loaded with the first HTTP request (or the warm-up after start), not before the server
listens: admin modules and the API's schema classes are the dearest imports of the project."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from chat.api.rate import limited_login
from kefu_project.demo_shop import shop

admin.autodiscover()

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(url="/demo/", permanent=False)),
    path("favicon.ico", RedirectView.as_view(url=static("shared/icon.svg"), permanent=False)),
    path("", include("chat.urls")),
    path("", include("agents.urls")),
    path("", include("bot.urls")),
    path("demo/shop/<slug:action>/", shop, name="demo_shop"),
    path("", include("knowledge.urls")),
    path("admin/login/", limited_login(admin.site.login)),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
]

handler400 = "chat.api.errors.handler400"
handler403 = "chat.api.errors.handler403"
handler404 = "chat.api.errors.handler404"
handler500 = "chat.api.errors.handler500"
