"""Too fast, and what happens then: first an error that says how long to wait, then the door (section 3)."""

from collections.abc import Callable, Iterator

import pytest

from tests.contract.clients import text_message
from tests.contract.conftest import Wire
from tests.contract.world import Kind, World, settled


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world with the rate limits on."""
    with settled("embedded", tmp_path_factory.mktemp("limited"), KEFU_RATE_LIMIT="on") as world:
        yield world


@pytest.mark.parametrize("transport", ["json", "binary"])
async def test_too_fast_is_an_error_first_and_4429_when_nobody_listens(
    limited: World, transport: str
) -> None:
    wire = Wire(limited, "binary" if transport == "binary" else "json")
    try:
        session, other = await wire.visitor(), await wire.visitor()
        client, bystander = await wire.join(session), await wire.join(other)
        for _ in range(90):
            await client.send("ping")
        error = await client.expect("error")
        assert error["payload"]["code"] == "rate_limited"
        assert error["payload"]["retryable"] is True and error["payload"]["retry_after_s"] > 0
        assert error["ref"]
        for n in range(700):
            if client.code is not None:
                break
            await client.send("message.send", text_message(session.conversation, "x", f"n{n}"))
        assert await client.closed() == 4429
        assert (await bystander.say(other.conversation, "calm"))["seq"] == 1
        back = await wire.join(session)
        await back.alive()
    finally:
        await wire.close()


async def test_a_poll_is_limited_too(limited: World) -> None:
    wire = Wire(limited, "poll")
    try:
        session = await wire.visitor()
        client = await wire.join(session)
        answer = await wire.http.post(
            f"/api/v1/poll/{client.id}/",  # type: ignore[attr-defined]
            json={"frames": [{"type": "ping"}] * 90},
            headers=session.headers,
        )
        assert answer.status_code == 200
        codes = [frame["payload"].get("code") for frame in answer.json()["frames"]]
        assert codes.count("rate_limited") >= 20
        statuses = []
        for _ in range(8):
            answer = await wire.http.post(
                f"/api/v1/poll/{client.id}/",  # type: ignore[attr-defined]
                json={"frames": [{"type": "ping"}] * 100},
                headers=session.headers,
            )
            statuses.append(answer.status_code)
        assert 429 in statuses
    finally:
        await wire.close()


async def test_limits_are_named_in_the_session(limited: World, worlds: Callable[[Kind], World]) -> None:
    for world, limit in ((limited, {"per_second": 10.0, "burst": 60}), (worlds("embedded"), None)):
        wire = Wire(world, "json")
        try:
            session = await wire.visitor()
            assert session.answer["limits"]["message_rate"] == limit
            assert session.answer["limits"]["max_text"] == 8000
        finally:
            await wire.close()
