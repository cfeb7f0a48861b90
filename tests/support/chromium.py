"""Debian's Chromium for tests, and where pictures for people to look at are left."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright

SHOTS = Path(os.environ.get("KEFU_TEST_SHOTS") or Path(tempfile.gettempdir()) / "kefu" / "shots")
WAIT_MS = 10_000
_AT_REST = """() => Promise.all(document.getAnimations()
    .filter((one) => Number.isFinite(one.effect?.getComputedTiming().endTime))
    .map((one) => one.finished.catch(() => {})))"""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser that is gone with the block."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        try:
            yield browser
        finally:
            await browser.close()


async def serious(page: Page) -> list[str]:
    """axe's findings about a page at rest that are serious or worse, as short lines. Half-way through a fade
    every colour is too pale.
    """
    # What comes up while axe looks must not fade in, either.
    await page.emulate_media(reduced_motion="reduce")
    try:
        for frame in page.frames:
            await frame.evaluate(_AT_REST)
        results = await Axe().run(page)
    finally:
        await page.emulate_media(reduced_motion="null")
    return [
        f"{found['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for found in results.response["violations"]
        if found["impact"] in ("serious", "critical")
        for node in found["nodes"]
    ]
