"""The project as an app: its management commands and system checks."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Makes the commands findable and registers the checks of unsafe configuration."""

    name = "kefu_project"
    verbose_name = "kefu"

    def ready(self) -> None:
        """Importing registers the checks, and makes our Celery application the default one: without it a task
        sent by any thread would go to an AMQP broker that is not there."""
        from kefu_project import audit, celery, checks, knowing  # noqa: F401

        audit.connect()
        knowing.connect()
