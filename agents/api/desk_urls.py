"""URLs of what agents keep at hand, mounted at /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from agents.api.bulk import BulkView
from agents.api.canned import CannedRepliesView, CannedReplyView, UseCannedReplyView
from agents.api.categories import CategoriesView, CategoryView
from agents.api.macros import MacrosView, MacroView, RunMacroView
from agents.api.preferences import PreferencesView
from agents.api.views import SavedViewsView, SavedViewView, ViewCountsView

urlpatterns: list[URLPattern | URLResolver] = [
    path("canned-replies/", CannedRepliesView.as_view(), name="canned-replies"),
    path("canned-replies/<uuid:reply>/", CannedReplyView.as_view(), name="canned-reply"),
    path("canned-replies/<uuid:reply>/use/", UseCannedReplyView.as_view(), name="canned-reply-use"),
    path("macros/", MacrosView.as_view(), name="macros"),
    path("macros/<uuid:macro>/", MacroView.as_view(), name="macro"),
    path("macros/<uuid:macro>/run/", RunMacroView.as_view(), name="macro-run"),
    path("views/", SavedViewsView.as_view(), name="views"),
    path("views/counts/", ViewCountsView.as_view(), name="view-counts"),
    path("views/<uuid:view>/", SavedViewView.as_view(), name="view"),
    path("close-categories/", CategoriesView.as_view(), name="close-categories"),
    path("close-categories/<uuid:category>/", CategoryView.as_view(), name="close-category"),
    path("conversations/bulk/", BulkView.as_view(), name="bulk"),
    path("agents/me/preferences/", PreferencesView.as_view(), name="preferences"),
]
