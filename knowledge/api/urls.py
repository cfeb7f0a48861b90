"""Addresses of the REST interface, below /api/v1/."""

from django.urls import URLPattern, path

from knowledge.api import golden, releases, texts

urlpatterns: list[URLPattern] = [
    path("questions/", texts.QuestionsView.as_view()),
    path("questions/<uuid:question>/", texts.QuestionView.as_view()),
    path("questions/<uuid:question>/status/", texts.QuestionStatusView.as_view()),
    path("questions/<uuid:question>/versions/", texts.QuestionVersionsView.as_view()),
    path("articles/", texts.ArticlesView.as_view()),
    path("articles/<uuid:article>/", texts.ArticleView.as_view()),
    path("articles/<uuid:article>/status/", texts.ArticleStatusView.as_view()),
    path("knowledge/golden/", golden.GoldenListView.as_view()),
    path("knowledge/golden/<uuid:golden>/", golden.GoldenView.as_view()),
    path("knowledge/search/", releases.KnowledgeSearchView.as_view()),
    path("knowledge/releases/", releases.ReleasesView.as_view()),
    path("knowledge/releases/<uuid:release>/roll-back/", releases.ReleaseRollBackView.as_view()),
    path("knowledge/unanswered/", releases.UnansweredView.as_view()),
]
