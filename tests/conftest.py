"""Fixtures that every room's tests share. The services and servers behind them are real; see
tests/support/."""

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.db import connection

from tests.support import emptying, migrated, ordering, services
from tests.support.server import Mode, Server, ServerFactory


def pytest_configure() -> None:
    """Name the folder of services before xdist starts its workers, so that they share it; say how the tests
    of this process empty tables and how long an example may take.
    """
    services.folder()
    emptying.install()
    # A machine that does something else meanwhile is no counter-example.
    hypothesis.settings.register_profile("kefu", deadline=None)
    hypothesis.settings.load_profile("kefu")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses the database of the test process: `make test` runs that on PostgreSQL, too. Long files
    come first."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if item.get_closest_marker("django_db") or fixtures & {"db", "transactional_db", "admin_client"}:
            item.add_marker("database")
    ordering.sort(items)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """How files are handed to xdist's workers, whatever `--dist` says."""
    return ordering.scheduler(config, log)


def pytest_unconfigure() -> None:
    """Leave no service behind; only the process that made them does anything."""
    services.stop_all()


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """The test database is there before pytest-django looks, and goes with the run's folder."""
    return True


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """The database of this test process has its tables before Django would make them."""
    database = settings.DATABASES["default"]
    if connection.vendor == "postgresql":
        database["TEST"]["TEMPLATE"] = migrated.postgres_template()
    else:
        migrated.sqlite_file(Path(database["TEST"]["NAME"]))


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """URL of a PostgreSQL database of this worker, empty at first."""
    return services.new_database()


@pytest.fixture(scope="session")
def redis_url() -> str:
    """URL of a Redis database number of this worker (appendonly, appendfsync always), empty at first."""
    return services.new_redis()


@pytest.fixture
def fresh_postgres_url() -> str:
    """URL of a PostgreSQL database for one test."""
    return services.new_database()


@pytest.fixture
def fresh_redis_url() -> str:
    """URL of a Redis database number for one test."""
    return services.new_redis()


@pytest.fixture(params=["embedded", "scaled"])
def mode(request: pytest.FixtureRequest) -> Mode:
    """Runs the test once in each mode."""
    return "scaled" if request.param == "scaled" else "embedded"


@pytest.fixture
def server_factory(tmp_path: Path) -> Iterator[ServerFactory]:
    """Starts real servers for one test: `server_factory.start(mode="embedded", env={…})`."""
    factory = ServerFactory(tmp_path)
    try:
        yield factory
    finally:
        factory.close()


@pytest.fixture
def server(server_factory: ServerFactory, mode: Mode) -> Server:
    """A ready server of one test, in both modes, without rate limits."""
    return server_factory.start(mode, env={"KEFU_RATE_LIMIT": "off"})


@pytest.fixture(scope="module", params=["embedded", "scaled"])
def shared_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A ready server in both modes, one for all tests of a module; none may stop it. No rate limits."""
    factory = ServerFactory(tmp_path_factory.mktemp("server"))
    try:
        yield factory.start(request.param, env={"KEFU_RATE_LIMIT": "off"})
    finally:
        factory.close()
