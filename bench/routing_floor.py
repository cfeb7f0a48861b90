"""A floor for the routing benchmarks: PostgreSQL and a SQLite journal of their own, agents, visitors.

Import nothing of Django before `open_floor()`: it says where the data is.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

FOR_LONG_MS = 3_600_000


@contextmanager
def open_floor(scaled: bool = False) -> Iterator[str]:
    """A migrated database and an empty data folder for as long as it lasts; yields the site's id.

    PostgreSQL waits for the disk at every commit, as it does when it is installed. `scaled`: the journal is
    a Redis that does so, too, and the tasks go through it to worker processes.
    """
    from tests.support import services

    os.environ["KEFU_TEST_SYNC"] = "on"
    folder = tempfile.mkdtemp(prefix="kefu-bench-")
    os.environ |= {
        "KEFU_DATA_DIR": folder, "DATABASE_URL": services.new_database(), "KEFU_LOG_LEVEL": "error",
        "KEFU_SECRET_KEY": "bench-only-" + "b" * 64, "DJANGO_SETTINGS_MODULE": "kefu_project.settings",
    }  # fmt: skip
    for name in ("KEFU_REDIS_URL", "KEFU_CELERY_BROKER_URL", "KEFU_ROUTING"):
        os.environ.pop(name, None)
    if scaled:
        os.environ |= {"KEFU_REDIS_URL": services.new_redis(), "KEFU_CELERY_BROKER_URL": services.new_redis()}
    try:
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        from chat.models import Site

        yield str(Site.objects.create(name="Bench").pk)
    finally:
        from chat import journal

        journal.close_all()
        services.stop_all()
        shutil.rmtree(folder, ignore_errors=True)


def employ(site: str, count: int, capacity: int, groups: int) -> list[str]:
    """Agents who are here, spread over that many groups with a skill each; the groups' ids."""
    from django.contrib.auth import get_user_model

    from agents.models import Agent, AgentSkill, Group, Lease, Skill, Standing
    from chat.protocol.entry import now_ms

    user_model = get_user_model()
    users = user_model.objects.bulk_create(
        [user_model(username=f"agent-{number}", password="!") for number in range(count)], batch_size=500
    )
    agents = Agent.objects.bulk_create(
        [
            Agent(user=user, display_name=f"Agent {number}", capacity=capacity)
            for number, user in enumerate(users)
        ],
        batch_size=500,
    )
    through: Any = Agent.sites.through
    through.objects.bulk_create(
        [through(agent_id=agent.pk, site_id=site) for agent in agents], batch_size=500
    )
    made = Group.objects.bulk_create([Group(name=f"Group {number}") for number in range(groups)])
    skills = Skill.objects.bulk_create([Skill(name=f"Skill {number}") for number in range(groups)])
    members: Any = Group.agents.through
    wanted: Any = Group.skills.through
    members.objects.bulk_create(
        [members(agent_id=agent.pk, group_id=made[at % groups].pk) for at, agent in enumerate(agents)],
        batch_size=500,
    )
    wanted.objects.bulk_create(
        [wanted(group_id=group.pk, skill_id=skill.pk) for group, skill in zip(made, skills, strict=True)]
    )
    AgentSkill.objects.bulk_create(
        [
            AgentSkill(agent=agent, skill=skills[at % groups], level=1 + at % 5)
            for at, agent in enumerate(agents)
        ],
        batch_size=500,
    )
    Standing.objects.bulk_create([Standing(agent=agent) for agent in agents], batch_size=500)
    end = now_ms() + FOR_LONG_MS
    Lease.objects.bulk_create(
        [Lease(connection=str(agent.pk), agent=agent, process="bench", expires_ms=end) for agent in agents],
        batch_size=500,
    )
    return [str(group.pk) for group in made]


def visit(site: str, count: int, first: int = 0) -> list[tuple[str, str]]:
    """(conversation, visitor) of that many new visitors, in which nothing was said."""
    from chat.models import Conversation, Visitor

    visitors = Visitor.objects.bulk_create(
        [Visitor(site_id=site, token_hash=f"{first + number:064x}") for number in range(count)],
        batch_size=1000,
    )
    rows = Conversation.objects.bulk_create(
        [Conversation(site_id=site, visitor=visitor, channel="web") for visitor in visitors], batch_size=1000
    )
    return [(str(row.pk), str(row.visitor_id)) for row in rows]
