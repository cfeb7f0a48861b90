"""The connection's rules against a scripted peer: close codes, tokens, gaps, heads, the long poll."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route

from tests.support.waiting import eventually_async
from tests.widget.modules import ORIGIN, Frame, Peer, bench, run

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

#: A connection that writes down what it hears. Tokens are numbered: t1, t2 …
_START = """
const log = window.log = { frames: [], states: [], tokens: [], fetched: [] };
let issued = 0;
const token = () => ({ token: `t${++issued}`, expires_at: Date.now() + (argument.lives ?? 600000) });
let held = null;
window.history_of = {};
const c = window.c = new Connection({
  socketUrl: "/ws/v1/", pollUrl: "/api/v1/poll/", client: "test/1.0",
  getToken: async ({ refused }) => {
    log.tokens.push(refused);
    if (refused || !held) held = token();
    return held;
  },
  onFrame: (frame) => log.frames.push(frame),
  onState: (state) => log.states.push(state.name),
  onToken: (renewed) => { held = renewed; },
  fetchEntries: argument.fetches === false ? undefined : async (conversation, after) => {
    log.fetched.push(after);
    return (window.history_of[conversation] ?? []).filter((entry) => entry.seq > after);
  },
});
c.follow("c", argument.seq ?? 0);
c.start();
"""


@asynccontextmanager
async def connected(
    browser: Browser, answer: Callable[[Peer, Frame], None] | None = None, **argument: Any
) -> AsyncIterator[tuple[Page, Peer]]:
    """A page with a started connection, and its peer."""
    peer = Peer(answer)
    async with bench(browser) as page:
        await page.route_web_socket("**/ws/v1/", peer.accept)
        await run(page, _START, "{ Connection } from connection", argument=argument)
        yield page, peer


async def state(page: Page, name: str) -> None:
    """Wait for the connection's state."""
    await page.wait_for_function("(name) => window.c.state.name === name", arg=name, timeout=15_000)


async def heard(page: Page) -> dict[str, Any]:
    """What was written down so far."""
    found: dict[str, Any] = await page.evaluate("window.log")
    return found


def message(seq: int) -> Frame:
    """An entry."""
    return {"conversation": "c", "seq": seq, "id": f"i{seq}", "kind": "text", "text": f"t{seq}"}


async def test_hello_names_client_token_and_positions(browser: Browser) -> None:
    async with connected(browser, seq=7) as (page, peer):
        await state(page, "open")
        (hello,) = peer.hellos
        assert hello["payload"] == {"token": "t1", "resume": {"c": 7}, "client": "test/1.0", "features": []}
        assert (await heard(page))["states"] == ["connecting", "open"]


async def test_after_a_loss_it_resumes_from_the_last_entry(browser: Browser) -> None:
    async with connected(browser) as (page, peer):
        await state(page, "open")
        for seq in (1, 2):
            peer.say("message", message(seq))
        await page.wait_for_function("log.frames.filter((f) => f.type === 'message').length === 2")
        await peer.close(1012)
        await eventually_async(_count(peer, 2))
        assert peer.hellos[1]["payload"]["resume"] == {"c": 2}
        assert peer.hellos[1]["payload"]["token"] == "t1"
        peer.say("message", message(2))
        peer.say("message", message(3))
        await page.wait_for_function("log.frames.some((f) => f.payload.seq === 3)")
        seqs = [f["payload"]["seq"] for f in (await heard(page))["frames"] if f["type"] == "message"]
        assert seqs == [1, 2, 3]


def _count(peer: Peer, hellos: int) -> Callable[[], Any]:
    async def reached() -> bool:
        return len(peer.hellos) >= hellos

    return reached


@pytest.mark.parametrize("code", [4401, 4403, 4408, 4413])
async def test_a_spent_token_does_not_come_back(browser: Browser, code: int) -> None:
    async with connected(browser) as (page, peer):
        await state(page, "open")
        await peer.close(code)
        await eventually_async(_count(peer, 2))
        assert [hello["payload"]["token"] for hello in peer.hellos] == ["t1", "t2"]
        assert (await heard(page))["tokens"] == [False, True]


