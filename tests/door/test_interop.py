"""Clients that other people wrote: the `websockets` package, npm's `ws`, and Chromium."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from tests.door.server import DoorServer, Receive, Scope, Send

LARGE = "中" * 20_000


async def test_the_websockets_package(door: DoorServer) -> None:
    async with connect(f"ws://127.0.0.1:{door.port}/echo", compression="deflate") as socket:
        assert socket.protocol.extensions == []
        await socket.send("你好")
        assert await socket.recv() == "你好"
        await socket.send(b"\x00\xff")
        assert await socket.recv() == b"\x00\xff"
        await socket.send(["frag", "men", "ts"])
        assert await socket.recv() == "fragments"
        await socket.send(LARGE)
        assert await socket.recv() == LARGE
        assert await (await socket.ping(b"there?")) >= 0
        await socket.close(4001, "再见")
        assert socket.close_code == 4001


async def test_the_websockets_package_is_told_why(door: DoorServer) -> None:
    async with connect(f"ws://127.0.0.1:{door.port}/echo") as socket:
        with pytest.raises(ConnectionClosedError) as caught:
            await socket.send("x" * (1 << 20))
            await socket.recv()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 4413


async def test_the_websockets_package_is_denied(door: DoorServer) -> None:
    async def deny(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.close"})

    door.apps["/deny"] = deny
    with pytest.raises(InvalidStatus) as caught:
        async with connect(f"ws://127.0.0.1:{door.port}/deny"):
            pass
    assert caught.value.response.status_code == 403


def test_the_ws_package_of_npm(door: DoorServer) -> None:
    script = Path(__file__).with_name("ws_client.js")
    environment = os.environ | {"NODE_PATH": "/usr/share/nodejs"}
    run = subprocess.run(
        ["node", script, str(door.port)], env=environment, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert json.loads(run.stdout) == {
        "messages": ["你好, ws", "00fffe", "fragments", "large"],
        "pongs": 2,
        "close": 4001,
        "tooBig": [4413, "message over 65536 bytes"],
        "extensions": "",
    }


IN_THE_PAGE = """
([url, messages]) => new Promise(done => {
    const socket = new WebSocket(url), seen = [];
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
        for (const message of messages)
            socket.send(typeof message === "string" ? message : new Uint8Array(message));
    };
    socket.onmessage = ({data}) => {
        seen.push(typeof data === "string" ? data : Array.from(new Uint8Array(data)));
        if (data === "close me") socket.close(4001, "再见");
    };
    socket.onclose = ({code, reason, wasClean}) => done({seen, code, reason, wasClean});
})
"""


@pytest.mark.browser
def test_chromium(door: DoorServer) -> None:
    from playwright.sync_api import sync_playwright

    async def hold(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await receive()
        await send({"type": "websocket.close", "code": 4408, "reason": "静默"})

    async def page_of_this_origin(scope: Scope, receive: Receive, send: Send) -> None:
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]}
        )
        await send({"type": "http.response.body", "body": b"<!doctype html><title>door</title>"})

    door.apps |= {"/hold": hold, "/page": page_of_this_origin, "/favicon.ico": page_of_this_origin}
    base = f"127.0.0.1:{door.port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.goto(f"http://{base}/page")
        messages = ["你好", [0, 255, 254], LARGE, "close me"]
        clean = page.evaluate(IN_THE_PAGE, [f"ws://{base}/echo", messages])
        closed_by_server = page.evaluate(IN_THE_PAGE, [f"ws://{base}/hold", ["你好"]])
        too_big = page.evaluate(IN_THE_PAGE, [f"ws://{base}/echo", ["x" * (1 << 20)]])
        browser.close()
    assert clean == {
        "seen": messages,
        "code": 4001,
        "reason": "再见",
        "wasClean": True,
    }
    assert closed_by_server == {"seen": [], "code": 4408, "reason": "静默", "wasClean": True}
    assert too_big["code"] == 4413  # though the page was still sending when it was told
