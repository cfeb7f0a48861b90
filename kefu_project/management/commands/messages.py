"""`manage.py messages`: compile the translations; `--check`: find what is missing, fuzzy or not compiled."""

import io
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kefu_project.messages import source_messages


class Command(BaseCommand):
    """Works without GNU gettext; needs Babel, which is a development dependency."""

    help = "Compile locale/*/LC_MESSAGES/django.po; with --check only report what is not complete."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--check writes nothing and fails when something is missing."""
        parser.add_argument("--check", action="store_true", help="write nothing; fail when incomplete")

    def handle(self, *args: Any, **options: Any) -> None:
        """Go through every catalogue."""
        problems: list[str] = []
        catalogues = sorted(Path(settings.LOCALE_PATHS[0]).glob("*/LC_MESSAGES/django.po"))
        if not catalogues:
            raise CommandError("There is no locale/*/LC_MESSAGES/django.po.")
        for path in catalogues:
            problems += self._one(path, check=options["check"])
        if problems:
            raise CommandError("\n".join(problems))

    def _one(self, path: Path, *, check: bool) -> list[str]:
        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po

        with path.open("rb") as file:
            catalogue = read_po(file, abort_invalid=True)
        compiled = io.BytesIO()
        write_mo(compiled, catalogue)
        target = path.with_suffix(".mo")
        if not check:
            target.write_bytes(compiled.getvalue())
            self.stdout.write(f"{target.relative_to(settings.BASE_DIR)}: {len(catalogue)} messages")
            return []
        name = path.relative_to(settings.BASE_DIR)
        problems = []
        for message in source_messages(settings.BASE_DIR):
            found = catalogue.get(message.id, context=message.context)
            if found is None:
                problems.append(f"{name}: missing {message.id!r} (from {message.place})")
            elif found.fuzzy or not all(found.string if isinstance(found.string, tuple) else (found.string,)):
                problems.append(f"{name}: not translated {message.id!r} (from {message.place})")
        if not target.exists() or target.read_bytes() != compiled.getvalue():
            problems.append(f"{name}: not compiled; run make messages")
        return problems
