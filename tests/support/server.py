"""Real servers: `manage.py serve` in its own process group, on a free port, with its own data folder."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tests.support import migrated, services
from tests.support.waiting import eventually

ROOT = Path(__file__).resolve().parent.parent.parent
ADMIN_PASSWORD = "correct-horse-battery-42"
START_SECONDS = 60.0
Mode = Literal["embedded", "scaled"]


@dataclass
class Server:
    """One running server (and, scaled, its Celery worker). Made by ServerFactory.start."""

    mode: Mode
    data_dir: Path
    env: dict[str, str]
    log_path: Path
    port: int = 0
    web: subprocess.Popen[bytes] | None = None
    worker: subprocess.Popen[bytes] | None = None
    admin_password: str = ADMIN_PASSWORD
    _offset: int = field(default=0, repr=False)

    @property
    def base_url(self) -> str:
        """http://127.0.0.1:port, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        """The socket's full URL."""
        return f"ws://127.0.0.1:{self.port}/ws/v1/"

    @property
    def pid(self) -> int:
        """Process id of the web process."""
        assert self.web is not None
        return self.web.pid

    @property
    def log(self) -> str:
        """Everything the web process and the worker have written so far."""
        return self.log_path.read_text(errors="replace")

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run another management command on the same data and configuration."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=120,
            check=check,
        )

    def launch(self) -> None:
        """Start the processes and wait until /health/ready says 200."""
        self._offset = len(self.log) if self.log_path.exists() else 0
        # A restart takes the port it had, so that clients find it again.
        env = {**self.env, "PORT": str(self.port)}
        self.web = self._spawn([sys.executable, "manage.py", "serve", "--init"], env)
        eventually(self._listening, START_SECONDS, "the server prints its address")
        if self.mode == "scaled" and self.worker is None:
            self.start_worker()
        eventually(self.is_ready, START_SECONDS, "the server is ready")

    def start_worker(self) -> None:
        """Start the Celery worker of a scaled server."""
        self.worker = self._spawn(
            [
                *(sys.executable, "-m", "celery", "-A", "kefu_project", "worker"),
                *("--pool", "threads", "--concurrency", "2", "--beat", "--loglevel", "WARNING"),
                *("--without-gossip", "--without-mingle"),
            ],
            self.env,
        )

    def _spawn(self, command: list[str], env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        with self.log_path.open("ab") as output:
            return subprocess.Popen(
                command,
                cwd=ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _listening(self) -> bool:
        assert self.web is not None
        if self.web.poll() is not None:
            raise RuntimeError(f"the server ended with {self.web.returncode}:\n{self.log[self._offset :]}")
        found = re.search(r"^kefu is ready on \S*?:(\d+)$", self.log[self._offset :], re.MULTILINE)
        if found:
            self.port = int(found[1])
        return found is not None

    def is_ready(self) -> bool:
        """Whether /health/ready answers 200 now."""
        return self.health()[0] == 200

    def health(self) -> tuple[int, dict[str, object]]:
        """Status and body of /health/ready; (0, {}) when nobody answers."""
        try:
            with urllib.request.urlopen(f"{self.base_url}/health/ready", timeout=5) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)
        except OSError:
            return 0, {}

    def kill(self) -> None:
        """SIGKILL to every process of the server at once."""
        for process in (self.web, self.worker):
            if process is not None and process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        for process in (self.web, self.worker):
            if process is not None:
                process.wait(10)
        self.worker = None

    def kill_worker(self) -> None:
        """SIGKILL to the Celery worker of a scaled server."""
        assert self.worker is not None
        os.killpg(self.worker.pid, signal.SIGKILL)
        self.worker.wait(10)
        self.worker = None

    def stop(self, timeout: float = 10.0) -> float:
        """SIGTERM; seconds until the web process had ended. The worker ends after it."""
        assert self.web is not None
        begun = time.monotonic()
        if self.web.poll() is None:
            self.web.send_signal(signal.SIGTERM)
        self.web.wait(timeout)
        took = time.monotonic() - begun
        if self.worker is not None:
            self.worker.send_signal(signal.SIGTERM)
            try:
                self.worker.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.worker.pid, signal.SIGKILL)
                self.worker.wait(10)
            self.worker = None
        return took

    def restart(self) -> None:
        """Start again on the same data, configuration and port; after kill() or stop()."""
        self.launch()


class ServerFactory:
    """Starts servers for one test and kills what is left of them at its end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._servers: list[Server] = []

    def environment(self, mode: Mode = "embedded", **extra: str) -> dict[str, str]:
        """A clean environment: nothing of the caller's but what a process needs to run.

        Agents accept by hand unless a test says KEFU_ROUTING=auto: most are about what agents do themselves.
        """
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "TMPDIR") if key in os.environ}
        env = {
            **kept, "PORT": "0", "KEFU_ADMIN_PASSWORD": ADMIN_PASSWORD, "PYTHONUNBUFFERED": "1",
            "KEFU_ROUTING": "manual", "KEFU_DEMO": "off", "DJANGO_SETTINGS_MODULE": "tests.server_settings",
        }  # fmt: skip
        if mode == "scaled":
            env["DATABASE_URL"] = migrated.postgres_url()
            env["KEFU_REDIS_URL"] = services.new_redis()
            env["KEFU_SECRET_KEY"] = "tests-only-" + "s" * 64
        return {**env, **extra}

    def start(
        self,
        mode: Mode = "embedded",
        env: Mapping[str, str] | None = None,
        data_dir: Path | None = None,
        beside: Server | None = None,
        tables: bool = True,
    ) -> Server:
        """A ready server, which has made its administrator and its site. `beside`: a second web process of
        that scaled server (same database, Redis, folder). `tables`: whether it finds its tables made.

        `env` adds to or replaces variables, e.g. {"KEFU_RATE_LIMIT": "off"}.
        """
        number = len(self._servers) + 1
        if beside is not None:
            assert beside.mode == "scaled", "embedded servers have no siblings"
            server = Server("scaled", beside.data_dir, {**beside.env, **(env or {})}, self._log(number))
            server.worker = beside.worker  # one worker is enough; launch() starts none when one is known
            self._servers.append(server)
            try:
                server.launch()
            finally:
                server.worker = None
            return server
        folder = data_dir or self._folder / f"data-{number}"
        values = self.environment(mode, KEFU_DATA_DIR=str(folder))
        if mode == "embedded" and tables and not folder.exists():
            folder.mkdir(mode=0o700, parents=True)
            migrated.sqlite_file(folder / "db.sqlite3")
        server = Server(mode, folder, {**values, **(env or {})}, self._log(number))
        self._servers.append(server)
        server.launch()
        return server

    def _log(self, number: int) -> Path:
        return self._folder / f"server-{number}.log"

    def close(self) -> None:
        """Kill whatever still runs."""
        for server in self._servers:
            server.kill()
