"""A small registry of probes: who can fail says so here, and /health/ready asks them all.

A probe is called on a worker thread, at most once a second, and returns None when its part works or one
short clause saying what does not, free of secrets. Raising counts as not working. An essential part that does
not work makes the process not ready (it cannot take and acknowledge messages); any other only degraded.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

Probe = Callable[[], str | None]


@dataclass(frozen=True, slots=True)
class Report:
    """What all probes said: `ready` and, by name, the parts that do not work and why."""

    ready: bool
    degraded: dict[str, str] = field(default_factory=dict)


_probes: dict[str, tuple[Probe, bool]] = {}


def register(name: str, probe: Probe, *, essential: bool = False) -> None:
    """Add `probe` under `name`; a second registration of the name replaces the first (a restarted part)."""
    _probes[name] = (probe, essential)


def unregister(name: str) -> None:
    """Forget the probe; unknown names are ignored."""
    _probes.pop(name, None)


def examine() -> Report:
    """Ask every probe, in order of registration. May block as long as its slowest probe does."""
    ready = True
    degraded: dict[str, str] = {}
    for name, (probe, essential) in list(_probes.items()):
        try:
            complaint = probe()
        except Exception as error:
            complaint = type(error).__name__
        if complaint is not None:
            degraded[name] = complaint
            ready = ready and not essential
    return Report(ready, degraded)
