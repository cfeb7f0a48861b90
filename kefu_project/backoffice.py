"""The back office as one house: what is used daily comes first, in the order of the work, and everything has
a name in the reader's language.
"""

from __future__ import annotations

from typing import Any, Final

from django.contrib.admin.sites import AdminSite
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

#: app → its models, both in the order of the work; what is not named follows by its name.
ORDER: Final[dict[str, tuple[str, ...]]] = {
    "chat": ("Site", "Conversation", "Message", "Visitor", "Label", "AttributeDefinition", "Block"),
    "agents": (
        "Agent", "Group", "Skill", "RoutingRule", "SiteRouting", "BusinessHours", "CannedReply", "Macro",
        "CloseCategory", "SavedView", "Waiting", "Standing", "Seat", "Decision", "Assignment",
    ),
    "knowledge": (
        "Question", "Article", "Category", "Unanswered", "GoldenQuestion", "Release", "ImportJob", "Usage",
        "HelpFeedback", "Term", "Synonym", "Entity", "Relation",
    ),
    "bot": (
        "BotSettings", "Answered", "Intent", "Example", "Rule", "SensitiveWord", "EntityList",
        "EntityPattern", "Endpoint", "TrainedModel", "LanguageModel", "RemoteEngine",
    ),
    "auth": ("User", "Group"),
    "axes": (),
    "auditlog": (),
}  # fmt: skip
#: Names that the packages themselves have in English only, or that say something else in our vocabulary.
APP_NAMES: Final = {"axes": _("Sign-ins"), "auditlog": _("Audit log"), "auth": _("Sign-in and rights")}
MODEL_NAMES: Final = {("auth", "Group"): _("Groups of rights")}


class House(AdminSite):
    """Django's admin with our order and names."""

    site_header = site_title = _("kefu administration")
    index_title = _("Sites, people and conversations")

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Django's list, ordered and named."""
        apps: list[Any] = list(super().get_app_list(request, app_label))
        labels = list(ORDER)
        apps.sort(key=lambda app: _place(labels, app["app_label"]))
        for app in apps:
            label = app["app_label"]
            app["name"] = APP_NAMES.get(label, app["name"])
            known = ORDER.get(label, ())
            app["models"].sort(key=lambda model, known=known: _place(known, model["object_name"]))
            for model in app["models"]:
                model["name"] = MODEL_NAMES.get((label, model["object_name"]), model["name"])
        return apps


def _place(known: Any, name: str) -> int:
    return known.index(name) if name in known else len(known)
