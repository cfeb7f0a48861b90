"""A process that writes to a journal until it is killed.

`python -m tests.journal.writer_process <spec> <name> <batches> <conversation> …`; `batches` 0: until killed.
It prints one JSON line for every batch after the journal said that it is stored: [[conversation, key, seq,
id], …]. Keys are `<name>-<number>`.
"""

import itertools
import json
import random
import sys

from chat.journal.base import Stored
from chat.protocol.entry import now_ms
from tests.journal.support import open_journal, say


def main(spec: str, name: str, batches: int, conversations: list[str]) -> None:
    """Write and tell."""
    journal = open_journal(spec)
    numbers = itertools.count()
    for _ in range(batches) if batches else itertools.count():
        batch = [
            say(random.choice(conversations), f"{name}-{next(numbers)}") for _ in range(random.randint(1, 60))
        ]
        told = []
        for append, outcome in zip(batch, journal.write(batch, now_ms()), strict=True):
            assert isinstance(outcome, Stored) and not outcome.repeated, outcome
            entry = outcome.entries[0]
            told.append((append.conversation, append.drafts[0].client_msg_id, entry.seq, entry.id))
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:])
