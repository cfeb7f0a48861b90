"""What the operator knows: questions, articles, facts; search, releases, the help page."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KnowledgeConfig(AppConfig):
    """Registers the app; its ports are filled by the project (`kefu_project.knowing`)."""

    name = "knowledge"
    verbose_name = _("Knowledge")
    default_auto_field = "django.db.models.BigAutoField"
