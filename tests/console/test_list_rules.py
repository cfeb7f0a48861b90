"""The list's pure rules by themselves: places that are kept, filters, waits, picking, finding by pinyin."""

from typing import Any

import pytest
from playwright.async_api import Browser

from tests.console.people import Shops

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
BASE = "/static/console/"


async def run(chrome: Browser, shops: Shops, module: str, steps: str) -> Any:
    """What `steps` (JavaScript that may use `all`, the module's exports) returns."""
    page = await chrome.new_page()
    await page.goto(f"{shops.server.base_url}/console/login/")
    try:
        return await page.evaluate(f"async () => {{ const all = await import('{BASE}{module}'); {steps} }}")
    finally:
        await page.close()


async def test_whoever_stands_keeps_the_place_while_somebody_points(chrome: Browser, shops: Shops) -> None:
    got = await run(
        chrome,
        shops,
        "order.js",
        """const order = new all.Order();
        const seen = (given) => ({ ...given, gone: [...given.gone] });
        const steps = [order.update(["a", "b", "c"], { held: false })];
        steps.push(order.update(["new", "c", "a", "low"], { held: true }));
        steps.push(order.update(["new", "c", "a", "low"], { held: false }));
        return steps.map(seen);""",
    )
    assert got[0] == {"shown": ["a", "b", "c"], "pending": [], "gone": []}
    assert got[1]["shown"] == ["a", "b", "c", "low"], "what came below is added, nothing moves"
    assert (got[1]["pending"], got[1]["gone"]) == (["new"], ["b"])
    assert got[2] == {"shown": ["new", "c", "a", "low"], "pending": [], "gone": []}


async def test_filters_of_an_address_are_cleaned_and_come_back(chrome: Browser, shops: Shops) -> None:
    got = await run(
        chrome,
        shops,
        "filters.js",
        """const id = "01a1fb4e-af34-79f1-85e7-d78de42f3ea0";
        const bad = all.clean({ status: "queued,<script>,closed", agent: "drop table", group: id,
          label: `${id},x`, channel: "web,fax", priority: "99", order: "random",
          snoozed: "maybe", q: "  退款  ", unknown: 1 });
        const there = all.toSearch("all", bad);
        return { bad, back: all.fromSearch(new URLSearchParams(there.toString())), id };""",
    )
    known = got["id"]
    assert got["bad"] == {
        "status": ["queued", "closed"], "group": known, "label": [known], "channel": ["web"], "q": "退款",
    }  # fmt: skip
    assert got["back"] == {"view": "all", "extra": got["bad"]}


async def test_filters_read_rows_as_the_server_does(chrome: Browser, shops: Shops) -> None:
    got = await run(
        chrome,
        shops,
        "filters.js",
        """const row = { id: "r", head: 1, status: "active", agent: { id: "me" }, channel: "h5",
          unread: 0, site: "s", group: { id: "g" }, labels: [{ id: "l1" }, { id: "l2" }],
          guests: [{ id: "you" }], waiting_since: 5, snoozed_until: 2000, visitor: { priority: 4 } };
        const fits = (filters, now = 1000) => all.matches(row, filters, "me", now);
        return [
          fits({ agent: "me" }), fits({ agent: "none" }), fits({ group: "g" }), fits({ group: "none" }),
          fits({ label: ["l1", "l2"] }), fits({ label: ["l1", "l3"] }), fits({ channel: ["web", "h5"] }),
          fits({ snoozed: true }), fits({ snoozed: true }, 3000), fits({ priority: 4 }),
          fits({ priority: 5 }), fits({ waiting: true }), fits({ unread: true }), fits({ guest: "me" }),
          fits({ status: ["closed"] }),
        ];""",
    )
    yes, no = True, False
    assert got == [yes, no, yes, no, yes, no, yes, yes, no, yes, no, yes, no, no, no]


async def test_a_wait_is_calm_then_warns_then_is_late(chrome: Browser, shops: Shops) -> None:
    got = await run(
        chrome,
        shops,
        "sla.js",
        """const targets = { s: { first_reply_s: 60, reply_s: 180 } };
        const row = (status, more) => ({ site: "s", status, waiting_since: 1000, ...more });
        const at = (status, seconds, more) =>
          all.level(row(status, more), targets, 1000 + seconds * 1000)?.level ?? null;
        return [at("queued", 39), at("queued", 40), at("queued", 60), at("active", 60), at("active", 120),
          at("active", 180), at("active", 60, { offered: true }), at("closed", 500),
          all.level({ site: "s", status: "active", waiting_since: null }, targets)];""",
    )
    assert got == ["calm", "warn", "late", "calm", "warn", "late", "late", None, None]


async def test_picking_rows_one_by_one_and_in_a_stretch(chrome: Browser, shops: Shops) -> None:
    got = await run(
        chrome,
        shops,
        "selection.js",
        """const picked = new all.Selection();
        const ids = ["a", "b", "c", "d", "e"];
        let told = 0;
        picked.onChange = () => { told += 1; };
        const steps = [];
        const note = () => steps.push(picked.ids().sort());
        picked.toggle("b"); note();
        picked.toggle("d", { range: true, ids }); note();
        picked.toggle("c"); note();
        picked.keep((id) => id !== "d"); note();
        picked.all(Array.from({ length: 500 }, (_, at) => `x${at}`));
        return { steps, size: picked.size, most: all.MOST, told };""",
    )
    assert got["steps"] == [["b"], ["b", "c", "d"], ["b", "d"], ["b"]]
    assert got["size"] == got["most"] == 200
    assert got["told"] == 5


@pytest.mark.parametrize(
    ("typed", "found"),
    [("深色", True), ("sswg", True), ("shense", True), ("SS", True), ("waiguan", True), ("xyz", False)],
)
async def test_commands_are_found_by_words_pinyin_and_initials(
    chrome: Browser, shops: Shops, typed: str, found: bool
) -> None:
    points = await run(
        chrome, shops, "pinyin.js", f"return all.score('{typed}', '深色外观', 'shen se wai guan');"
    )
    assert (points > 0) is found


async def test_a_match_at_the_start_is_worth_more(chrome: Browser, shops: Shops) -> None:
    got = await run(
        chrome,
        shops,
        "pinyin.js",
        """const points = (typed) => all.score(typed, "转接会话", "zhuan jie hui hua");
          return [points("转接"), points("zj"), points("hh"), points("q"), all.spans("接会", "转接会话")];""",
    )
    assert got[0] > got[1] > got[2] > got[3] == 0
    assert got[4] == [[1, 3]]


async def test_marks_stay_inside_the_text(chrome: Browser, shops: Shops) -> None:
    got = await run(
        chrome,
        shops,
        "marked.js",
        """const box = document.createElement("p");
        box.append(...all.marked("退款三天了<b>", [[0, 2], [1, 3], [5, 99], [200, 300]]));
        return [box.innerHTML, box.textContent];""",
    )
    assert got == ["<mark>退款</mark>三天了<mark>&lt;b&gt;</mark>", "退款三天了<b>"]


async def test_times_to_put_aside_for_lie_ahead(chrome: Browser, shops: Shops) -> None:
    got = await run(
        chrome,
        shops,
        "times.js",
        """return [1, 2, 3, 4, 5, 6, 7].map((day) => {
          const now = new Date(2026, 10, 15 + day, 16, 30).getTime();
          const times = all.snoozeTimes(now);
          const monday = new Date(times.at(-1).at).getDay();
          return [times.every(({ at }) => at > now), monday, new Date(times[2].at).getHours()];
        });""",
    )
    assert got == [[True, 1, 9]] * 7
