"""`manage.py replay_routing`: a period's real decisions under another strategy or other weights."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from agents.routing.policies import policies
from agents.routing.recorded import NOTES, Period, policy_of, read_period
from agents.routing.replay import Load, Summary, simulate, summarize
from agents.routing.strategies.base import strategies
from agents.routing.strategies.weighted import PARTS
from chat.models import Site

DEFAULT_PERIOD: Final = timedelta(days=1)
_ROWS: Final = (
    ("conversations served", "served"),
    ("not served", "unserved"),
    ("wait, mean", "mean_s"),
    ("wait, median", "p50_s"),
    ("wait, 95 of 100", "p95_s"),
    ("wait, longest", "max_s"),
    ("Jain's index", "jain"),
)


class Command(BaseCommand):
    """Reads rows and changes none; may run beside a working server."""

    help = (
        "Replay what routing decided in a period under another strategy or other weights, and print waits, "
        "loads and Jain's fairness index beside the actual ones."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The period, the site, and what should have been different."""
        parser.add_argument(
            "--from", dest="begin", help="date or time (ISO 8601); default: a day before --to"
        )
        parser.add_argument("--to", dest="end", help="date or time, not included; default: now")
        parser.add_argument("--site", help="a site's public key, id or name; default: all of them")
        parser.add_argument("--strategy", choices=sorted(strategies()), help="default: as configured")
        parser.add_argument("--weights", help="for weighted, as skill=30,capacity=40,quality=30")
        parser.add_argument("--json", action="store_true", help="print everything as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, simulate, print. Raises `CommandError` for bad options or when there is nothing to replay."""
        end = _moment(options["end"]) if options["end"] else timezone.now()
        begin = _moment(options["begin"]) if options["begin"] else end - DEFAULT_PERIOD
        if begin >= end:
            raise CommandError("--from must be before --to")
        weights = _weights(options["weights"]) if options["weights"] else None
        site = _site(options["site"]) if options["site"] else None
        period = read_period(_ms(begin), _ms(end), site)
        if not period.arrivals:
            raise CommandError(f"No decision from {begin.isoformat()} to {end.isoformat()}.")
        policy = policy_of(policies(), options["strategy"], weights)
        asked = len(period.arrivals)
        everybody = (*period.agents, *period.gone)
        actual = summarize(period.served, asked, everybody, period.shifts)
        served = simulate(period.arrivals, period.agents, policy, period.shifts, period.held)
        present = {agent.id for agent in period.agents}
        shifts = [each for each in period.shifts if each.agent in present]
        replayed = summarize(served, asked, period.agents, shifts)
        notes = _notes(period)
        if options["json"]:
            self.stdout.write(
                msgspec.json.encode(
                    {
                        "from": begin.isoformat(),
                        "to": end.isoformat(),
                        "strategy": options["strategy"],
                        "weights": weights,
                        "actual": actual,
                        "replayed": replayed,
                        "notes": notes,
                    }
                ).decode()
            )
            return
        self.stdout.write(f"{begin.isoformat()} to {end.isoformat()}")
        self.stdout.write("")
        for line in (*_comparison(actual, replayed), "", *_loads(actual.loads, replayed.loads), ""):
            self.stdout.write(line)
        for note in notes:
            self.stdout.write(f"* {note}")


def _moment(text: str) -> datetime:
    """A point in time; midnight of a date, and the project's time zone where none is named."""
    try:
        found = parse_datetime(text)
        if found is None:
            day = parse_date(text)
            found = datetime.combine(day, datetime.min.time()) if day else None
    except ValueError:
        found = None
    if found is None:
        raise CommandError(f"Not a date or time: {text}")
    return found if timezone.is_aware(found) else timezone.make_aware(found)


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _weights(text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for pair in text.split(","):
        part, _, number = pair.partition("=")
        if part.strip() not in PARTS or not number.strip().isdecimal():
            raise CommandError(f"Weights are written as skill=30,capacity=40,quality=30, not {pair!r}.")
        found[part.strip()] = int(number)
    if not any(found.values()):
        raise CommandError("At least one weight must be above 0.")
    return found


def _site(text: str) -> UUID:
    wanted = Q(public_key=text) | Q(name=text)
    with contextlib.suppress(ValueError):
        wanted |= Q(pk=UUID(text))
    found = list(Site.objects.filter(wanted).values_list("pk", flat=True)[:2])
    if len(found) != 1:
        raise CommandError(f"{'No site' if not found else 'More than one site'} is called {text}.")
    return found[0]


def _comparison(actual: Summary, replayed: Summary) -> Iterable[str]:
    yield f"{'':24}{'actual':>12}{'replayed':>12}"
    for title, name in _ROWS:
        yield f"{title:24}{_shown(name, actual):>12}{_shown(name, replayed):>12}"


def _shown(name: str, summary: Summary) -> str:
    value = getattr(summary, name)
    if name == "jain":
        return f"{value:.3f}"
    return f"{value:,.1f} s" if name.endswith("_s") else str(value)


def _loads(actual: Iterable[Load], replayed: Iterable[Load]) -> Iterable[str]:
    """A line an agent: conversations, hours of them, and conversations per hour of a seat."""
    before, after = ({load.agent: load for load in loads} for loads in (actual, replayed))
    yield f"{'agent':24}{'actual':>12}{'replayed':>12}{'hours':>16}{'per seat hour':>18}"
    for agent in dict.fromkeys([*before, *after]):
        one, other = before.get(agent), after.get(agent)
        named = one or other
        assert named is not None
        counts = [str(load.conversations) if load else "–" for load in (one, other)]
        hours = " / ".join(f"{load.busy_s / 3600:.1f}" if load else "–" for load in (one, other))
        rates = " / ".join(f"{load.per_seat_hour:.2f}" if load else "–" for load in (one, other))
        yield f"{named.name[:23]:24}{counts[0]:>12}{counts[1]:>12}{hours:>16}{rates:>18}"


def _notes(period: Period) -> list[str]:
    notes = list(NOTES)
    if period.gone:
        names = ", ".join(sorted(agent.name for agent in period.gone))
        notes.append(f"Disabled since, and left out of the replay: {names}.")
    return notes
