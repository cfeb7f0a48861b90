"""The back office of those who answer: people, groups and skills, routing, hours, and what is kept at hand.

A superuser does everything everywhere. A login that is an agent with the role of administrator does it for
the sites of that agent (`scope.py`); everybody else has no business here.
"""

from agents.admin import sheets

# isort: split
from agents.admin import audit, desk, facts, people, routing

__all__ = ("audit", "desk", "facts", "people", "routing", "sheets")
