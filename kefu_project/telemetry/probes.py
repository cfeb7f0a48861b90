"""Health probes of what the project itself brings: the database and the embedded workers.

Neither is essential: messages are taken and acknowledged by the journal alone, which has its own probe.
"""

from django.db import DatabaseError, connection

from chat import health
from kefu_project.embedded import EmbeddedCelery


def database() -> str | None:
    """None when the database answers; new sessions and persistence wait while it does not."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except DatabaseError as error:
        return f"no answer: {type(error).__name__}"
    finally:
        connection.close()
    return None


def register(celery: EmbeddedCelery | None) -> None:
    """Add the probes of this process; `celery` is None where workers are processes of their own."""
    health.register("database", database)
    if celery is not None:
        health.register("workers", celery.probe)
