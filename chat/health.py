"""A small registry of probes: who can fail says so here, and /health/ready asks them all.

A probe is called on a worker thread, at most once a second, and returns None when its part works or one
short clause saying what does not, free of secrets. Raising counts as not working. An essential part that does
not work makes the process not ready (it cannot take and acknowledge messages); any other only degraded.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

Probe = Callable[[], str | None]

PROBE_WAIT_S: Final = 2.0
"""Seconds a part has to answer."""


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


class _Question:
    """One asking of one probe, on a thread of its own that nobody waits for at the end of the process."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe
        self.answered = threading.Event()
        self.complaint: str | None = None
        threading.Thread(target=self._ask, name="health-probe", daemon=True).start()

    def _ask(self) -> None:
        try:
            self.complaint = self.probe()
        except Exception as error:
            self.complaint = type(error).__name__
        self.answered.set()


_asked: dict[str, _Question] = {}


def examine(wait_s: float = PROBE_WAIT_S) -> Report:
    """Ask every probe, all at once. Blocks for `wait_s` seconds at most: a part that does not answer by then
    does not work, and is not asked again before it has; the others' answers stand.
    """
    probes = list(_probes.items())
    for name, (probe, _) in probes:
        before = _asked.get(name)
        if before is None or before.probe is not probe or before.answered.is_set():
            _asked[name] = _Question(probe)
    ready = True
    degraded: dict[str, str] = {}
    deadline = time.monotonic() + wait_s
    for name, (_, essential) in probes:
        question = _asked[name]
        if question.answered.wait(max(0.0, deadline - time.monotonic())):
            complaint = question.complaint
        else:
            complaint = f"no answer within {wait_s:g} s"
        if complaint is not None:
            degraded[name] = complaint
            ready = ready and not essential
    return Report(ready, degraded)
