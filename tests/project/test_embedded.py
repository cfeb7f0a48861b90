"""The memory broker and the worker in the server's process."""

import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from kombu.connection import Connection

from kefu_project import memory_broker
from tests.support.server import ROOT


def connect() -> Any:
    return Connection("memory://", transport="kefu_project.memory_broker:Transport")  # type: ignore[no-untyped-call]


@pytest.fixture(autouse=True)
def running() -> None:
    memory_broker.stopping.clear()


def test_waiting_consumer_is_woken_by_a_message() -> None:
    got: list[object] = []
    with connect() as connection:
        queue = connection.SimpleQueue("woken")
        consumer = threading.Thread(target=lambda: got.append(queue.get(timeout=20).payload))
        consumer.start()
        begun = time.monotonic()
        with connect() as other:
            other.SimpleQueue("woken").put({"n": 1})
        consumer.join(20)
    assert got == [{"n": 1}]
    assert time.monotonic() - begun < 5, "kombu's own transport would have slept"


def test_nothing_to_deliver_times_out() -> None:
    with connect() as connection:
        connection.SimpleQueue("empty")
        with pytest.raises(TimeoutError):
            connection.drain_events(timeout=0.05)


def test_stop_ends_the_wait_at_once() -> None:
    with connect() as connection:
        memory_broker.stopping.set()
        with pytest.raises(TimeoutError):
            connection.drain_events(timeout=60)


WHOLE_LIFE = """
import os, threading
import django; django.setup()
from celery import shared_task
from kefu_project.embedded import EmbeddedCelery

ran, running = threading.Event(), threading.Event()

@shared_task(name="tests.first")
def first():
    ran.set()

@shared_task(name="tests.slow")
def slow():
    running.set()
    threading.Event().wait(0.5)
    print("finished")

celery = EmbeddedCelery()
celery.start()
first.delay()
assert ran.wait(30), celery.failure
slow.delay()
assert running.wait(10)
assert celery.probe() is None
print("stopped", celery.stop(5))
"""


def test_tasks_run_in_threads_and_a_running_one_is_finished_before_the_end(tmp_path: object) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WHOLE_LIFE],
        cwd=ROOT,
        env={
            "PATH": "/usr/bin:/bin",
            "DJANGO_SETTINGS_MODULE": "kefu_project.settings",
            "KEFU_DATA_DIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:2] == ["finished", "stopped True"]
