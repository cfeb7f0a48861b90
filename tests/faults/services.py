"""A Redis and a PostgreSQL of one test's own, which it may kill and start again on the same data."""

import os
import shutil
import signal
import subprocess

import psycopg
import redis

from tests.support.services import _binary, _spawn, folder, free_port, next_number
from tests.support.waiting import eventually


class Service:
    """A process with its data in a folder."""

    command: list[str]
    user: str | None = None

    def __init__(self, name: str) -> None:
        # Where the services of the run live: pytest's own folders are closed to PostgreSQL's user.
        self.home = folder() / f"{name}-{next_number(name)}"
        self.home.mkdir()
        self.log = self.home.with_suffix(".log")
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def answers(self) -> bool:
        """Whether it takes connections."""
        raise NotImplementedError

    def start(self) -> None:
        """Start, and wait until it answers."""
        self.process = _spawn(self.command, self.log, self.user)
        eventually(self.answers, 30, f"{type(self).__name__} answers")

    def kill(self) -> None:
        """SIGKILL to all of it."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
            self.process = None


class OwnRedis(Service):
    """appendonly, appendfsync always."""

    def __init__(self) -> None:
        super().__init__("own-redis")
        words = f"--port {self.port} --bind 127.0.0.1 --appendonly yes --appendfsync always --save".split()
        self.command = [_binary("redis-server"), *words, "", "--dir", str(self.home)]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def answers(self) -> bool:
        """See `Service`."""
        try:
            return bool(redis.Redis.from_url(self.url).ping())
        except redis.RedisError:
            return False


class OwnPostgres(Service):
    """PostgreSQL refuses to run as root, so then it runs as its own user."""

    def __init__(self) -> None:
        super().__init__("own-postgres")
        self.user = "postgres" if os.geteuid() == 0 else None
        if self.user:
            shutil.chown(self.home, self.user, self.user)
        data = str(self.home / "data")
        made = _spawn(
            [
                _binary("initdb"),
                "-D",
                data,
                "-U",
                "kefu",
                "-E",
                "UTF8",
                "--no-locale",
                "--auth=trust",
                "--no-sync",
            ],
            self.log,
            self.user,
        )
        assert made.wait(60) == 0, self.log.read_text()
        options = (f"port={self.port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={self.home}")
        self.command = [_binary("postgres"), "-D", data, *(word for each in options for word in ("-c", each))]
        self.url = f"postgres://kefu@127.0.0.1:{self.port}/postgres"
        self.start()

    def kill(self) -> None:
        """SIGQUIT: at once, without a checkpoint, and its shared memory is given back."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(10)
            self.process = None

    def answers(self) -> bool:
        """See `Service`."""
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True
