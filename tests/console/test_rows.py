"""static/console/rows.js by itself: which knowledge wins, what each view shows and in which order."""

from typing import Any

import pytest
from playwright.async_api import Browser

from tests.console.people import Shops

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

PRELUDE = """async () => {
    const { Rows } = await import("/static/console/rows.js");
    const rows = new Rows("me");
    const row = (id, more) => ({
        id, site: "s", status: "queued", agent: null, head: 1, unread: 0, last_text: "", last_at: 100,
        waiting_since: null, visitor: { id: "v", name: null }, ...more });
    const said = (id, seq, at, kind = "visitor") => ({
        conversation: id, seq, created_at: at, kind: "text", text: `${seq}`,
        sender: { kind, id: kind === "agent" ? "me" : "v" } });
    const act = (id, seq, name, data = {}) => ({ conversation: id, seq, created_at: 1, kind: "event",
        event: { name, data }, sender: { kind: "agent", id: "me" } });
    STEPS
}"""


async def run(chrome: Browser, shops: Shops, steps: str) -> Any:
    """What `steps` (JavaScript that may use rows, row, said, act) returns."""
    page = await chrome.new_page()
    await page.goto(f"{shops.server.base_url}/console/login/")
    script = PRELUDE.replace("STEPS", steps)
    try:
        return await page.evaluate(script)
    finally:
        await page.close()


async def test_a_page_read_earlier_takes_no_live_word_back(chrome: Browser, shops: Shops) -> None:
    got = await run(
        chrome,
        shops,
        """rows.put(row("a", { head: 1, last_text: "old" }));
        rows.entry(said("a", 2, 200));
        rows.put(row("a", { head: 1, last_text: "old", visitor: { id: "v", name: "王" } }));
        return rows.get("a");""",
    )
    assert (got["head"], got["last_text"], got["unread"], got["waiting_since"]) == (2, "2", 1, 200)
    assert got["visitor"]["name"] == "王"


async def test_words_that_the_list_did_not_have_yet_count_although_it_knew_the_head(
    chrome: Browser, shops: Shops
) -> None:
    got = await run(
        chrome,
        shops,
        """rows.put(row("a", { head: 2, last_at: 100 }));
        rows.entry(said("a", 2, 200));
        rows.entry(said("a", 2, 200));
        return rows.get("a");""",
    )
    assert (got["last_text"], got["unread"]) == ("2", 1), "and a repeat counts once"


async def test_an_answer_ends_the_wait_and_what_is_unread(chrome: Browser, shops: Shops) -> None:
    got = await run(
        chrome,
        shops,
        """rows.put(row("a"));
        rows.entry(said("a", 2, 200));
        rows.entry(said("a", 3, 300));
        const before = { ...rows.get("a") };
        rows.entry(said("a", 4, 400, "agent"));
        return [before, rows.get("a")];""",
    )
    before, after = got
    assert (before["unread"], before["waiting_since"]) == (2, 200), "the wait began with the first word"
    assert (after["unread"], after["waiting_since"]) == (0, None)


async def test_views_and_their_order(chrome: Browser, shops: Shops) -> None:
    got = await run(
        chrome,
        shops,
        """const me = { id: "me", name: "我" };
        rows.put(row("late", { waiting_since: 50, last_at: 900 }));
        rows.put(row("early", { waiting_since: 10, last_at: 950 }));
        rows.put(row("mine-old", { status: "active", agent: me, last_at: 100 }));
        rows.put(row("mine-new", { status: "active", agent: me, last_at: 500 }));
        rows.put(row("other", { status: "active", agent: { id: "x", name: "李" }, last_at: 300 }));
        rows.put(row("done", { status: "closed", last_at: 400 }));
        rows.put(row("silent", { head: 0 }));
        const ids = (view) => rows.view(view).map((one) => one.id);
        const views = ["waiting", "mine", "all", "closed"].map((view) => [view, ids(view)]);
        return { ...Object.fromEntries(views), counts: rows.counts() };""",
    )
    assert got["waiting"] == ["early", "late"], "the longest wait on top"
    assert got["mine"] == ["mine-new", "mine-old"]
    assert got["all"] == ["early", "late", "mine-new", "other", "mine-old"]
    assert got["closed"] == ["done"]
    assert got["counts"] == {"mine": 2, "waiting": 2, "all": 5, "unread": 0}


async def test_acts_move_a_row_from_view_to_view(chrome: Browser, shops: Shops) -> None:
    got = await run(
        chrome,
        shops,
        """rows.put(row("a", { waiting_since: 10 }));
        const seen = [];
        const note = () => seen.push([rows.get("a").status, rows.get("a").agent?.id ?? null]);
        rows.entry(act("a", 2, "accepted", { agent: { id: "me", name: "我" } })); note();
        rows.entry(said("a", 3, 300, "agent"));
        rows.entry(act("a", 4, "recalled", { seq: 3 }));
        const recalled = rows.get("a").last_text;
        rows.entry(act("a", 5, "closed")); note();
        rows.entry(act("a", 6, "reopened", { by: "visitor" })); note();
        rows.entry(act("a", 2, "accepted", { agent: { id: "x", name: "李" } })); note();
        return { seen, recalled };""",
    )
    assert got["seen"] == [["active", "me"], ["closed", "me"], ["queued", None], ["queued", None]]
    assert got["recalled"] == "[recalled]"


async def test_a_frame_that_came_during_a_read_outlives_its_answer(chrome: Browser, shops: Shops) -> None:
    got = await run(
        chrome,
        shops,
        """const asked = rows.mark();
        rows.tell("a", { status: "active", agent: { id: "me", name: "me" } });
        rows.put(row("a"), asked);
        const given = rows.get("a");
        rows.put(row("a", { status: "closed" }), rows.mark());
        return [given, rows.get("a"), rows.counts()];""",
    )
    assert (got[0]["status"], got[0]["agent"]["id"]) == ("active", "me")
    assert got[1]["status"] == "closed", "a read that began after the frame knows more than it"
    assert got[2]["mine"] == 0


async def test_what_went_to_others_is_not_brought_back_by_an_older_page(
    chrome: Browser, shops: Shops
) -> None:
    got = await run(
        chrome,
        shops,
        """rows.put(row("a"));
        const asked = rows.mark();
        rows.drop("a");
        rows.put(row("a"), asked);
        const gone = [rows.get("a"), rows.counts().waiting];
        rows.put(row("a"), rows.mark());
        return [...gone, rows.counts().waiting];""",
    )
    assert got == [None, 0, 1]
