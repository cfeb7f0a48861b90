"""`manage.py serve` as an operator meets it: what it prints, what it refuses, how it ends."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from tests.support import services
from tests.support.client import joined, rest, visitor_session
from tests.support.server import ROOT, Mode, Server, ServerFactory
from tests.support.waiting import eventually


def refused(env: dict[str, str], *arguments: str) -> str:
    """Run serve, which must fail; the one sentence it said on stderr."""
    done = subprocess.run(
        [sys.executable, "manage.py", "serve", *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0, done.stdout
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("kefu: ") and lines[0].endswith("."), lines
    return lines[0]


def environment(factory: ServerFactory, folder: Path, **extra: str) -> dict[str, str]:
    return factory.environment("embedded", KEFU_DATA_DIR=str(folder), **extra)


@pytest.fixture
def embedded(server_factory: ServerFactory) -> Server:
    return server_factory.start("embedded")


def test_prints_where_to_go(embedded: Server) -> None:
    for path in ("/demo/", "/console/", "/admin/", "/api/docs/"):
        assert f"{embedded.base_url}{path}" in embedded.log


def test_second_server_on_the_same_folder_is_refused(server_factory: ServerFactory, embedded: Server) -> None:
    said = refused(environment(server_factory, embedded.data_dir), "--init")
    assert f"process {embedded.pid}" in said and str(embedded.data_dir) in said
    assert embedded.is_ready()


def test_folder_is_free_again_after_sigkill(embedded: Server) -> None:
    embedded.kill()
    embedded.restart()
    assert embedded.is_ready()


def test_scaled_servers_share_a_folder(server_factory: ServerFactory) -> None:
    first = server_factory.start("scaled")
    second = server_factory.start("scaled", beside=first)
    assert first.is_ready() and second.is_ready() and first.port != second.port
    assert "already uses" in refused(environment(server_factory, first.data_dir), "--init")


def test_taken_port_is_named(server_factory: ServerFactory, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = refused(environment(server_factory, tmp_path / "data", PORT=port), "--init")
    assert f"Port {port}" in said and "taken" in said


def test_folder_that_cannot_be_written_is_named(server_factory: ServerFactory, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    said = refused(environment(server_factory, tmp_path / "file" / "data"))
    assert str(tmp_path / "file" / "data") in said


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "eighty"),
        ("KEFU_RATE_LIMIT", "sometimes"),
        ("KEFU_PUBLIC_URL", "chat.example.com"),
        ("KEFU_SECRET_KEY", "secret"),
        ("KEFU_HOST", "no.such.host.invalid"),
        ("KEFU_REDIS_URL", "redis://127.0.0.1:1/0"),
        ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none"),
    ],
)
def test_bad_configuration_is_one_sentence(
    server_factory: ServerFactory, tmp_path: Path, variable: str, value: str
) -> None:
    refused(environment(server_factory, tmp_path / "data", **{variable: value}), "--init")


def test_unreachable_redis_is_one_sentence(server_factory: ServerFactory, tmp_path: Path) -> None:
    env = server_factory.environment("scaled", KEFU_DATA_DIR=str(tmp_path / "data"))
    refused({**env, "KEFU_REDIS_URL": "redis://127.0.0.1:1/0"}, "--init")


def test_emptied_journal_is_one_sentence(server_factory: ServerFactory, embedded: Server) -> None:
    embedded.stop()
    for path in embedded.data_dir.glob("journal.sqlite3*"):
        path.unlink()
    said = refused(environment(server_factory, embedded.data_dir), "--init")
    assert "journal" in said and "adopt_journal" in said


def test_public_address_without_host_names_is_refused(server_factory: ServerFactory, tmp_path: Path) -> None:
    said = refused(environment(server_factory, tmp_path / "data", KEFU_HOST="0.0.0.0"), "--init")
    assert "KEFU_ALLOWED_HOSTS" in said


def test_without_init_missing_tables_are_refused(server_factory: ServerFactory, tmp_path: Path) -> None:
    assert "migrate" in refused(environment(server_factory, tmp_path / "data"))


def test_generated_password_is_printed_once_and_kept_for_the_owner(server_factory: ServerFactory) -> None:
    server = server_factory.start("embedded", env={"KEFU_ADMIN_PASSWORD": ""}, tables=False)
    kept = server.data_dir / "admin-password.txt"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    password = kept.read_text().strip()
    assert len(password) >= 16
    assert server.log.count(password) == 1
    with rest(server) as http:
        body = {"username": "admin", "password": password}
        assert http.post("/api/v1/auth/token/", json=body).status_code == 200
    server.stop()
    server.restart()
    assert server.log.count(password) == 1


def test_given_password_is_neither_printed_nor_kept(embedded: Server) -> None:
    assert embedded.admin_password not in embedded.log
    assert not (embedded.data_dir / "admin-password.txt").exists()


def test_everything_it_writes_is_for_its_user_alone(embedded: Server) -> None:
    open_to_others = [
        path for path in embedded.data_dir.rglob("*") if path.is_file() and path.stat().st_mode & 0o077
    ]
    assert open_to_others == []


def test_uploads_wait_in_the_data_folder(embedded: Server) -> None:
    script = "from django.conf import settings; print(settings.FILE_UPLOAD_TEMP_DIR)"
    said = embedded.manage("shell", "--no-imports", "-c", script).stdout
    assert said.strip() == str(embedded.data_dir / "tmp")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_stops_with_1012_within_five_seconds(
    server_factory: ServerFactory, mode: Mode, number: signal.Signals
) -> None:
    server = server_factory.start(mode)
    async with joined(visitor_session(server)) as visitor:
        begun = time.monotonic()
        os.kill(server.pid, number)
        assert await visitor.closed(5) == 1012
        assert server.web is not None
        assert server.web.wait(5) == 0
        assert time.monotonic() - begun < 5


def test_a_silent_peer_does_not_hold_the_end_up(embedded: Server) -> None:
    with (
        connect(embedded.ws_url, proxy=None),
        socket.create_connection(("127.0.0.1", embedded.port)) as silent,
    ):
        silent.sendall(b"POST /api/v1/visitor/sessions/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert embedded.stop() < 5
    assert embedded.web is not None and embedded.web.returncode in (0, 1)


def test_stopping_server_is_not_ready(embedded: Server) -> None:
    embedded.stop()
    assert embedded.health() == (0, {})


def test_workers_run_beside_the_sockets(embedded: Server) -> None:
    eventually(lambda: "celery_started" in embedded.log, 20, "the worker thread runs")
    status, body = embedded.health()
    assert (status, body["degraded"]) == (200, {})


def test_celery_worker_process_has_metrics_of_its_own(server_factory: ServerFactory) -> None:
    port = services.free_port()
    server = server_factory.start("scaled", env={"KEFU_WORKER_METRICS_PORT": str(port)})
    assert server.worker is not None

    def counted() -> bool:
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
        return 'kefu_tasks_total{name="chat.sweep",state="succeeded"}' in text

    eventually(counted, 30, "the worker counts its tasks")
