"""URLs of the bot, mounted at the root."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, path

from bot.admin.playground import playground
from bot.admin.replay import replay_page
from bot.api.answers import AnswersView
from bot.api.assisting import SuggestionsView, SummaryView, TeachView
from bot.api.models import ActivateView, LearningView, ModelsView, ModelView
from bot.api.nlp import NlpView
from bot.api.ratings import RatingView
from bot.api.teaching import IntentsView, IntentView, RulesView, RuleView

app_name = "bot"
_talk = "api/v1/bot/conversations/<uuid:conversation>"
urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/bot/playground/", admin.site.admin_view(playground), name="playground"),
    path("admin/bot/replay/", admin.site.admin_view(replay_page), name="replay"),
    path("api/v1/intents/", IntentsView.as_view(), name="intents"),
    path("api/v1/intents/<uuid:key>/", IntentView.as_view(), name="intent"),
    path("api/v1/rules/", RulesView.as_view(), name="rules"),
    path("api/v1/rules/<uuid:key>/", RuleView.as_view(), name="rule"),
    path("api/v1/nlp/", NlpView.as_view(), name="nlp"),
    path("api/v1/bot/models/", ModelsView.as_view(), name="models"),
    path("api/v1/bot/models/learning/", LearningView.as_view(), name="learning"),
    path("api/v1/bot/models/<uuid:key>/", ModelView.as_view(), name="model"),
    path("api/v1/bot/models/<uuid:key>/activate/", ActivateView.as_view(), name="activate"),
    path("api/v1/bot/answers/", AnswersView.as_view(), name="answers"),
    path(f"{_talk}/suggestions/", SuggestionsView.as_view(), name="suggestions"),
    path(f"{_talk}/summary/", SummaryView.as_view(), name="summary"),
    path(f"{_talk}/teach/", TeachView.as_view(), name="teach"),
    path("api/v1/bot/ratings/", RatingView.as_view(), name="ratings"),
]
