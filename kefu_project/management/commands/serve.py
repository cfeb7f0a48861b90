"""`manage.py serve`: the whole system on one port; with embedded storage, in one process."""

import asyncio
import gc
import os
import sys
import threading
from argparse import ArgumentParser
from typing import Any

import structlog
import uvloop
from django.conf import settings
from django.core import checks
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection

from chat.journal.base import JournalEmptied, JournalUnavailable
from kefu_project import first_run, surroundings
from kefu_project.checks import TAG
from kefu_project.preflight import Refusal

log = structlog.get_logger(__name__)

PAGES = (
    ("Demo shop", "/demo/"),
    ("Help page", "/help/demo/"),
    ("Console", "/console/"),
    ("Admin", "/admin/"),
    ("API docs", "/api/docs/"),
)
WORKER_STOP_SECONDS = 1.5


class Command(BaseCommand):
    """Refuses to start with one sentence and exit status 1; stops within 5 s on Ctrl-C or SIGTERM."""

    help = "Serve kefu. KEFU_HOST and PORT say where, KEFU_DATA_DIR where it keeps its data."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--init is what `make run` uses."""
        parser.add_argument(
            "--init", action="store_true", help="first apply missing migrations and make admin and demo site"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, lock, listen, prepare the database, serve."""
        try:
            self._serve(init=options["init"])
        except Refusal as refusal:
            self.stderr.write(f"kefu: {refusal}")
            raise SystemExit(1) from None

    def _serve(self, *, init: bool) -> None:
        found = checks.run_checks(tags=[TAG])
        errors = [str(item.msg) for item in found if item.level >= checks.ERROR]
        if errors:
            raise Refusal(" ".join(errors))
        for item in found:
            self.stderr.write(f"kefu: {item.msg}")
        data_dir = settings.KEFU_DATA_DIR
        os.umask(0o077)  # what customers wrote is for this user alone
        surroundings.raise_descriptor_limit()
        surroundings.limit_malloc_arenas()
        surroundings.share_interpreter()
        lock = surroundings.lock_data_dir(data_dir, shared=settings.KEFU_SCALED)
        listener = surroundings.bind(settings.KEFU_HOST, settings.KEFU_PORT)
        self._prepare_database(init)
        self._run(listener, demo=init and settings.KEFU_DEMO)
        del lock  # held by its number until the process ends

    def _prepare_database(self, init: bool) -> None:
        """Tables and first rows, or the sentence that says why there are none."""
        try:
            first_run.reach_database()
            if not init:
                if first_run.migrations_missing():
                    raise Refusal(
                        "The database is not up to date: run manage.py migrate, or serve with --init."
                    )
                return
            first_run.migrate_if_needed()
            generated = first_run.seed(settings.KEFU_DATA_DIR, settings.KEFU_ADMIN_PASSWORD)
        except (DatabaseError, OSError) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise Refusal(f"The database cannot be used: {reason.rstrip('.')}.") from None
        if generated:
            kept = settings.KEFU_DATA_DIR / first_run.PASSWORD_FILE
            self.stdout.write(
                f"First administrator: {first_run.ADMIN_NAME}, password {generated}\n(kept in {kept})"
            )

    def _run(self, listener: Any, *, demo: bool) -> None:
        from kefu_project.asgi import application
        from kefu_project.embedded import EmbeddedCelery
        from kefu_project.server import Server, config_for
        from kefu_project.telemetry import probes

        celery = None if settings.KEFU_SCALED else EmbeddedCelery()
        probes.register(celery)

        def background() -> None:
            application.warm_up()
            if celery is not None:
                celery.start()
            if demo:
                _load_demo()
            gc.collect()
            gc.freeze()  # what is loaded now stays: later collections need not walk it

        def started() -> None:
            self._print_addresses(listener.getsockname())
            threading.Thread(target=background, name="warm-up", daemon=True).start()

        def before_end() -> None:
            if celery is not None:
                celery.stop(WORKER_STOP_SECONDS)

        server = Server(
            application, config_for(application, settings.KEFU_TRUSTED_PROXIES), started, before_end
        )
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(server.serve(sockets=[listener]))
        if isinstance(server.refusal, (JournalUnavailable, JournalEmptied, DatabaseError, OSError)):
            raise Refusal(f"The server cannot start: {str(server.refusal).strip().rstrip('.')}.")
        if server.refusal is not None:
            raise server.refusal  # nothing an operator could mend: the traceback is for us

    def _print_addresses(self, bound: tuple[Any, ...]) -> None:
        host, port = str(bound[0]), int(bound[1])
        shown = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
        base = settings.KEFU_PUBLIC_URL or f"http://{shown}:{port}"
        lines = [f"kefu is ready on {base}", *(f"  {name:<9} {base}{path}" for name, path in PAGES)]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


def _load_demo() -> None:
    """The demo knowledge base, beside the server that already answers."""
    try:
        told, taught = first_run.seed_knowledge(), first_run.seed_bot()
        if told or taught:
            sys.stdout.write("The demo shop's bot is ready: ask it something on the demo shop's page.\n")
            sys.stdout.flush()
    except (DatabaseError, OSError) as error:
        log.warning("demo_not_loaded", error=type(error).__name__)
    finally:
        connection.close()
