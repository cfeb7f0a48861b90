"""`manage.py seed_demo`: a team, groups, canned replies and more for the demo site."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from chat.models import Site
from kefu_project import first_run
from kefu_project.demo import seed_demo


class Command(BaseCommand):
    """Idempotent; prints the logins it made and their password."""

    help = "Makes a demo team: agents, groups, skills, canned replies, labels, hours."

    def add_arguments(self, parser: CommandParser) -> None:
        """--password, else one is generated."""
        parser.add_argument("--password", default="", help="of the logins; generated when absent")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make what is missing."""
        first_run.migrate_if_needed()
        try:
            password, names = seed_demo(options["password"])
        except Site.DoesNotExist:
            first_run.seed(settings.KEFU_DATA_DIR, settings.KEFU_ADMIN_PASSWORD)
            password, names = seed_demo(options["password"])
        if names:
            self.stdout.write(f"Logins: {', '.join(names)}; password: {password}")
        else:
            self.stdout.write("The demo team stands already.")
        if first_run.seed_knowledge():
            self.stdout.write("The demo knowledge base is live.")
        if first_run.seed_bot():
            self.stdout.write("The demo bot answers.")
