"""/health and /metrics."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from pytest_django.fixtures import Settings

from chat import health
from kefu_project.telemetry.endpoints import Endpoints
from tests.support.asgi import request
from tests.support.client import joined, rest, visitor_session
from tests.support.server import Server


@pytest.fixture
def endpoints(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoints]:
    """Endpoints of a process that is up, with a registry of probes of its own."""
    monkeypatch.setattr(health, "_probes", {})
    made = Endpoints()
    made.state = "up"
    yield made


async def test_live_needs_nothing(endpoints: Endpoints) -> None:
    endpoints.state = "starting"
    assert (await request(endpoints, "/health/live")).status == 200


@pytest.mark.parametrize("state", ["starting", "stopping"])
async def test_not_ready_before_start_and_while_stopping(endpoints: Endpoints, state: str) -> None:
    endpoints.state = state
    answer = await request(endpoints, "/health/ready")
    assert (answer.status, state.encode() in answer.body) == (503, True)


async def test_essential_part_decides(endpoints: Endpoints) -> None:
    health.register("journal", lambda: "disk full", essential=True)
    answer = await request(endpoints, "/health/ready")
    assert answer.status == 503 and b'{"journal": "disk full"}' in answer.body


async def test_other_parts_only_degrade(endpoints: Endpoints) -> None:
    health.register("journal", lambda: None, essential=True)
    health.register("workers", lambda: "the worker stopped")
    answer = await request(endpoints, "/health/ready")
    assert answer.status == 200 and b'"degraded", "degraded": {"workers"' in answer.body


async def test_raising_probe_counts_as_not_working_and_tells_no_details(endpoints: Endpoints) -> None:
    def broken() -> str | None:
        raise ConnectionError("redis://:password@host")

    health.register("journal", broken, essential=True)
    answer = await request(endpoints, "/health/ready")
    assert answer.status == 503 and b"ConnectionError" in answer.body and b"password" not in answer.body


async def test_a_part_that_hangs_hides_nobody_elses_answer(
    endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does it keep more than one thread, however often one asks, nor wait for the loop's own."""
    over, asked = threading.Event(), []

    def hanging() -> str | None:
        asked.append(1)
        over.wait(20)
        return None

    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(1))
    busy = loop.run_in_executor(None, over.wait, 20)
    monkeypatch.setattr(health.examine, "__defaults__", (0.2,))
    health.register("database", hanging)
    health.register("journal", lambda: None, essential=True)
    for _ in range(3):
        endpoints._report = None
        answer = await asyncio.wait_for(request(endpoints, "/health/ready"), 5)
        assert answer.status == 200 and b'{"database": "no answer within 0.2 s"}' in answer.body
    assert asked == [1]
    over.set()
    await busy


async def test_probes_are_asked_at_most_once_a_second(endpoints: Endpoints) -> None:
    asked: list[int] = []
    health.register("journal", lambda: asked.append(1), essential=True)
    for _ in range(5):
        await request(endpoints, "/health/ready")
    assert len(asked) == 1


async def test_health_is_never_cached(endpoints: Endpoints) -> None:
    assert (await request(endpoints, "/health/ready")).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_only_reading_is_allowed(endpoints: Endpoints, method: str) -> None:
    assert (await request(endpoints, "/metrics", method)).status == 405


@pytest.mark.parametrize(
    ("client", "headers", "status"),
    [
        (("127.0.0.1", 1), (), 200),
        (("::1", 1), (), 200),
        (("10.0.0.9", 1), (), 403),
        (None, (), 403),
        (("127.0.0.1", 1), (("X-Forwarded-For", "8.8.8.8"),), 403),
        (("127.0.0.1", 1), (("Forwarded", "for=8.8.8.8"),), 403),
        (("10.0.0.9", 1), (("Authorization", "Bearer right-token"),), 200),
        (("10.0.0.9", 1), (("Authorization", "Bearer wrong"),), 403),
    ],
)
async def test_metrics_are_for_this_machine_or_the_token(
    endpoints: Endpoints,
    settings: Settings,
    client: tuple[str, int] | None,
    headers: tuple[tuple[str, str], ...],
    status: int,
) -> None:
    settings.KEFU_METRICS_TOKEN = "right-token"
    assert (await request(endpoints, "/metrics", headers=headers, client=client)).status == status


async def test_empty_token_opens_nothing(endpoints: Endpoints, settings: Settings) -> None:
    settings.KEFU_METRICS_TOKEN = ""
    answer = await request(
        endpoints, "/metrics", headers=[("Authorization", "Bearer ")], client=("10.0.0.9", 1)
    )
    assert answer.status == 403


def value(text: str, sample: str) -> float:
    """The value of one sample, named with its labels as Prometheus writes them; 0 when it is not there."""
    for line in text.splitlines():
        if line.startswith(f"{sample} "):
            return float(line.rsplit(" ", 1)[1])
    return 0.0


async def test_a_conversation_shows_in_the_metrics(shared_server: Server) -> None:
    session = visitor_session(shared_server)
    with rest(shared_server) as http:
        before = http.get("/metrics").text
        async with joined(session) as visitor:
            await visitor.say(session.conversation, "hello")
            during = http.get("/metrics").text
    assert value(during, "kefu_acks_total") == value(before, "kefu_acks_total") + 1
    sockets = 'kefu_connections{role="visitor",transport="websocket"}'
    assert value(during, sockets) == value(before, sockets) + 1
    for name in (
        "kefu_frames_total",
        "kefu_journal_write_seconds_count",
        "kefu_journal_batch_entries_count",
        "kefu_persistence_depth_entries",
        "kefu_persistence_age_seconds",
        "kefu_delivery_seconds_count",
        "kefu_event_loop_lag_seconds_count",
        "kefu_gaps_healed_total",
        "kefu_slow_closes_total",
        "process_open_fds",
    ):
        assert f"\n{name}" in during, name
    for name in ("kefu_errors", "kefu_resumes", "kefu_tasks"):
        assert f"# TYPE {name}_total counter" in during, name
