"""A real journal of each kind in front of the test database, and conversations to write into."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chat import journal as journals
from chat import receipts, states
from chat.journal.base import Journal
from chat.models import Conversation, Site, Visitor
from chat.persistence import reader
from tests.persistence.talk import Talk

_numbers = itertools.count(1)


@pytest.fixture(params=["sqlite", "redis"])
def log(request: pytest.FixtureRequest, tmp_path: Path, settings: Any) -> Iterator[Journal]:
    """An open, empty journal; the process's own for the time of the test."""
    settings.KEFU_DATA_DIR = tmp_path
    settings.KEFU_REDIS_URL = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    settings.KEFU_REDIS_PREFIX = f"persistence-{next(_numbers)}"
    journals.close_all()
    states.forget_all()
    reader.gate.abandon()
    reader._backoff.worked()
    receipts._pending.clear()
    yield journals.journal()
    journals.close_all()


@pytest.fixture
def site(db: None) -> Site:
    """Where the visitors of a test come from."""
    return Site.objects.create(name="Lamp shop")


@pytest.fixture
def new_talk(site: Site, log: Journal) -> Callable[..., Talk]:
    """Makes conversations, each with a visitor of its own, already warm in the journal."""

    def make(name: str = "Mei", **fields: Any) -> Talk:
        number = next(_numbers)
        visitor = Visitor.objects.create(site=site, token_hash=f"{number:064x}", name=name)
        row = Conversation.objects.create(site=site, visitor=visitor, **fields)
        return Talk(log, str(row.pk))

    return make


@pytest.fixture
def talk(new_talk: Callable[..., Talk]) -> Talk:
    """One conversation."""
    return new_talk()
