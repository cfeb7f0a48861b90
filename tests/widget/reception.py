"""What a visitor finds, played to one browser: the server's own answers with another openness in them."""

from __future__ import annotations

import json

from playwright.async_api import BrowserContext, Route


class Desk:
    """The office as this browser sees it. Changes count from the next answer on."""

    def __init__(self, state: str = "online", opens_at: int | None = None) -> None:
        self.state = state
        self.opens_at = opens_at

    async def stand_before(self, context: BrowserContext) -> None:
        """Answer for the office in every page of the context."""
        await context.route("**/api/v1/visitor/sessions/", self._answer)
        await context.route("**/api/v1/visitor/reception/", self._answer)

    async def _answer(self, route: Route) -> None:
        answer = await route.fetch()
        body = await answer.json()
        if answer.ok:
            online = self.state == "online"
            body["site"] |= {"state": self.state, "online": online, "opens_at": self.opens_at}
        await route.fulfill(response=answer, body=json.dumps(body))
