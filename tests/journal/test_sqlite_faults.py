"""Bad days of the file: full, locked, replaced, foreign."""

import json
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat.journal.base import JournalUnavailable
from chat.journal.sqlite import SqliteJournal
from tests.journal.support import NOW, begin, fill, say, seq_of, seqs, stored
from tests.journal.test_concurrency import check_whole


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file is."""
    return tmp_path / "journal.sqlite3"


@pytest.fixture
def journal(path: Path) -> Iterator[SqliteJournal]:
    """An open journal that waits 0.2 s for locks."""
    opened = SqliteJournal(path, busy_timeout_s=0.2)
    opened.open()
    yield opened
    opened.close()


@pytest.mark.fault
def test_a_full_disk_refuses_and_recovers_without_a_restart(journal: SqliteJournal, path: Path) -> None:
    conversation = begin(journal)
    result = subprocess.run(
        [sys.executable, "-m", "tests.journal.full_disk_process", str(path), conversation],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr.decode()
    told = json.loads(result.stdout)
    assert told["failures"] == 5
    assert told["before"] >= 50
    assert len(check_whole(journal, conversation)) == told["after"]


def test_a_locked_file_refuses_and_recovers(journal: SqliteJournal, path: Path) -> None:
    conversation = begin(journal)
    fill(journal, conversation, 2)
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    with pytest.raises(JournalUnavailable, match="locked"):
        journal.write([say(conversation, "k")], NOW)
    with pytest.raises(JournalUnavailable):
        journal.check()
    with pytest.raises(JournalUnavailable):
        journal.claim("r", 0, "me", 1)
    assert time.monotonic() - began < 3
    assert seqs(journal.read_after(conversation, 0, 10)) == [1, 2], "reading goes on"
    blocker.execute("COMMIT")
    blocker.close()
    assert seq_of(journal.write([say(conversation, "k")], NOW)[0]) == 3


def test_a_lock_that_is_given_back_in_time_is_waited_for(path: Path) -> None:
    journal = SqliteJournal(path, busy_timeout_s=10)
    journal.open()
    conversation = begin(journal)
    blocker = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    blocker.execute("BEGIN IMMEDIATE")
    found: list[int] = []
    writing = threading.Thread(
        target=lambda: found.append(seq_of(journal.write([say(conversation)], NOW)[0]))
    )
    writing.start()
    blocker.execute("COMMIT")
    writing.join(15)
    assert found == [1]
    blocker.close()
    journal.close()


def test_a_file_that_went_away_is_not_made_anew(journal: SqliteJournal, path: Path) -> None:
    conversation = begin(journal)
    fill(journal, conversation, 1)
    path.unlink()
    for _ in range(2):
        with pytest.raises(JournalUnavailable):
            journal.write([say(conversation)], NOW)
    assert not path.exists()
    other = SqliteJournal(path)
    other.open()
    with pytest.raises(JournalUnavailable, match="replaced"):
        journal.write([say(conversation)], NOW)
    other.close()


def test_a_file_that_is_no_journal_is_refused(path: Path) -> None:
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(JournalUnavailable, match="not a database"):
        SqliteJournal(path).open()


def test_a_file_of_another_version_is_refused(journal: SqliteJournal, path: Path) -> None:
    journal.close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(JournalUnavailable, match="another version"):
        journal.open()


def test_a_folder_that_is_missing_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(JournalUnavailable):
        SqliteJournal(tmp_path / "missing" / "journal.sqlite3").open()


def test_only_its_owner_may_read_the_file(journal: SqliteJournal, path: Path) -> None:
    fill(journal, begin(journal), 1)
    files = list(path.parent.glob("journal.sqlite3*"))
    assert len(files) == 3
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_every_commit_is_synchronous_and_logged_ahead(journal: SqliteJournal, path: Path) -> None:
    with journal._file.writing() as db:
        assert db.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_a_copy_of_file_and_log_as_a_power_cut_leaves_them_is_whole(
    journal: SqliteJournal, path: Path
) -> None:
    conversation = begin(journal)
    for _ in range(20):
        fill(journal, conversation, 10)
    folder = path.parent / "copy"
    folder.mkdir()
    for suffix in ("", "-wal"):
        shutil.copy(f"{path}{suffix}", folder)
    # A log cut off in the middle of its last transaction loses that one and nothing else.
    log = folder / "journal.sqlite3-wal"
    log.write_bytes(log.read_bytes()[:-100])
    copy = SqliteJournal(folder / path.name)
    copy.open()
    assert len(check_whole(copy, conversation)) == 190
    assert stored(copy.write([say(conversation)], NOW)[0]).entries[0].seq == 191
    copy.close()


def test_connections_do_not_pile_up(journal: SqliteJournal, path: Path) -> None:
    conversation = begin(journal)

    def descriptors() -> int:
        return sum(str(path) in str(each.resolve()) for each in Path("/proc/self/fd").iterdir())

    def read(barrier: threading.Barrier) -> None:
        barrier.wait(10)
        for _ in range(20):
            journal.read_after(conversation, 0, 10)

    counts = []
    for _ in range(4):
        barrier = threading.Barrier(8)
        threads = [threading.Thread(target=read, args=(barrier,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        journal.write([say(conversation)], NOW)
        counts.append(descriptors())
    # SQLite keeps descriptors of closed connections for the next ones, so the most at any one time stay:
    # shared index once, file and log for each of 8 threads and 2 writers.
    assert max(counts) <= 1 + 2 * (8 + 2), counts
    journal.close()
    assert descriptors() == 0