async def test_a_token_refused_twice_ends_the_trying(browser: Browser) -> None:
    async with bench(browser) as page:
        peer = Peer(lambda peer, frame: None)

        async def refuse(route: Any) -> None:
            peer.opened += 1
            await route.close(code=4401)

        await page.route_web_socket("**/ws/v1/", refuse)
        await run(page, _START, "{ Connection } from connection", argument={})
        await state(page, "refused")
        assert peer.opened == 2
        await page.evaluate("c.wake()")
        assert (await heard(page))["states"][-1] == "refused"
        await page.evaluate("c.retry()")
        await page.wait_for_function("log.tokens.length === 3")


async def test_an_expiring_token_is_renewed_over_the_open_line(browser: Browser) -> None:
    def answer(peer: Peer, frame: Frame) -> None:
        peer.welcome(frame)
        if frame["type"] == "token":
            peer.say("token", {"token": "renewed", "expires_at": 9_999_999_999_999})

    async with connected(browser, answer, lives=95_000) as (page, peer):
        await state(page, "open")
        await page.wait_for_function("log.frames.some((f) => f.type === 'token')", timeout=15_000)
        await peer.close(1012)
        await eventually_async(_count(peer, 2))
        assert peer.hellos[1]["payload"]["token"] == "renewed"


async def test_a_hole_is_read_from_history(browser: Browser) -> None:
    async with connected(browser) as (page, peer):
        await state(page, "open")
        await page.evaluate("(entries) => { history_of.c = entries; }", [message(seq) for seq in range(1, 6)])
        peer.say("message", message(1))
        peer.say("message", message(4))
        await page.wait_for_function("c.positions.at('c') === 5")
        got = await heard(page)
        assert got["fetched"] == [1]
        assert [f["payload"]["seq"] for f in got["frames"] if f["type"] == "message"] == [1, 4, 2, 3, 5]


async def test_without_history_a_hole_is_healed_by_resuming(browser: Browser) -> None:
    async with connected(browser, fetches=False) as (page, peer):
        await state(page, "open")
        peer.say("message", message(2))
        await eventually_async(_count(peer, 2))
        assert peer.hellos[1]["payload"]["resume"] == {"c": 0}


async def test_a_pong_with_a_higher_head_brings_what_is_missing(browser: Browser) -> None:
    def answer(peer: Peer, frame: Frame) -> None:
        if frame["type"] == "ping":
            peer.say("pong", {"heads": {"c": 2, "unknown": 9}}, frame.get("ref"))
        else:
            peer.welcome(frame)

    async with connected(browser, answer) as (page, _):
        await state(page, "open")
        await page.evaluate("(entries) => { history_of.c = entries; }", [message(1), message(2)])
        await page.evaluate("c.wake()")
        await page.wait_for_function("c.positions.at('c') === 2")


async def test_a_silent_line_is_given_up(browser: Browser) -> None:
    def answer(peer: Peer, frame: Frame) -> None:
        if frame["type"] == "hello":
            peer.welcome(frame)

    async with connected(browser, answer) as (page, peer):
        await state(page, "open")
        await page.evaluate("c.wake()")
        await eventually_async(_count(peer, 2))


async def test_requests_are_answered_refused_or_lost(browser: Browser) -> None:
    def answer(peer: Peer, frame: Frame) -> None:
        peer.welcome(frame)
        if frame["type"] == "message.send":
            if frame["payload"]["text"] == "good":
                peer.say("message.ack", {"seq": 1}, frame["ref"])
            elif frame["payload"]["text"] == "bad":
                error = {"code": "rate_limited", "retryable": True, "retry_after_s": 2}
                peer.say("error", error, frame["ref"])

    async with connected(browser, answer) as (page, peer):
        await state(page, "open")
        ask = "(text) => c.request('message.send', { text }).then((f) => f.payload, (e) => e)"
        assert await page.evaluate(ask, "good") == {"seq": 1}
        refused = await page.evaluate(ask, "bad")
        assert (refused["code"], refused["retry_after_s"]) == ("rate_limited", 2)
        await page.evaluate(f"void (window.pending = ({ask})('lost'))")
        await eventually_async(_asked(peer, "lost"))
        await peer.close(4500)
        assert (await page.evaluate("window.pending"))["code"] == "not_connected"


