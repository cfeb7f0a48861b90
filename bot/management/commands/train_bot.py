"""`manage.py train_bot`: learn the intents' examples now, and say how well they are told apart."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bot.intents.learning import LearningFailed
from bot.learning.training import train


class Command(BaseCommand):
    """Answers from all processes within two seconds of the last line."""

    help = "Learns from the examples of all enabled intents."

    def add_arguments(self, parser: CommandParser) -> None:
        """--canary, --note."""
        parser.add_argument(
            "--canary", type=int, default=0, metavar="PERCENT", help="answer this share of conversations only"
        )
        parser.add_argument("--note", default="", help="what is different this time")

    def handle(self, *args: Any, **options: Any) -> None:
        """Learn and report."""
        if not 0 <= options["canary"] <= 100:
            raise CommandError("--canary is a share from 0 to 100")
        try:
            row = train("train_bot", note=options["note"], canary_percent=options["canary"])
        except LearningFailed as error:
            raise CommandError(str(error)) from None
        report = row.report
        self.stdout.write(
            f"Model v{row.number}: {report['examples']} examples of {report['intents']} intents in "
            f"{report['train_s']} s, {report['accuracy']:.1%} right in cross-validation."
        )
        for each in report["confusions"][:5]:
            self.stdout.write(f"  {each['intent']} taken for {each['taken_for']}: {each['times']}")
