"""A publish counts in every process within two seconds, without a restart: two real servers."""

from __future__ import annotations

import time
from functools import partial

from tests.support.client import access_token, rest
from tests.support.server import Server, ServerFactory
from tests.support.waiting import eventually


def test_every_process_serves_a_publish_within_two_seconds(server_factory: ServerFactory) -> None:
    first = server_factory.start("scaled", env={"KEFU_RATE_LIMIT": "off"})
    readers = [first, server_factory.start("scaled", beside=first)]
    token = access_token(first)
    with rest(first, token) as http:
        (site, *_others) = http.get("/api/v1/sites/").json()["data"]

        def publish(answer: str) -> None:
            made = http.post(
                "/api/v1/questions/", json={"question": "能刻字吗", "answer": answer, "site": None}
            )
            assert made.status_code == 201, made.text
            key = made.json()["id"]
            http.post(f"/api/v1/questions/{key}/status/", json={"status": "review"})
            released = http.post("/api/v1/knowledge/releases/", json={})
            assert released.status_code == 201, released.text

        def answered(server: Server, answer: str) -> bool:
            with rest(server, token) as other:
                found = other.get("/api/v1/knowledge/search/", params={"q": "能刻字吗", "site": site["id"]})
            return answer in [hit["answer"] for hit in found.json()["results"]]

        publish("可以，三天。")
        for server in readers:
            eventually(partial(answered, server, "可以，三天。"), 10, "the first release is live")
        publish("可以，五天。")
        published = time.monotonic()
        for server in readers:
            eventually(partial(answered, server, "可以，五天。"), 2, "the second release is live")
        assert time.monotonic() - published < 2