def _asked(peer: Peer, text: str) -> Callable[[], Any]:
    async def reached() -> bool:
        return any(frame["payload"].get("text") == text for frame in peer.frames)

    return reached


async def test_two_sockets_without_welcome_and_the_poll_takes_over(browser: Browser) -> None:
    calls: list[str] = []

    async def poll(route: Route) -> None:
        request = route.request
        calls.append(request.method)
        assert request.headers["authorization"] == "Bearer t1"
        if request.method == "POST" and request.url.endswith("/poll/"):
            hello: Any = request.post_data_json
            assert hello["payload"]["resume"] == {"c": 0}
            frames = [{"type": "welcome", "payload": {"conversations": []}}]
            await route.fulfill(status=201, json={"poll": "p1", "cursor": "k0", "frames": frames})
        elif request.method == "POST":
            body: Any = request.post_data_json
            (frame,) = body["frames"]
            ack = {"type": "message.ack", "ref": frame["ref"], "payload": {"seq": 2}}
            await route.fulfill(json={"frames": [ack]})
        elif request.url.endswith("cursor=k0"):
            await route.fulfill(json={"cursor": "k1", "frames": [{"type": "message", "payload": message(1)}]})
        elif request.method == "DELETE":
            await route.fulfill(status=204)

    async with bench(browser) as page:
        gate = Peer()
        shut = True

        async def door(route: Any) -> None:
            if shut:
                gate.opened += 1
                await route.close(code=1011)
            else:
                gate.accept(route)

        await page.route_web_socket("**/ws/v1/", door)
        await page.route(f"{ORIGIN}/api/v1/poll/**", poll)
        await run(page, _START, "{ Connection } from connection", argument={})
        await state(page, "open")
        assert await page.evaluate("c.state.transport") == "poll"
        assert gate.opened == 2
        await page.wait_for_function("c.positions.at('c') === 1")
        assert await page.evaluate("c.request('message.send', { text: 'x' }).then((f) => f.payload)") == {
            "seq": 2
        }
        shut = False
        await page.wait_for_function("c.state.transport === 'websocket'", timeout=20_000)
        assert gate.hellos[-1]["payload"]["resume"] == {"c": 1}
        await eventually_async(_deleted(calls))


def _deleted(calls: list[str]) -> Callable[[], Any]:
    async def reached() -> bool:
        return calls[-1] == "DELETE"

    return reached


@pytest.mark.parametrize(("status", "refused"), [(401, True), (404, False), (503, False)])
async def test_the_polls_answers_mean_what_close_codes_mean(
    browser: Browser, status: int, refused: bool
) -> None:
    opened = 0

    async def poll(route: Route) -> None:
        nonlocal opened
        request = route.request
        if request.method == "POST":
            opened += 1
            frames = [{"type": "welcome", "payload": {}}]
            await route.fulfill(status=201, json={"poll": "p", "cursor": "k", "frames": frames})
        elif request.method == "GET" and opened == 1:
            await route.fulfill(status=status, json={"code": "x", "message": "", "details": {}})

    async with bench(browser, before="delete window.WebSocket;") as page:
        await page.route(f"{ORIGIN}/api/v1/poll/**", poll)
        await run(page, _START, "{ Connection } from connection", argument={})

        async def again() -> bool:
            return opened == 2

        await eventually_async(again)
        await state(page, "open")
        assert (await heard(page))["tokens"] == [False, refused]


async def test_a_session_that_cannot_be_had_is_final_or_tried_again(browser: Browser) -> None:
    body = """
    window.asked = 0; window.final = argument;
    window.c = new Connection({ socketUrl: "/ws/v1/", pollUrl: "/p/", client: "t", onFrame() {},
      getToken: async () => { asked += 1; throw { status: final ? 403 : 0, final, code: "blocked" }; } });
    c.start();
    """
    async with bench(browser) as page:
        await run(page, body, "{ Connection } from connection", argument=True)
        await state(page, "refused")
        assert await page.evaluate("[c.state.code, asked]") == ["blocked", 1]
        await run(page, body, "{ Connection } from connection", argument=False)
        await page.wait_for_function("asked >= 3")
        assert await page.evaluate("c.state.name") == "reconnecting"
