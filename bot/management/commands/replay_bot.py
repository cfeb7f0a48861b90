"""`manage.py replay_bot`: ask the last days' questions again, under the draft knowledge, and compare."""

from __future__ import annotations

from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError, CommandParser

from bot.answering.bundle import bundle_now
from bot.learning.draft import draft_bundle
from bot.learning.replay import MOST, replay
from bot.safety.privacy import mask
from chat.protocol.entry import now_ms

_DAY_MS = 86_400_000


class Command(BaseCommand):
    """Changes nothing; prints one JSON object last."""

    help = "Replays questions under the draft knowledge and lists what would be answered otherwise."

    def add_arguments(self, parser: CommandParser) -> None:
        """--days, --site, --live, --show."""
        parser.add_argument("--days", type=int, default=1, help="how far back (1 to 90)")
        parser.add_argument("--site", default="", help="the id of a site; all of them without it")
        parser.add_argument("--live", action="store_true", help="under what is live instead of the draft")
        parser.add_argument("--show", type=int, default=20, help="changed questions that are printed")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replay and report."""
        if not 1 <= options["days"] <= 90:
            raise CommandError("--days is a number from 1 to 90")
        now = now_ms()
        bundle = bundle_now if options["live"] else draft_bundle
        only = [options["site"]] if options["site"] else None
        report = replay(now - options["days"] * _DAY_MS, now, bundle, only=only, most=MOST)
        for pair in report.changed[: max(0, options["show"])]:
            before, after = pair.before, pair.after
            self.stdout.write(
                f"{pair.verdict:6} {mask(pair.question)[:60]!r}: "
                f"{before.outcome} by {before.level} ({before.title[:40]})"
                f" → {after.outcome} by {after.level} ({after.title[:40]})"
            )
        figures = {
            name: getattr(report, name) for name in ("total", "same", "better", "worse", "other", "failed")
        }
        moves = [{"from": before, "to": after, "times": times} for before, after, times in report.moves]
        self.stdout.write(msgspec.json.encode({**figures, "cut": report.cut, "moves": moves}).decode())
