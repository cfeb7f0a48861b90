"""Who finds nobody is told the reason once, and what is known is not read again."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Decision
from agents.routing import policies, router
from chat.protocol.commands import Close
from tests.routing.conftest import Floor

pytestmark = pytest.mark.django_db(transaction=True)


def _reasons(conversation: str) -> list[str]:
    rows = Decision.objects.filter(conversation=conversation).order_by("at_ms")
    return list(rows.values_list("reason", flat=True))


def test_sweeps_in_vain_read_no_decisions_and_write_none(floor: Floor) -> None:
    anna = floor.agent("Anna", capacity=1)
    first, second = floor.arrives(), floor.arrives()
    policies.forget()
    router.route()
    floor.persist()
    assert first.owner() == str(anna.pk)
    assert _reasons(second.id) == ["full"]
    with CaptureQueriesContext(connection) as queries:
        assert router.route().assigned == 0
    assert not [each["sql"] for each in queries if "agents_decision" in each["sql"]]
    assert _reasons(second.id) == ["full"]
    floor.leaves(anna)
    router.forget()  # another process, or this one started anew
    router.route()
    router.route()
    assert _reasons(second.id) == ["full", "offline"]


def test_a_seat_that_was_freed_a_moment_ago_is_seen(floor: Floor) -> None:
    anna = floor.agent("Anna", capacity=1)
    first, second = floor.arrives(), floor.arrives()
    policies.forget()
    router.route()
    floor.persist()
    assert second.owner() is None
    floor.act(Close(first.id), anna)
    assert router.route().assigned == 1, "without waiting half a second for the next look"
    assert second.owner() == str(anna.pk)
