/* list.js: the list pane. Rows are links, so the keyboard, the middle button and screen readers know what to do.
 *   const list = new ListPane(desk, { onOpen(id), onView(view) });
 *   list.show(view)   list.select(id)   list.step(+1 | -1)   list.focusSearch()   list.ids() -> string[]
 * While the pointer rests on the list its order is kept: nothing slips away under a click. */

import { el, fill, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { clock, dayKey, dayLabel, elapsed } from "../shared/time.js";
import { initial, preview, say, visitorName } from "./describe.js";

const SEARCH_MS = 250;
const WARN_MS = 60_000;
const LATE_MS = 300_000;

export class ListPane {
  view = "mine";
  site = null;
  #desk;
  #on;
  #nodes = new Map();
  #order = [];
  #selected = null;
  #found = null;
  #query = "";
  #drawing = false;
  #failed = false;
  #searching = null;
  #list = document.getElementById("rows");
  #scroll = document.getElementById("rows-scroll");
  #skeleton = document.getElementById("rows-skeleton");
  #empty = document.getElementById("rows-empty");
  #title = document.getElementById("list-title");
  #search = document.getElementById("search");
  #sites = document.getElementById("site-filter");

  constructor(desk, on) {
    this.#desk = desk;
    this.#on = on;
    desk.on("rows", () => this.draw());
    desk.on("typing", () => this.draw());
    desk.on("draft", () => this.draw());
    setInterval(() => this.#tick(), 1000);
    this.#scroll.addEventListener("scroll", () => this.#reached(), { passive: true });
    this.#scroll.addEventListener("pointerleave", () => this.draw());
    this.#search.addEventListener("input", () => this.#typed());
    this.#search.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.#search.value !== "") {
        event.stopPropagation();
        this.clearSearch();
      }
    });
    this.#fillSites();
    new ResizeObserver(() => this.#watch()).observe(this.#scroll);
  }

  #fillSites() {
    const { sites } = this.#desk.config;
    if (sites.length < 2) return;
    this.#sites.append(el("option", { value: "" }, t("sites.all")), ...sites.map((site) => el("option", { value: site.id }, site.name)));
    this.#sites.hidden = false;
    this.#sites.addEventListener("change", () => {
      this.site = this.#sites.value || null;
      this.show(this.view);
    });
  }

  async show(view) {
    this.view = view;
    if (this.#query !== "") this.clearSearch(false);
    this.#title.textContent = t(`view.${view}`);
    this.#order = [];
    this.#scroll.scrollTop = 0;
    this.draw();
    if (!this.#desk.lists.loaded(view, this.site)) await this.#load(view);
    this.#on.onView(view);
  }

  async #load(view) {
    this.#failed = false;
    try {
      await this.#desk.lists.load(view, this.site);
    } catch {
      this.#failed = true;
      setTimeout(() => this.#failed && this.#load(view), 5_000);
    }
    this.draw();
  }

  #typed() {
    clearTimeout(this.#searching);
    this.#searching = setTimeout(() => this.#find(this.#search.value.trim()), SEARCH_MS);
  }

  async #find(query) {
    this.#query = query;
    this.#found = null;
    if (query !== "") {
      this.#title.textContent = t("view.search");
      try {
        const found = await this.#desk.lists.search(query, this.site);
        if (this.#query !== query) return;
        this.#found = found;
      } catch {
        this.#found = [];
      }
    } else {
      this.#title.textContent = t(`view.${this.view}`);
    }
    this.draw();
  }

  clearSearch(draw = true) {
    this.#search.value = "";
    clearTimeout(this.#searching);
    this.#query = "";
    this.#found = null;
    this.#title.textContent = t(`view.${this.view}`);
    if (draw) this.draw();
  }

  focusSearch() {
    this.#search.focus();
    this.#search.select();
  }

  ids() {
    return this.#order;
  }

  select(id) {
    this.#selected = id;
    for (const [other, node] of this.#nodes) {
      if (other === id) node.link.setAttribute("aria-current", "true");
      else node.link.removeAttribute("aria-current");
    }
    this.#nodes.get(id)?.item.scrollIntoView({ block: "nearest" });
  }

  step(by) {
    if (this.#order.length === 0) return;
    const at = this.#order.indexOf(this.#selected);
    const next = this.#order[at === -1 ? 0 : Math.min(this.#order.length - 1, Math.max(0, at + by))];
    if (next && next !== this.#selected) this.#on.onOpen(next);
  }

  draw() {
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => {
      this.#drawing = false;
      this.#draw();
    });
  }

  #rows() {
    if (this.#query !== "") return (this.#found ?? []).map((id) => this.#desk.rows.get(id)).filter(Boolean);
    const rows = this.#desk.rows.view(this.view, { site: this.site });
    if (!this.#scroll.matches(":hover") || this.#order.length === 0) return rows;
    /* Held: known rows keep their places, new ones come to the end. */
    const place = new Map(this.#order.map((id, at) => [id, at]));
    return rows.sort((a, b) => (place.get(a.id) ?? 1e9) - (place.get(b.id) ?? 1e9));
  }

  #draw() {
    const rows = this.#rows();
    const ready = this.#query === "" ? this.#desk.lists.loaded(this.view, this.site) : this.#found !== null;
    /* A third line only where it tells something, so that all rows of a view are of one height. */
    this.#list.dataset.lines = this.view === "all" || this.#query !== "" || this.#desk.config.sites.length > 1 ? "3" : "2";
    this.#skeleton.hidden = ready || rows.length > 0 || this.#failed;
    this.#order = rows.map((row) => row.id);
    const wanted = new Set(this.#order);
    for (const [id, node] of this.#nodes) {
      if (!wanted.has(id)) {
        node.item.remove();
        this.#nodes.delete(id);
      }
    }
    let before = null;
    for (const row of rows) {
      const node = this.#node(row.id);
      this.#paint(node, row);
      const place = before === null ? this.#list.firstElementChild : before.nextElementSibling;
      if (place !== node.item) this.#list.insertBefore(node.item, place);
      before = node.item;
    }
    this.#drawEmpty(ready && rows.length === 0);
    this.#watch();
  }

  #node(id) {
    const known = this.#nodes.get(id);
    if (known) return known;
    const part = {
      avatar: el("span.avatar", { ariaHidden: "true" }),
      name: el("span.row-name"),
      time: el("span.row-time.num"),
      text: el("span.row-text"),
      wait: el("span.row-wait.num"),
      owner: el("span.row-owner"),
      site: el("span.row-site"),
      badge: el("span.badge.num"),
    };
    const link = el(
      "a.row",
      {
        href: `${this.#desk.config.base}c/${id}/`,
        onclick: (event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
          event.preventDefault();
          this.#on.onOpen(id);
        },
      },
      part.avatar,
      el("span.row-top", {}, part.name, part.wait, part.time),
      el("span.row-mid", {}, part.text, part.badge),
      el("span.row-low", {}, part.owner, part.site),
    );
    if (id === this.#selected) link.setAttribute("aria-current", "true");
    const node = { item: el("li", { data: { id } }, link), link, ...part };
    this.#nodes.set(id, node);
    return node;
  }

  #paint(node, row) {
    const name = visitorName(row);
    set(node.avatar, initial(name));
    set(node.name, name);
    set(node.time, row.last_at ? short(row.last_at) : "");
    const draft = this.#desk.store.get(`draft:${row.id}`)?.reply?.trim();
    const typist = this.#desk.typist(row.id);
    const said = preview(row);
    node.text.dataset.kind = typist ? "typing" : draft && row.id !== this.#selected ? "draft" : "said";
    const shown = { typing: t("row.typing"), draft: `${t("row.draft")} ${draft}`, said };
    set(node.text, shown[node.text.dataset.kind]);
    node.link.classList.toggle("is-unread", row.unread > 0);
    set(node.badge, row.unread > 0 ? (row.unread > 99 ? "99+" : String(row.unread)) : "");
    node.badge.hidden = row.unread === 0;
    if (row.unread > 0) node.badge.setAttribute("title", t("row.unread", { count: row.unread }));
    set(node.owner, this.#standing(row));
    set(node.site, this.#desk.config.sites.length > 1 ? (this.#desk.siteNames.get(row.site) ?? "") : "");
    this.#paintWait(node, row);
  }

  #standing(row) {
    if (row.status !== "active" || !row.agent) return t(`status.${row.status}`);
    return row.agent.id === this.#desk.self.id ? t("thread.owner_me") : say("row.owner", { name: row.agent.name });
  }

  #paintWait(node, row) {
    const since = row.status === "closed" ? null : row.waiting_since;
    node.wait.hidden = !since;
    node.time.hidden = Boolean(since);
    if (!since) return;
    const ms = Date.now() - since;
    set(node.wait, elapsed(ms));
    node.wait.title = t("row.waiting", { time: elapsed(ms) });
    node.wait.dataset.level = ms > LATE_MS ? "late" : ms > WARN_MS ? "warn" : "calm";
  }

  #tick() {
    for (const [id, node] of this.#nodes) {
      const row = this.#desk.rows.get(id);
      if (row?.waiting_since) this.#paintWait(node, row);
    }
  }

  #drawEmpty(empty) {
    const failed = this.#failed && this.#order.length === 0;
    this.#empty.hidden = !empty && !failed;
    if (this.#empty.hidden) {
      this.#empty.replaceChildren();
      return;
    }
    const kind = failed ? "failed" : this.#query !== "" ? "search" : this.view;
    const sign = `${kind} ${this.#query}`;
    if (this.#empty.dataset.sign === sign && this.#empty.childElementCount > 0) return;
    this.#empty.dataset.sign = sign;
    const acts = {
      mine: () => this.show("waiting"),
      all: () => window.open("/demo/", "_blank", "noopener"),
      search: () => this.clearSearch(),
      failed: () => this.#load(this.view),
    };
    const icons = { failed: "alert", search: "search", mine: "mine", waiting: "waiting", all: "all", closed: "closed" };
    fill(
      this.#empty,
      icon(icons[kind]),
      el("p.empty-title", {}, t(`empty.${kind}.title`, { query: this.#query })),
      el("p.empty-text", {}, t(`empty.${kind}.text`)),
      acts[kind] && el("button.button", { type: "button", onclick: acts[kind] }, t(`empty.${kind}.act`)),
    );
  }

  #reached() {
    this.#watch();
    const left = this.#scroll.scrollHeight - this.#scroll.scrollTop - this.#scroll.clientHeight;
    if (left < 400 && this.#query === "" && this.#desk.lists.hasMore(this.view, this.site)) {
      this.#desk.lists.more(this.view, this.site).catch(() => {});
    }
  }

  #watch() {
    const { top, bottom } = this.#scroll.getBoundingClientRect();
    const shown = this.#order.filter((id) => {
      const box = this.#nodes.get(id)?.item.getBoundingClientRect();
      return box && box.bottom > top - 200 && box.top < bottom + 200;
    });
    this.#desk.watch(shown.filter((id) => this.#desk.rows.get(id)?.status !== "closed"));
  }
}

function set(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function short(ms) {
  return dayKey(ms) === dayKey(Date.now()) ? clock(ms) : dayLabel(ms);
}
