"""The harness itself: both services answer, and every caller gets storage of its own."""

from typing import Any

import psycopg
import redis


def test_postgres_gives_every_test_its_own_database(fresh_postgres_url: str, postgres_url: str) -> None:
    assert fresh_postgres_url != postgres_url
    with psycopg.connect(fresh_postgres_url) as connection:
        connection.execute("CREATE TABLE only_here (id int)")
    with psycopg.connect(postgres_url) as connection:
        found = connection.execute("SELECT to_regclass('only_here')").fetchone()
    assert found == (None,)


def test_redis_is_durable_on_every_write(fresh_redis_url: str) -> None:
    client = redis.Redis.from_url(fresh_redis_url, decode_responses=True)
    configuration: Any = client.config_get("append*")
    assert configuration["appendfsync"] == "always"
    assert client.dbsize() == 0
