"""Both forms of the journal, on a real file and a real Redis."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chat.journal.base import Journal
from chat.protocol.entry import new_id
from tests.journal.support import open_journal


@pytest.fixture(params=["sqlite", "redis"])
def spec(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a journal of one test lives; see `open_journal`."""
    if request.param == "sqlite":
        return f"sqlite {tmp_path / 'journal.sqlite3'}"
    return f"redis {request.getfixturevalue('redis_url')} {new_id()}"


@pytest.fixture
def journal(spec: str) -> Iterator[Journal]:
    """An open, empty journal."""
    opened = open_journal(spec)
    yield opened
    opened.close()
