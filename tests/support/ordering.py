"""In which order the files of a run are handed to its workers: the longest first, everything else by chance.

A worker that comes upon a long file last is waited for by all others.
"""

from __future__ import annotations

from typing import Final

import pytest
from xdist.scheduler.loadfile import LoadFileScheduling

TOGETHER: Final = ("tests/contract/",)
"""Folders for one worker: their files share servers, which cost a start and go on running beside the rest."""

LONG: Final = frozenset(
    {
        "tests/api/test_on_a_server.py",
        "tests/api/test_openapi.py",
        "tests/bot/test_answering.py",
        "tests/bot/test_writing.py",
        "tests/browser/test_both_sides.py",
        "tests/browser/test_the_bot.py",
        "tests/console/test_handing_on.py",
        "tests/console/test_list.py",
        "tests/console/test_looks_at_work.py",
        "tests/desk/test_strangers.py",
        "tests/faults/test_kills.py",
        "tests/faults/test_services.py",
        "tests/knowledge/test_admin.py",
        "tests/knowledge/test_live.py",
        "tests/mail/test_left_messages.py",
        "tests/presence/test_ghosts.py",
        "tests/project/test_serve.py",
        "tests/routing/test_on_a_server.py",
        "tests/widget/test_modules.py",
        "tests/widget/test_waiting.py",
    }
)
"""Files of more than some 20 s. One that is missing here, or wrongly here, costs only time."""

LONGEST: Final = (*TOGETHER, "tests/browser/test_a_working_day.py")


def file_of(nodeid: str) -> str:
    """What a worker gets as a whole: a file, or one of TOGETHER."""
    file = nodeid.split("::", 1)[0]
    return next((folder for folder in TOGETHER if file.startswith(folder)), file)


def sort(items: list[pytest.Item]) -> None:
    """Put long files in front, in place; among equals the order stays as it was shuffled."""
    items.sort(key=lambda item: _rank(file_of(item.nodeid)))


def _rank(file: str) -> int:
    if file in LONGEST:
        return 0
    return 1 if file in LONG else 2


def scheduler(config: pytest.Config, log: object) -> object:
    """xdist's `--dist loadfile`, in the order of collection and with TOGETHER as one."""
    config.option.loadscopereorder = False  # by number of tests, which says little of their time
    made = LoadFileScheduling(config, log)
    made._split_scope = file_of
    return made
