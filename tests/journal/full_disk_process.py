"""Writes to a SQLite journal until the disk is full, then makes room and goes on.

`python -m tests.journal.full_disk_process <path> <conversation>`. The disk is a limit on the size of files
(RLIMIT_FSIZE; Python ignores SIGXFSZ, so a write beyond it fails as on a full disk, partly done). Prints
JSON: {"before": stored before it was full, "failures": how often it was refused, "after": stored afterwards}.
"""

import json
import resource
import sys
from pathlib import Path

from chat.journal.base import JournalUnavailable, Stored
from chat.journal.sqlite import SqliteJournal
from chat.protocol.entry import now_ms
from tests.journal.support import say


def main(path: str, conversation: str) -> None:
    """Fill up, be refused a few times, make room, go on with the very same messages."""
    journal = SqliteJournal(Path(path))
    journal.open()
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
    before = failures = 0
    while failures < 5:
        batch = [say(conversation, f"{before}-{i}") for i in range(50)]
        try:
            outcomes = journal.write(batch, now_ms())
        except JournalUnavailable:
            failures += 1
            assert len(journal.read_after(conversation, before, 100)) in (0, 50), "half a batch was written"
            continue
        assert all(isinstance(outcome, Stored) for outcome in outcomes)
        before += 50
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    journal.check()
    outcomes = journal.write(batch, now_ms())
    assert all(isinstance(outcome, Stored) for outcome in outcomes)
    print(json.dumps({"before": before, "failures": failures, "after": before + len(outcomes)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
