"""What a new installation needs once: tables, an administrator, a site. Each step is idempotent."""

import contextlib
import os
import pkgutil
import secrets
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection, transaction
from django.utils.translation import gettext, override

DEMO_SITE_KEY = "demo"
DEMO_ACCENT = "#2f6a45"  # the tea shop of /demo/
ADMIN_NAME = "admin"
PASSWORD_FILE = "admin-password.txt"
_MIGRATION_LOCK = 0x6B656675  # "kefu"


def reach_database() -> None:
    """Connect once beside the pool, whose only word about a database that is down is that it took too long.

    Raises DatabaseError with the server's own words.
    """
    if connection.vendor == "postgresql":
        import psycopg

        parameters = connection.get_connection_params()
        parameters.pop("pool", None)
        with connection.wrap_database_errors:
            psycopg.connect(**parameters).close()


def migrations_missing() -> bool:
    """True when some migration on disk is not recorded as applied.

    Compares names only. Django's own planner imports every migration of every app first, a tenth of a
    second that each start would pay.
    """
    if "django_migrations" not in connection.introspection.table_names():
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        applied = set(cursor.fetchall())
    for config in apps.get_app_configs():
        folder = Path(config.path) / "migrations"
        for module in pkgutil.iter_modules([str(folder)]):
            if module.name[0] not in "_~" and (config.label, module.name) not in applied:
                return True
    return False


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Hold PostgreSQL's advisory lock, so that servers that start together migrate one after the other.

    An embedded server is alone already: it holds the lock of its data folder.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_MIGRATION_LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_MIGRATION_LOCK])


def migrate_if_needed() -> bool:
    """Apply missing migrations; True when there were any."""
    if not migrations_missing():
        return False
    with _alone():
        if migrations_missing():
            call_command("migrate", interactive=False, verbosity=0)
    return True


def seed(data_dir: Path, password: str) -> str | None:
    """Make the first administrator and the demo site where they are missing.

    Returns the generated password when there was none in `password` and an administrator was made; it is
    kept in `data_dir/admin-password.txt` (mode 0600), written first, so that nobody is created whose
    password is lost.
    """
    generated = None
    users = get_user_model().objects
    with _alone():
        if not users.filter(is_superuser=True).exists():
            if not password:
                password = generated = secrets.token_urlsafe(12)
                _keep(data_dir / PASSWORD_FILE, generated)
            users.create_superuser(ADMIN_NAME, email="", password=password)
        _seed_site()
    return generated


def seed_knowledge() -> bool:
    """Load and publish the demo knowledge base for the demo site; False when there is nothing to do. Takes
    seconds, so it is no part of the way to the first answered request.
    """
    from chat.models import Site
    from knowledge.seeding import load_demo

    with _alone():
        site = Site.objects.filter(public_key=DEMO_SITE_KEY).first()
        return site is not None and load_demo(site.pk)


def seed_bot() -> bool:
    """Give the demo site its bot, taught by the demo's files; False when it has one. Takes seconds."""
    from bot.learning.seeding import seed
    from bot.learning.training import train
    from bot.models import TrainedModel
    from chat.models import Site

    with _alone():
        site = Site.objects.filter(public_key=DEMO_SITE_KEY).first()
        base = settings.KEFU_PUBLIC_URL or f"http://127.0.0.1:{settings.KEFU_PORT}"
        made = settings.KEFU_BOT and site is not None and seed(site.pk, f"{base}/demo/shop/{{name}}/")
        if made and not TrainedModel.objects.exists():
            train("first run")
        return made


def _seed_site() -> None:
    from chat.models import Site

    with override("zh-hans"):
        name = gettext("Cloud Ridge Tea")
    with transaction.atomic():
        Site.objects.get_or_create(
            public_key=DEMO_SITE_KEY, defaults={"name": name, "accent_color": DEMO_ACCENT}
        )


def _keep(path: Path, password: str) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(password + "\n")
