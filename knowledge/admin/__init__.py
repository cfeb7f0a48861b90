"""The back office of the knowledge base. A superuser does everything everywhere; an agent with the role of
administrator does it for the sites of that agent (`scope.py`); everybody else has no business here.
"""

import knowledge.admin.content
import knowledge.admin.facts
import knowledge.admin.importing
import knowledge.admin.learning
import knowledge.admin.releases  # noqa: F401  (importing registers the pages)
