"""URLs of what the console keeps about visitors and conversations, mounted at /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from chat.api.attributes import ConversationAttributesView, DefinitionsView, DefinitionView
from chat.api.blocks import BlockEntryView, BlocksView
from chat.api.labels import LabelsView, LabelView
from chat.api.merging import DuplicatesView, MergeView
from chat.api.timeline import PagesView, SeenPageView, TimelineView

_VISITOR = "visitors/<uuid:visitor>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("labels/", LabelsView.as_view(), name="labels"),
    path("labels/<uuid:label>/", LabelView.as_view(), name="label"),
    path("attribute-definitions/", DefinitionsView.as_view(), name="attribute-definitions"),
    path("attribute-definitions/<uuid:definition>/", DefinitionView.as_view(), name="attribute-definition"),
    path(
        "conversations/<uuid:conversation>/attributes/",
        ConversationAttributesView.as_view(),
        name="conversation-attributes",
    ),
    path(f"{_VISITOR}timeline/", TimelineView.as_view(), name="visitor-timeline"),
    path(f"{_VISITOR}pages/", PagesView.as_view(), name="visitor-pages"),
    path(f"{_VISITOR}merge/", MergeView.as_view(), name="visitor-merge"),
    path(f"{_VISITOR}duplicates/", DuplicatesView.as_view(), name="visitor-duplicates"),
    path("visitor/pages/", SeenPageView.as_view(), name="seen-page"),
    path("blocks/", BlocksView.as_view(), name="blocks"),
    path("blocks/<uuid:block>/", BlockEntryView.as_view(), name="block"),
]
