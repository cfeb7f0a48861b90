"""`manage.py adopt_journal`: make the journal as it is now the one that belongs to this database."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from chat.journal import close_all
from chat.journal.base import JournalUnavailable
from chat.journal.epoch import adopt


class Command(BaseCommand):
    """Thin edge over `chat.journal.epoch.adopt`."""

    help = "Make the journal as it is now the one that belongs to this database (after a journal was lost)."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--yes`: do it."""
        parser.add_argument("--yes", action="store_true", help="do it; without this it is only explained")

    def handle(self, *args: Any, **options: Any) -> None:
        """Explain, and act when told so."""
        self.stdout.write(
            _(
                "The journal and the database will be given a new common name. Conversations go on from "
                "where the database knows them; entries that were only in the lost journal stay lost, and "
                "their numbers will be given to new entries. Stop every server and worker first."
            )
        )
        if not options["yes"]:
            raise CommandError(_("Nothing was done. Run it again with --yes."))
        try:
            epoch = adopt()
        except JournalUnavailable as error:
            raise CommandError(str(error)) from error
        finally:
            close_all()
        self.stdout.write(_("Done. The common name is %(epoch)s.") % {"epoch": epoch})
