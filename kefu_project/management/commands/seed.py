"""`manage.py seed`: the first administrator and the demo site, where missing."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from kefu_project.first_run import ADMIN_NAME, PASSWORD_FILE, seed


class Command(BaseCommand):
    """Safe to repeat: what exists stays as it is."""

    help = "Make the first administrator (admin) and the demo site where they are missing."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the action and print a generated password once."""
        generated = seed(settings.KEFU_DATA_DIR, settings.KEFU_ADMIN_PASSWORD)
        if generated:
            where = settings.KEFU_DATA_DIR / PASSWORD_FILE
            self.stdout.write(f"Administrator {ADMIN_NAME}, password {generated} (kept in {where})")
