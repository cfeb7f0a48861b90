"""Addresses of the help page: `/help/<site>/…` in the site's language, `/help/<site>/en/…` in another."""

from django.urls import URLPattern, URLResolver, include, path, register_converter
from django.urls.converters import StringConverter

from knowledge.help import views


class LanguageConverter(StringConverter):
    """A language a help page comes in."""

    regex = "zh|en"


register_converter(LanguageConverter, "help_language")

_pages: list[URLPattern] = [
    path("", views.home, name="help-home"),
    path("c/<slug:slug>/", views.category, name="help-category"),
    path("q/<slug:slug>/", views.question, name="help-question"),
    path("a/<slug:slug>/", views.article, name="help-article"),
    path("search/", views.search, name="help-search"),
    path("suggest/", views.suggest, name="help-suggest"),
    path("feedback/", views.feedback, name="help-feedback"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("robots.txt", views.robots, name="robots"),
    path("help/<slug:key>/sitemap.xml", views.sitemap, name="help-sitemap"),
    path("help/<slug:key>/", include(_pages)),
    path("help/<slug:key>/<help_language:language>/", include((_pages, "in_language"))),
]
