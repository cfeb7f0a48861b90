/* views.js: which list is shown: a built-in or saved view, narrowed by the filter bar; and how much stands in each.
 *   const views = new Views(desk);
 *   views.current  views.extra          views.filters() -> both together      views.base(name)   views.title(name)
 *   views.choose(name, extra = {})      views.narrow({ key: value | null })   views.clear()
 *   views.saved -> [{ id, name, shared, filters, editable }]                  views.isSaved(name)
 *   await views.save(name, shared)      await views.update(id, fields)        await views.remove(id)     await views.load()
 *   views.count(name) -> number | null  views.cap
 * Tells through the desk: "view" (another list) · "views" (saved ones or counts changed). The address carries the choice (?view=). */

import { t } from "../shared/i18n.js";
import { BUILT_IN, clean, fromSearch, merged, toSearch, VIEWS } from "./filters.js";

const COUNT_MS = 15_000;
const SOON_MS = 1_500;
const CAP = 999;

export class Views {
  current = "mine";
  extra = {};
  saved = [];
  cap = CAP;
  #desk;
  #counts = null;
  #views = {};
  #counting = null;
  #known = false;

  constructor(desk) {
    this.#desk = desk;
    const { view, extra } = fromSearch(new URLSearchParams(location.search));
    this.current = this.#named(view) ?? this.#named(desk.store.get("view")) ?? "mine";
    this.extra = view === null ? {} : extra;
    desk.on("link", ({ name }) => name === "open" && this.load());
    for (const name of ["conversation", "message"]) desk.on(`frame:${name}`, () => this.recount(SOON_MS));
    setInterval(() => document.visibilityState === "visible" && this.recount(), COUNT_MS);
  }

  /* A saved view's id is believed until the saved ones are known. */
  #named(name) {
    if (VIEWS.includes(name)) return name;
    return /^[0-9a-f-]{36}$/.test(name ?? "") && (!this.#known || this.isSaved(name)) ? name : null;
  }

  isSaved(name) {
    return this.saved.some((view) => view.id === name);
  }

  base(name = this.current) {
    return BUILT_IN[name] ?? clean(this.saved.find((view) => view.id === name)?.filters) ?? {};
  }

  filters() {
    return merged(this.base(), this.extra);
  }

  title(name = this.current) {
    return VIEWS.includes(name) ? t(`view.${name}`) : (this.saved.find((view) => view.id === name)?.name ?? "");
  }

  choose(name, extra = {}) {
    this.current = this.#named(name) ?? "mine";
    this.extra = clean(extra);
    this.#desk.store.set("view", this.current);
    this.#tell();
  }

  narrow(change) {
    const wanted = { ...this.extra, ...change };
    for (const [key, value] of Object.entries(wanted)) if (value === null || value === "" || value?.length === 0) delete wanted[key];
    this.extra = clean(wanted);
    this.#tell();
  }

  clear() {
    this.extra = {};
    this.#tell();
  }

  search() {
    const search = String(toSearch(this.current, this.extra));
    return search && `?${search}`;
  }

  /* The back button brings back the list of that moment, too. */
  restore() {
    const { view, extra } = fromSearch(new URLSearchParams(location.search));
    const name = this.#named(view) ?? this.current;
    if (name === this.current && JSON.stringify(extra) === JSON.stringify(this.extra)) return;
    this.current = name;
    this.extra = extra;
    this.#desk.emit("view");
  }

  #tell() {
    history.replaceState(history.state, "", location.pathname + this.search());
    this.#desk.emit("view");
  }

  /* --- saved ---------------------------------------------------------------------------------------------------- */

  async load() {
    try {
      const answer = await this.#desk.api.get("views/");
      this.saved = answer.data;
      this.#known = true;
      if (!this.#named(this.current)) this.choose("mine");
      else if (this.isSaved(this.current)) this.#desk.emit("view");
    } catch {
      /* without saved views the built-in ones remain */
    }
    this.#desk.emit("views");
    this.recount();
  }

  async save(name, shared) {
    const made = await this.#desk.api.post("views/", { name, filters: this.filters(), shared });
    this.saved = [...this.saved, made];
    this.#desk.emit("views");
    this.choose(made.id);
    this.recount();
    return made;
  }

  async update(id, fields) {
    const changed = await this.#desk.api.patch(`views/${id}/`, fields);
    this.saved = this.saved.map((view) => (view.id === id ? changed : view));
    if (fields.filters && id === this.current) this.choose(id);
    this.#desk.emit("views");
    return changed;
  }

  async remove(id) {
    await this.#desk.api.delete(`views/${id}/`);
    this.saved = this.saved.filter((view) => view.id !== id);
    if (this.current === id) this.choose("mine");
    this.#desk.emit("views");
  }

  /* --- counts --------------------------------------------------------------------------------------------------- */

  recount(afterMs = 0) {
    if (afterMs > 0 && this.#counting !== null) return;
    clearTimeout(this.#counting);
    this.#counting = setTimeout(() => this.#count(), afterMs);
  }

  async #count() {
    try {
      const { counts, views, cap } = await this.#desk.api.get("views/counts/");
      this.#counts = counts;
      this.#views = views ?? {};
      this.cap = cap ?? CAP;
    } catch {
      this.#counts = null; // what the page itself knows is counted
    }
    this.#counting = null;
    this.#desk.emit("views");
  }

  count(name) {
    if (this.isSaved(name)) return this.#views[name] ?? null;
    const known = this.#desk.rows.counts();
    /* Mine are all on the page and waiting ones change by the second; the rest only the server can count. */
    if (name === "mine") return known.mine;
    if (name === "invited") return this.#desk.rows.where(BUILT_IN.invited).length;
    return this.#counts?.[name] ?? { waiting: known.waiting, all: known.all }[name] ?? null;
  }
}
