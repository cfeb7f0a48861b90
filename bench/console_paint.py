"""How soon the console shows its list, and whether the list scrolls without dropping frames.

    .venv/bin/python -m bench.console_paint [--open 5000] [--runs 3]

Starts `manage.py serve` on a fresh data folder with so many open conversations, signs in with Chromium and
prints, by the browser's own clock from navigation on: first contentful paint, first row of the list on the
screen, and while the list is scrolled from one end to the other (paging as it goes) the frame times. Browser,
server and database share this machine. A browser with a cold cache; the server is warm after the first run.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import signal
import statistics
import subprocess
import sys
from typing import Any, Final

from playwright.async_api import Browser, Page, async_playwright

from bench.chat_load import HOST, ROOT, Server, row, start_server

#: Run by `manage.py shell`: (count, site key or empty for any site, agent's login who owns every 50th).
#: The others are with the bot, so that neither the queue nor the search index has to catch up meanwhile.
SEED: Final = """
import uuid
from agents.models import Agent
from agents.roster import DatabaseRoster
from django.contrib.auth import get_user_model
from django.db import OperationalError
from chat.models import Conversation, Message, Site, Visitor
from chat.models.keys import new_uuid
from chat.protocol.entry import now_ms
count, key, login = %d, %r, %r
sites = Site.objects.filter(public_key=key) if key else Site.objects.order_by("pk")
site = sites.first() or Site.objects.create(public_key="bench", name="Bench")
DatabaseRoster().agent_of(get_user_model().objects.get(username=login).pk)
agent = Agent.objects.get(user__username=login)
names = "\u738b\u674e\u5f20\u5218\u9648\u6768\u8d75\u9ec4\u5468\u5434"
people = [
    Visitor(
        site=site, token_hash=uuid.uuid4().hex, name=f"{names[at %% 10]}\u8bbf\u5ba2{at}",
        priority=5 * (at %% 40 == 0),
    )
    for at in range(count)
]
now = now_ms()
conversations = [
    Conversation(
        site=site, visitor=person, channel=("web", "h5", "app")[at %% 3], head=1, visitor_seq=1, last_seq=1,
        status="active" if at %% 50 == 0 else "bot", agent_id=agent.pk if at %% 50 == 0 else None,
        agent_name=agent.display_name if at %% 50 == 0 else "", last_at=now - at * 1000,
        waiting_since=now - at * 1000 if at %% 3 else None,
        last_text=f"\u8bf7\u95ee\u8ba2\u5355 {at} \u5230\u54ea\u91cc\u4e86",
    )
    for at, person in enumerate(people)
]
messages = [
    Message(
        id=new_uuid(), conversation=one, seq=1, client_msg_id="1", sender_kind="visitor", kind="text",
        sender_id=one.visitor_id, sender_name=one.visitor.name, text=one.last_text, created_at=one.last_at,
    )
    for one in conversations[:100]
]
# Short transactions: the server writes beside.
for model, rows in ((Visitor, people), (Conversation, conversations), (Message, messages)):
    for at in range(0, len(rows), 250):
        for attempt in range(5):
            try:
                model.objects.bulk_create(rows[at : at + 250])
                break
            except OperationalError:
                if attempt == 4:
                    raise
"""

#: Notes when the first row is on the screen: two frames after its words stand in the document.
_WATCH: Final = """
new MutationObserver((_, observer) => {
  if (!document.querySelector("#rows li .row-name")?.textContent) return;
  observer.disconnect();
  requestAnimationFrame(() => requestAnimationFrame(() => { 
    document.documentElement.dataset.firstRow = performance.now();
  }));
}).observe(document, { childList: true, subtree: true, characterData: true });
"""

#: Scrolls by `step` px a frame until nothing more comes; resolves to frame times in ms.
_SCROLL: Final = """(step) => new Promise((done) => {
  const pane = document.getElementById("rows-scroll");
  const frames = [];
  let last = performance.now();
  let still = 0;
  const go = (now) => {
    frames.push(now - last);
    last = now;
    const before = pane.scrollTop;
    pane.scrollTop += step;
    still = pane.scrollTop === before ? still + 1 : 0;
    if (still > 30) done({ frames: frames.slice(1, -31), top: pane.scrollTop, height: pane.scrollHeight,
      nodes: document.querySelectorAll("#rows li").length });
    else requestAnimationFrame(go);
  };
  requestAnimationFrame(go);
})"""


def seed(server: Server, count: int) -> None:
    """Open conversations for the administrator."""
    env = os.environ | {"KEFU_DATA_DIR": str(server.data_dir), "KEFU_LOG_LEVEL": "warning"}
    code = SEED % (count, "", "admin")
    subprocess.run([sys.executable, "manage.py", "shell", "-c", code], cwd=ROOT, env=env, check=True)


async def signed_in(browser: Browser, server: Server) -> Any:
    """The login's cookies, for fresh contexts."""
    context = await browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    await page.goto(f"http://{HOST}:{server.port}/console/")
    await page.fill("#id_username", "admin")
    await page.fill("#id_password", server.password)
    await page.click("button.primary")
    await page.wait_for_selector("#rows-scroll")
    state = await context.storage_state()
    await context.close()
    return state


async def opened(browser: Browser, server: Server, state: Any) -> tuple[Page, dict[str, float]]:
    """The console with its list, and what the browser's clock says of it."""
    context = await browser.new_context(
        locale="zh-CN", viewport={"width": 1440, "height": 900}, storage_state=state
    )
    page = await context.new_page()
    await page.add_init_script(_WATCH)
    await page.goto(f"http://{HOST}:{server.port}/console/?view=all")
    await page.wait_for_selector("html[data-first-row]", state="attached")
    times = await page.evaluate(
        """() => ({ paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
          row: Number(document.documentElement.dataset.firstRow) })"""
    )
    return page, times


async def measure(server: Server, runs: int, count: int) -> None:
    """A few visits, then one long scroll."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        try:
            state = await signed_in(browser, server)
            seen: list[dict[str, float]] = []
            for _ in range(runs):
                page, times = await opened(browser, server, state)
                seen.append(times)
                if len(seen) < runs:
                    await page.context.close()
            for name, words in (("paint", "first contentful paint"), ("row", "first row on the screen")):
                values = sorted(times[name] for times in seen)
                row(words, f"{statistics.median(values):.0f} ms (worst {values[-1]:.0f})", "< 1,000 ms")
            for step in (80, 400):
                await page.evaluate("document.getElementById('rows-scroll').scrollTop = 0")
                told = await page.evaluate(_SCROLL, step)
                frames = sorted(told["frames"])
                late = sum(1 for frame in frames if frame > 34)
                row(
                    f"scrolling {count:,} rows, {step} px a frame",
                    f"median {statistics.median(frames):.1f}, p99 {frames[int(len(frames) * 0.99)]:.1f}, "
                    f"worst {frames[-1]:.1f} ms; {late} of {len(frames)} frames late; "
                    f"{told['nodes']} rows in the document",
                    "none late",
                )
        finally:
            await browser.close()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--open", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    server, _ = start_server()
    try:
        seed(server, arguments.open)
        asyncio.run(measure(server, arguments.runs, arguments.open))
    finally:
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(15)
        shutil.rmtree(server.data_dir, ignore_errors=True)


if __name__ == "__main__":
    main()
