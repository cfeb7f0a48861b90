"""Invented visitors and agents for simulations, the same for the same seed. Pure.

Visitors come as a Poisson process and stay for log-normal times, which is what was measured in a call centre
(L. Brown et al., Statistical Analysis of a Telephone Call Center, Journal of the American Statistical
Association 100, 2005).
"""

from __future__ import annotations

import math
import random
from typing import Final

import msgspec

from agents.routing.replay import Arrival
from agents.routing.terms import Candidate, Wants

#: The spread of service times: the standard deviation of their logarithm. At 0.8 one in ten lasts
#: 2.8 times as long as the median.
SIGMA: Final = 0.8


class Scenario(msgspec.Struct, frozen=True):
    """What to invent. `load`: share of all seats that is taken on average, above 1 more come than can be
    served; `vips`: share of visitors with priority 10; `returning`: share who came before.
    """

    visitors: int = 1000
    agents: int = 20
    capacity: int = 3
    skills: int = 0
    load: float = 0.85
    service_s: float = 300.0
    vips: float = 0.1
    returning: float = 0.2


def crew(scenario: Scenario) -> list[Candidate]:
    """Equal agents. With skills, each has half of them, all at one level, spread evenly."""
    skills = [f"skill-{number}" for number in range(scenario.skills)]
    kept = math.ceil(len(skills) / 2)
    found = []
    for number in range(scenario.agents):
        own = {skills[(number + step) % len(skills)]: 3 for step in range(kept)}
        found.append(
            Candidate(f"agent-{number:03}", f"Agent {number}", skills=own, capacity=scenario.capacity)
        )
    return found


def arrivals(scenario: Scenario, seed: int) -> list[Arrival]:
    """Visitors in the order they come."""
    chance = random.Random(seed)
    seats = scenario.agents * scenario.capacity
    gap_ms = scenario.service_s * 1000 / (seats * scenario.load)
    mu = math.log(scenario.service_s * 1000) - SIGMA**2 / 2  # so that the mean is service_s
    found: list[Arrival] = []
    at = 0.0
    for number in range(scenario.visitors):
        at += chance.expovariate(1 / gap_ms)
        visitor = f"visitor-{number}"
        if found and chance.random() < scenario.returning:
            visitor = chance.choice(found).visitor
        skills = (f"skill-{chance.randrange(scenario.skills)}",) if scenario.skills else ()
        found.append(
            Arrival(
                f"conversation-{number}",
                int(at),
                int(chance.lognormvariate(mu, SIGMA)),
                Wants("site", skills=skills, channel="web"),
                priority=10 if chance.random() < scenario.vips else 0,
                visitor=visitor,
            )
        )
    return found
