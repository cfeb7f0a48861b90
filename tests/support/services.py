"""A private PostgreSQL and a private Redis for one test run, shared by its xdist workers.

The folder of the run is made by the first process that needs it and named to the others by
KEFU_TEST_SERVICES. Each service is started by whoever needs it first, under a file lock, and stopped by the
process that made the folder (see pytest_unconfigure in conftest.py), so nothing outlives the run.
"""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import redis

from tests.support.waiting import eventually

_FOLDER_VARIABLE = "KEFU_TEST_SERVICES"
_OWNER_VARIABLE = "KEFU_TEST_SERVICES_OWNER"
_SYNC = "KEFU_TEST_SYNC"


def folder() -> Path:
    """The folder of this test run; made on first call."""
    if _FOLDER_VARIABLE not in os.environ:
        path = Path(tempfile.mkdtemp(prefix="kefu-services-"))
        path.chmod(0o711)  # PostgreSQL runs as another user and must pass through
        os.environ[_FOLDER_VARIABLE] = str(path)
        os.environ[_OWNER_VARIABLE] = str(os.getpid())
    return Path(os.environ[_FOLDER_VARIABLE])


def stop_all() -> None:
    """Stop every service of the run and remove its folder; does nothing in processes that did not make it."""
    if os.environ.get(_OWNER_VARIABLE) != str(os.getpid()):
        return
    path = folder()
    for note in path.glob("*.json"):
        if pid := json.loads(note.read_text()).get("pid"):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
    shutil.rmtree(path, ignore_errors=True)
    del os.environ[_FOLDER_VARIABLE], os.environ[_OWNER_VARIABLE]


@contextlib.contextmanager
def _locked(name: str) -> Iterator[None]:
    with (folder() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def once(name: str, start: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The note of what was made once for this run, by `start` when there is none yet. A service's `pid` is
    ended with the run.
    """
    with _locked(name):
        note = folder() / f"{name}.json"
        if not note.exists():
            note.write_text(json.dumps(start()))
        found: dict[str, Any] = json.loads(note.read_text())
        return found


def next_number(name: str) -> int:
    """1, 2, 3 … over all processes of the run."""
    with _locked(f"number-{name}"):
        file = folder() / f"number-{name}"
        number = int(file.read_text()) + 1 if file.exists() else 1
        file.write_text(str(number))
        return number


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _binary(name: str) -> str:
    for candidate in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True):
        return str(candidate)
    found = shutil.which(name)
    assert found, f"{name} is not installed; make test installs it"
    return found


def _spawn(command: list[str], log: Path, user: str | None = None) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            cwd="/",
        )


def _start_postgres() -> dict[str, Any]:
    user = "postgres" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    home = folder() / "postgres"
    home.mkdir()
    if user:
        shutil.chown(home, user, user)
    log = folder() / "postgres.log"
    command = [_binary("initdb"), "-D", str(home / "data"), "-U", "kefu", "-E", "UTF8", "--no-locale"]
    made = _spawn([*command, "--auth=trust", "--no-sync"], log, user)
    assert made.wait(60) == 0, log.read_text()
    port = free_port()
    options = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": str(home),
        "max_connections": "200",
        # Off survives the death of processes, which is what tests kill; benchmarks ask for "on".
        **dict.fromkeys(("fsync", "full_page_writes", "synchronous_commit"), os.environ.get(_SYNC, "off")),
    }
    settings = [word for key, value in options.items() for word in ("-c", f"{key}={value}")]
    process = _spawn([_binary("postgres"), "-D", str(home / "data"), *settings], log, user)
    url = f"postgres://kefu@127.0.0.1:{port}"

    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            psycopg.connect(f"{url}/postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    eventually(answers, 30, "PostgreSQL accepts connections")
    return {"pid": process.pid, "url": url}


def _start_redis() -> dict[str, Any]:
    home = folder() / "redis"
    home.mkdir()
    port = free_port()
    options = {
        "port": str(port),
        "bind": "127.0.0.1",
        "dir": str(home),
        "appendonly": "yes",
        "appendfsync": "always",
        "save": "",
        "databases": "2048",
    }
    words = [word for key, value in options.items() for word in (f"--{key}", value)]
    process = _spawn([_binary("redis-server"), *words], folder() / "redis.log")
    url = f"redis://127.0.0.1:{port}"

    def answers() -> bool:
        assert process.poll() is None, (folder() / "redis.log").read_text()
        try:
            return bool(redis.Redis.from_url(url).ping())
        except redis.ConnectionError:
            return False

    eventually(answers, 15, "Redis answers")
    return {"pid": process.pid, "url": url}


def process(name: str) -> int:
    """The process id of the run's "postgres" or "redis"; 0 while nobody has asked for one."""
    note = folder() / f"{name}.json"
    return int(json.loads(note.read_text())["pid"]) if note.exists() else 0


def postgres_url() -> str:
    """postgres://user@host:port of the run's server, without a database."""
    return str(once("postgres", _start_postgres)["url"])


def new_database(template: str = "template1", name: str | None = None) -> str:
    """URL of a new database: empty, or a copy of another one of the run that nobody is connected to."""
    url = postgres_url()
    name = name or f"kefu_{next_number('database')}"
    with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
    return f"{url}/{name}"


def redis_url() -> str:
    """redis://host:port of the run's server, without a database number."""
    return str(once("redis", _start_redis)["url"])


def new_redis() -> str:
    """URL of a Redis database number that nobody in this run has used."""
    return f"{redis_url()}/{next_number('redis')}"
