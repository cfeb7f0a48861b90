"""The process's journal, and whether it is the one the database knows."""

import os
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

import chat.journal as room
from chat import health
from chat.journal.base import JournalEmptied, JournalUnavailable, Stored
from chat.journal.epoch import check_epoch
from chat.journal.redis import RedisJournal
from chat.journal.sqlite import SqliteJournal
from chat.models import JournalEpoch
from chat.protocol.entry import new_id
from tests.journal.support import begin, say


@pytest.fixture(params=["sqlite", "redis"])
def own_journal(
    request: pytest.FixtureRequest, tmp_path: Path, settings: Settings
) -> Iterator[type[RedisJournal] | type[SqliteJournal]]:
    """The process's journal lives in a place of this test."""
    room.close_all()
    settings.KEFU_DATA_DIR = tmp_path
    settings.KEFU_REDIS_URL = "" if request.param == "sqlite" else request.getfixturevalue("redis_url")
    settings.KEFU_REDIS_PREFIX = new_id()
    yield SqliteJournal if request.param == "sqlite" else RedisJournal
    room.close_all()


def lose_the_journal(settings: Settings, tmp_path: Path) -> None:
    """As when somebody emptied it."""
    room.close_all()
    settings.KEFU_REDIS_PREFIX = new_id()
    for file in tmp_path.glob("journal.sqlite3*"):
        file.unlink()


pytestmark = pytest.mark.usefixtures("own_journal")


def test_the_settings_choose_the_form(own_journal: type) -> None:
    assert isinstance(room.journal(), own_journal)
    assert room.journal() is room.journal()
    assert room.group_commit() is room.group_commit()
    assert room.reader() is room.reader()


def test_closing_writes_what_is_pending_and_the_next_use_begins_anew() -> None:
    conversation = begin(room.journal())
    before = room.journal()
    assert isinstance(room.group_commit().append_blocking(say(conversation)), Stored)
    room.close_all()
    room.close_all()
    assert room.journal() is not before
    assert room.journal().heads([conversation])[conversation].head == 1


def test_a_forked_child_opens_its_own() -> None:
    conversation = begin(room.journal())
    room.group_commit().append_blocking(say(conversation))
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            outcome = room.group_commit().append_blocking(say(conversation))
            code = 0 if isinstance(outcome, Stored) and outcome.entries[0].seq == 2 else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    outcome = room.group_commit().append_blocking(say(conversation))
    assert isinstance(outcome, Stored) and outcome.entries[0].seq == 3


def test_readiness_follows_the_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    room.journal()
    commit = room.group_commit()
    assert "journal" not in health.examine().degraded
    commit.trouble = "disk full"

    def fails() -> None:
        raise JournalUnavailable("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(room.journal(), "check", fails)
        report = health.examine()
        assert not report.ready
        assert "journal" in report.degraded
    assert "journal" not in health.examine().degraded, "a write that works again makes it ready"
    assert commit.trouble is None


@pytest.mark.django_db(transaction=True)
def test_a_new_pair_is_given_a_name() -> None:
    epoch = check_epoch()
    assert epoch == room.journal().epoch() == JournalEpoch.objects.get().epoch
    assert check_epoch() == epoch


@pytest.mark.django_db(transaction=True)
def test_an_emptied_journal_is_noticed(settings: Settings, tmp_path: Path) -> None:
    check_epoch()
    lose_the_journal(settings, tmp_path)
    with pytest.raises(JournalEmptied, match=r"empty.*manage\.py adopt_journal"):
        check_epoch()
    with pytest.raises(JournalEmptied):
        check_epoch()


@pytest.mark.django_db(transaction=True)
def test_a_foreign_journal_is_noticed() -> None:
    check_epoch()
    room.journal().set_epoch("another")
    with pytest.raises(JournalEmptied, match="another database"):
        check_epoch()


@pytest.mark.django_db(transaction=True)
def test_a_new_database_beside_a_full_journal_is_noticed() -> None:
    check_epoch()
    begin(room.journal())
    JournalEpoch.objects.all().delete()
    with pytest.raises(JournalEmptied, match="database is new"):
        check_epoch()
    assert not JournalEpoch.objects.exists(), "the refusal left nothing behind"


@pytest.mark.django_db(transaction=True)
def test_a_first_start_that_was_cut_short_is_no_trouble() -> None:
    room.journal().set_epoch("from the first try")
    assert check_epoch() == "from the first try" == JournalEpoch.objects.get().epoch


@pytest.mark.django_db(transaction=True)
def test_adopting_needs_a_word(settings: Settings, tmp_path: Path) -> None:
    before = check_epoch()
    lose_the_journal(settings, tmp_path)
    output = StringIO()
    with pytest.raises(CommandError, match="--yes"):
        call_command("adopt_journal", stdout=output)
    assert len(output.getvalue()) > 40, "it says what it would do"
    with pytest.raises(JournalEmptied):
        check_epoch()
    call_command("adopt_journal", "--yes", stdout=output)
    after = check_epoch()
    assert after != before
    assert after in output.getvalue()
