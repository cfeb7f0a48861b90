"""What runs periodically, and that finding it out never locks two threads up."""

import subprocess
import sys

_RACE = """
import threading
import django
django.setup()
from kefu_project.celery import app
from importlib import import_module
def late():
    import_module("knowledge.tasks"); import_module("bot.tasks")
def finalize():
    app.set_current(); app.finalize(); app.loader.import_default_modules()
threads = [threading.Thread(target=each, daemon=True) for each in (late, finalize, late, finalize)]
for thread in threads: thread.start()
for thread in threads: thread.join(60)
assert not any(thread.is_alive() for thread in threads), "locked up"
names = set(app.conf.beat_schedule)
assert {"chat.sweep", "agents.sweep", "bot.sweep"} <= names, names
"""


def test_threads_may_import_tasks_while_another_finalizes() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _RACE], capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 0, done.stderr
