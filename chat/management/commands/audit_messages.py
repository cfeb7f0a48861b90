"""`manage.py audit_messages`: compare journal and database, say what is lost, doubled or missing."""

from __future__ import annotations

import sys
from typing import Any, Final

import msgspec
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from chat.journal.base import JournalUnavailable
from chat.persistence.audit import Kind, Report, audit

SHOWN: Final = 20  # findings printed; --json has all of them
_KINDS: Final[tuple[Kind, ...]] = ("lost", "doubled", "gap", "dead_letter", "epoch")


class Command(BaseCommand):
    """May run beside a working server: entries on their way to the database are counted, not reported."""

    help = "Compare journal and database; exit status 1 when anything is lost, doubled, missing or parked."

    def add_arguments(self, parser: CommandParser) -> None:
        """One option."""
        parser.add_argument("--json", action="store_true", help="print the whole report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Audit, print, and exit with 1 when there is a finding, with 2 when a store cannot be read."""
        try:
            report = audit()
        except (JournalUnavailable, DatabaseError) as error:
            raise CommandError(f"The audit could not read everything: {error}", returncode=2) from error
        self.stdout.write(_json(report) if options["json"] else _text(report))
        if report.findings:
            sys.exit(1)


def _json(report: Report) -> str:
    counts = {kind: report.count(kind) for kind in _KINDS}
    return msgspec.json.encode({**msgspec.to_builtins(report), "counts": counts}).decode()


def _text(report: Report) -> str:
    lines = [
        f"conversations {report.conversations}, entries {report.entries}, in flight {report.in_flight}",
        ", ".join(f"{_name(kind)} {report.count(kind)}" for kind in _KINDS if kind != "epoch"),
    ]
    for finding in report.findings[:SHOWN]:
        where = f"{finding.conversation}#{finding.seq} " if finding.conversation else ""
        lines.append(f"{_name(finding.kind)}: {where}{finding.detail}")
    if len(report.findings) > SHOWN:
        lines.append(f"and {len(report.findings) - SHOWN} more; --json names them all")
    return "\n".join(lines)


def _name(kind: Kind) -> str:
    return {"gap": "gaps", "dead_letter": "dead letters"}.get(kind, kind)
