"""Debian's Chromium for tests, and where pictures for people to look at are left."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

SHOTS = Path(os.environ.get("KEFU_TEST_SHOTS") or Path(tempfile.gettempdir()) / "kefu" / "shots")
WAIT_MS = 10_000


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser that is gone with the block."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        try:
            yield browser
        finally:
            await browser.close()
