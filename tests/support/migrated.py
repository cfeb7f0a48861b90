"""Databases that have their tables already: migrations run once for a test run, everybody gets a copy.

They cost more than five seconds of a processor: more than all else that a new server does.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support import services

ROOT = Path(__file__).resolve().parent.parent.parent
_TEMPLATE = "kefu_migrated"


def postgres_url() -> str:
    """URL of a new PostgreSQL database with all tables."""
    return services.new_database(postgres_template())


def postgres_template() -> str:
    """Name of a database with all tables, to copy; nobody may connect to it."""
    services.once("migrated-postgres", _migrate_postgres)
    return _TEMPLATE


def sqlite_file(target: Path) -> None:
    """Make this file a database with all tables."""
    made = services.once("migrated-sqlite", _migrate_sqlite)
    shutil.copyfile(made["path"], target)
    target.chmod(0o600)


def _migrate_postgres() -> dict[str, Any]:
    _migrate({"DATABASE_URL": services.new_database(name=_TEMPLATE), "KEFU_DATA_DIR": _folder("postgres")})
    return {}


def _migrate_sqlite() -> dict[str, Any]:
    folder = _folder("sqlite")
    _migrate({"KEFU_DATA_DIR": folder})
    return {"path": f"{folder}/db.sqlite3"}


def _folder(name: str) -> str:
    return str(services.folder() / f"migrated-{name}-data")


def _migrate(env: Mapping[str, str]) -> None:
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "TMPDIR") if key in os.environ}
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env={**kept, **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
