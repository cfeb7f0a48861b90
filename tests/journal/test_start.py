"""A server beside a journal that was emptied does not start, and does after it was adopted."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.services import free_port


@pytest.mark.fault
def test_a_server_refuses_an_emptied_journal_until_told(tmp_path: Path) -> None:
    environment = {
        **{k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "KEFU_REDIS_URL")},
        "KEFU_DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "kefu_project.settings",
        "PORT": str(free_port()),
    }

    def manage(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            env=environment,
            text=True,
            capture_output=True,
            timeout=60,
            check=False,
        )

    assert manage("migrate", "-v0").returncode == 0
    assert (
        manage("shell", "-v0", "-c", "from chat.journal.epoch import check_epoch; check_epoch()").returncode
        == 0
    )
    for file in tmp_path.glob("journal.sqlite3*"):
        file.unlink()
    refused = manage("serve")
    assert refused.returncode == 1
    assert "journal is empty or new" in refused.stderr
    assert "manage.py adopt_journal" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert manage("adopt_journal").returncode == 1
    assert manage("adopt_journal", "--yes").returncode == 0
    assert (
        manage("shell", "-v0", "-c", "from chat.journal.epoch import check_epoch; check_epoch()").returncode
        == 0
    )
