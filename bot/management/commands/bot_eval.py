"""`manage.py bot_eval {intents,retrieval,entities,dialogs}`: any data, by the code that answers visitors.

Needs no database and no running server. The last line of the output is one JSON object.
"""

import json
from argparse import REMAINDER, ArgumentParser
from importlib import import_module
from typing import Any

from django.core.management.base import BaseCommand

MEASURES = {
    "intents": "accuracy and out-of-scope recall of intents learnt from a file",
    "retrieval": "how well questions find their entry of a knowledge base",
    "entities": "F1 of recognised entities",
    "dialogs": "turns, slots and whole dialogs that went right",
}


class Command(BaseCommand):
    """One measure, one file of `bot/evaluation/`: `add_arguments(parser)`, and `run(options) -> dict`.

    Only the wanted file is imported, so that one measure's memory and time say nothing of another's.
    """

    help = "Measure the bot on your own data; prints one JSON object last. " + "; ".join(
        f"{name}: {about}" for name, about in MEASURES.items()
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The measure, and everything after it for that measure's own parser."""
        parser.add_argument("measure", choices=MEASURES)
        parser.add_argument("arguments", nargs=REMAINDER, help="see `bot_eval <measure> --help`")

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs the measure and prints what it found."""
        name = options["measure"]
        measure = import_module(f"bot.evaluation.{name}")
        parser = ArgumentParser(prog=f"manage.py bot_eval {name}", description=MEASURES[name])
        measure.add_arguments(parser)
        found = measure.run(vars(parser.parse_args(options["arguments"])))
        self.stdout.write(json.dumps(found, ensure_ascii=False))
