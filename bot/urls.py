"""URLs of the bot, mounted at the root."""

from django.urls import URLPattern, URLResolver, path

from bot.api.answers import AnswersView
from bot.api.assisting import SuggestionsView, SummaryView, TeachView
from bot.api.ratings import RatingView

app_name = "bot"
_talk = "api/v1/bot/conversations/<uuid:conversation>"
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/bot/answers/", AnswersView.as_view(), name="answers"),
    path(f"{_talk}/suggestions/", SuggestionsView.as_view(), name="suggestions"),
    path(f"{_talk}/summary/", SummaryView.as_view(), name="summary"),
    path(f"{_talk}/teach/", TeachView.as_view(), name="teach"),
    path("api/v1/bot/ratings/", RatingView.as_view(), name="ratings"),
]
