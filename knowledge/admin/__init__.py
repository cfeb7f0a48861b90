"""The back office of the knowledge base. A superuser does everything everywhere; an agent with the role of
administrator does it for the sites of that agent (`scope.py`); everybody else has no business here.
"""

from knowledge.admin import content, facts, importing, learning, releases

__all__ = ("content", "facts", "importing", "learning", "releases")
