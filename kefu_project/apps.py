"""The project as an app: its management commands and system checks."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Makes the commands findable and registers the checks of unsafe configuration."""

    name = "kefu_project"
    verbose_name = "kefu"

    def ready(self) -> None:
        """Importing registers them."""
        from kefu_project import checks  # noqa: F401
