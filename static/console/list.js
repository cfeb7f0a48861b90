/* list.js: the list pane. Rows are links, so the keyboard, the middle button and screen readers know what to do.
 *   const list = new ListPane(desk, { views, people, selection, onOpen(id) });
 *   list.show()   list.select(id)   list.step(+1 | -1)   list.ids() -> string[]   list.draw()
 *   list.only(ids | null)   a search's rows instead of the view's
 * While the pointer rests on the list, or somebody reads further down, places are kept (order.js): nothing slips away under
 * a click, and what is new is offered by a chip. */

import { el, fill, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { Order } from "./order.js";
import { RowPainter } from "./row.js";
import { everySecond } from "./ticker.js";
import { VirtualList } from "./virtual.js";

const RETRY_MS = 5_000;
const PACE_MS = 120;
const WATCHED_MS = 150;
const EMPTY_ICONS = { mine: "mine", waiting: "waiting", invited: "at", snoozed: "moon", all: "all", closed: "closed" };

export class ListPane {
  #desk;
  #views;
  #selection;
  #on;
  #painter;
  #virtual;
  #order = new Order();
  #shown = [];
  #gone = new Set();
  #only = null;
  #selected = null;
  #drawing = false;
  #drawn = 0;
  #paced = null;
  #failed = false;
  #watching = null;
  #list = document.getElementById("rows");
  #scroll = document.getElementById("rows-scroll");
  #skeleton = document.getElementById("rows-skeleton");
  #empty = document.getElementById("rows-empty");
  #title = document.getElementById("list-title");
  #fresh = document.getElementById("rows-fresh");

  constructor(desk, { views, people, selection, ...on }) {
    this.#desk = desk;
    this.#views = views;
    this.#selection = selection;
    this.#on = on;
    this.#painter = new RowPainter(desk, people, { onOpen: (id, event) => this.#clicked(id, event), onPick: (id, event) => this.#pick(id, event) });
    this.#virtual = new VirtualList({
      scroll: this.#scroll,
      list: this.#list,
      make: () => this.#painter.make(),
      bind: (node, id) => this.#painter.bind(node, id),
      paint: (node, id) => this.#paint(node, id),
      onNearEnd: () => this.#more(),
      onShown: (ids) => this.#watch(ids),
    });
    for (const name of ["rows", "typing", "draft", "people"]) desk.on(name, () => this.draw());
    desk.on("viewing", (id) => this.#virtual.repaint(id));
    desk.on("view", () => this.show());
    desk.on("density", () => this.#virtual.measure());
    everySecond(() => this.#tick());
    this.#scroll.addEventListener("pointerleave", () => this.draw({ now: true }));
    this.#scroll.addEventListener("scroll", () => this.#scroll.scrollTop === 0 && this.draw(), { passive: true });
    this.#fresh.addEventListener("click", () => this.#showFresh());
  }

  ids() {
    return this.#shown;
  }

  async show() {
    this.#only = null;
    this.#begin();
    const filters = this.#views.filters();
    if (!this.#desk.lists.loaded(filters)) await this.#load(filters);
  }

  only(ids) {
    const begun = this.#only === null && ids !== null;
    this.#only = ids;
    if (begun || ids === null) this.#begin();
    else this.draw();
  }

  #begin() {
    this.#title.textContent = this.#only === null ? this.#views.title() : t("view.search");
    this.#order.reset();
    this.#selection.clear();
    this.#virtual.top();
    this.draw({ now: true });
  }

  async #load(filters) {
    this.#failed = false;
    try {
      await this.#desk.lists.load(filters);
      /* By waits, the server lists only whoever waits for a word; the others stand below. */
      if (filters.order === "waiting") await this.#desk.lists.load({ ...filters, order: "latest" });
    } catch {
      this.#failed = true;
      setTimeout(() => this.#failed && filters === this.#last && this.#load(filters), RETRY_MS);
    }
    this.#last = filters;
    this.draw({ now: true });
  }

  #last = null;

  /* --- choosing --------------------------------------------------------------------------------------------------- */

  select(id) {
    const before = this.#selected;
    this.#selected = id;
    if (before !== null) this.#virtual.repaint(before);
    if (id === null) return;
    this.#virtual.reveal(id);
    this.#virtual.repaint(id);
  }

  step(by) {
    if (this.#shown.length === 0) return;
    const at = this.#shown.indexOf(this.#selected);
    const next = this.#shown[at === -1 ? 0 : Math.min(this.#shown.length - 1, Math.max(0, at + by))];
    if (next && next !== this.#selected) this.#on.onOpen(next);
  }

  #clicked(id, event) {
    if (event.metaKey || event.ctrlKey || event.button !== 0) return;
    event.preventDefault();
    if (event.shiftKey) this.#pick(id, event);
    else this.#on.onOpen(id);
  }

  #pick(id, event) {
    this.#selection.toggle(id, { range: event.shiftKey, ids: this.#shown });
    document.getSelection()?.removeAllRanges();
  }

  /* --- drawing ---------------------------------------------------------------------------------------------------- */

  /* What arrives by itself is drawn a few times a second; what somebody does, in the next frame. */
  draw({ now = false } = {}) {
    if (now) clearTimeout(this.#paced);
    else if (this.#drawing) return;
    this.#drawing = true;
    const frame = () => requestAnimationFrame(() => {
      this.#drawing = false;
      this.#drawn = performance.now();
      this.#draw();
    });
    const rest = this.#drawn + PACE_MS - performance.now();
    if (now || rest <= 0) frame();
    else this.#paced = setTimeout(frame, rest);
  }

  #ids() {
    if (this.#only !== null) return this.#only.filter((id) => this.#desk.rows.has(id));
    const filters = this.#views.filters();
    return this.#desk.rows.view(filters).filter(this.#desk.lists.within(filters)).map((row) => row.id);
  }

  #draw() {
    const used = this.#scroll.matches(":hover") || this.#scroll.scrollTop > this.#virtual.height / 2 || this.#selection.size > 0;
    const held = this.#only === null && used;
    const { shown, pending, gone } = this.#order.update(this.#ids(), { held });
    const ready = this.#only !== null || this.#desk.lists.loaded(this.#views.filters());
    this.#shown = shown;
    this.#gone = gone;
    this.#skeleton.hidden = ready || shown.length > 0 || this.#failed;
    this.#virtual.set(shown);
    this.#selection.keep((id) => shown.includes(id));
    this.#drawFresh(pending.length);
    this.#drawEmpty(ready && shown.length === 0);
  }

  #paint(node, id) {
    this.#painter.paint(node, id, { selected: id === this.#selected, picked: this.#selection.has(id), gone: this.#gone.has(id), problem: this.#on.problem(id) });
  }

  repaint() {
    this.#virtual.repaint();
  }

  #tick() {
    for (const [id, node] of this.#virtual.nodes()) this.#painter.tick(node, id);
  }

  #drawFresh(count) {
    this.#fresh.hidden = count === 0;
    if (count > 0) fill(this.#fresh, icon("up"), el("span.num", {}, t("row.fresh", { count })));
  }

  #showFresh() {
    this.#order.reset();
    this.#virtual.top();
    this.draw({ now: true });
  }

  #drawEmpty(empty) {
    const failed = this.#failed && this.#shown.length === 0;
    this.#empty.hidden = !empty && !failed;
    if (this.#empty.hidden) {
      this.#empty.replaceChildren();
      return;
    }
    const narrowed = Object.keys(this.#views.extra).length > 0;
    const built = EMPTY_ICONS[this.#views.current] ? this.#views.current : "saved";
    const kind = failed ? "failed" : this.#only !== null ? "search" : narrowed ? "narrowed" : built;
    const sign = `${kind} ${document.getElementById("search").value}`;
    if (this.#empty.dataset.sign === sign && this.#empty.childElementCount > 0) return;
    this.#empty.dataset.sign = sign;
    const acts = {
      mine: () => this.#views.choose("waiting"),
      all: () => window.open("/demo/", "_blank", "noopener"),
      search: () => this.#on.onClearSearch(),
      narrowed: () => this.#views.clear(),
      failed: () => this.#load(this.#views.filters()),
    };
    fill(
      this.#empty,
      icon({ failed: "alert", search: "search", narrowed: "filter", saved: "bookmark", ...EMPTY_ICONS }[kind]),
      el("p.empty-title", {}, t(`empty.${kind}.title`, { query: document.getElementById("search").value.trim() })),
      el("p.empty-text", {}, t(`empty.${kind}.text`)),
      acts[kind] && el("button.button", { type: "button", onclick: acts[kind] }, t(`empty.${kind}.act`)),
    );
  }

  /* --- paging and following ----------------------------------------------------------------------------------------- */

  #more() {
    const filters = this.#views.filters();
    if (this.#only !== null || !this.#desk.lists.hasMore(filters)) return;
    this.#desk.lists.more(filters).catch(() => {});
  }

  /* Rows that fly by are not worth two frames each. */
  #watch(ids) {
    clearTimeout(this.#watching);
    this.#watching = setTimeout(() => this.#desk.watch(ids.filter((id) => this.#desk.rows.get(id)?.status !== "closed")), WATCHED_MS);
  }
}
