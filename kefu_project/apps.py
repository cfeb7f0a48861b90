"""The project as an app: its management commands and system checks."""

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig


class BackOfficeConfig(SimpleAdminConfig):
    """Django's admin as our house has it. Autodiscovery happens with the URL map, see urls.py."""

    default_site = "kefu_project.backoffice.House"


class ProjectConfig(AppConfig):
    """Makes the commands findable and registers the checks of unsafe configuration."""

    name = "kefu_project"
    verbose_name = "kefu"
    default = True

    def ready(self) -> None:
        """Importing registers the checks, and makes our Celery application the default one: without it a task
        sent by any thread would go to an AMQP broker that is not there."""
        from kefu_project import audit, celery, checks, knowing  # noqa: F401

        audit.connect()
        knowing.connect()
