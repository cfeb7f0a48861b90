/* filterbar.js: what narrows the list down: a row of small selects under the search, the order, saving it all as a view.
 *   new FilterBar(desk, { views, people, shown() }); */

import { el, fill } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { ask, field } from "./dialog.js";
import { CHANNELS, OPEN, ORDERS } from "./filters.js";
import { menuButton } from "./menu.js";
import { isSupervisor } from "./standing.js";
import { failure } from "./describe.js";
import { toast } from "./toast.js";

const PRIORITIES = [1, 3, 5, 8];
const LISTS = new Set(["status", "label", "channel"]);

export class FilterBar {
  #desk;
  #views;
  #people;
  #bar = document.getElementById("filters");
  #toggle = document.getElementById("filter-toggle");
  #tools = document.getElementById("list-tools");
  #count = document.getElementById("list-count");
  #selects = new Map();
  #clear = el("button.link-button.filter-clear", { type: "button", onclick: () => this.#views.clear() }, t("filter.clear"));
  #save = el("button.link-button", { type: "button", onclick: () => this.save() }, t("view.save"));

  constructor(desk, { views, people }) {
    this.#desk = desk;
    this.#views = views;
    this.#people = people;
    for (const key of ["status", "agent", "group", "label", "channel", "priority", "site"]) {
      const select = el("select.pill", { ariaLabel: t(`filter.${key}`), data: { filter: key }, onchange: () => this.#chosen(key, select.value) });
      this.#selects.set(key, select);
    }
    this.#selects.get("site").id = "site-filter";
    fill(this.#bar, ...this.#selects.values(), el("span.filter-acts", {}, this.#clear, this.#save));
    this.#bar.hidden = !desk.store.get("filters", false);
    this.#toggle.addEventListener("click", () => this.#show(this.#bar.hidden));
    this.#toggle.before(menuButton({ glyph: "sort", label: t("order"), items: () => this.#orders() }));
    this.#toggle.after(menuButton({ glyph: "more", label: t("view.more"), items: () => this.#menu() }));
    for (const name of ["view", "people", "views"]) desk.on(name, () => this.draw());
    this.draw();
  }

  #show(open) {
    this.#bar.hidden = !open;
    this.#desk.store.set("filters", open);
    this.draw();
  }

  #chosen(key, value) {
    this.#views.narrow({ [key]: value === "" ? null : LISTS.has(key) ? [value] : value });
  }

  #options(key) {
    const { groups, labels, agents } = this.#people;
    const named = (list) => [...list].map((one) => [one.id, one.name]);
    if (key === "status") return [...OPEN, "closed"].map((one) => [one, t(`status.${one}`)]);
    if (key === "group") return groups.length > 0 ? [["none", t("filter.no_group")], ...named(groups)] : [];
    if (key === "label") return named(labels);
    if (key === "channel") return CHANNELS.map((one) => [one, t(`channel.${one}`)]);
    if (key === "priority") return PRIORITIES.map((one) => [String(one), t("filter.priority_from", { priority: one })]);
    if (key === "site") return this.#desk.config.sites.length > 1 ? named(this.#desk.config.sites) : [];
    return agents.size > 0 ? [["me", t("you")], ["none", t("filter.no_agent")], ...named(agents.values()).filter(([id]) => id !== this.#desk.self.id)] : [];
  }

  draw() {
    const { extra } = this.#views;
    const narrowed = Object.keys(extra).filter((key) => key !== "order");
    for (const [key, select] of this.#selects) {
      const options = this.#options(key);
      select.hidden = options.length === 0;
      const sign = JSON.stringify(options);
      if (select.dataset.sign !== sign) {
        select.dataset.sign = sign;
        fill(select, el("option", { value: "" }, t(`filter.${key}`)), ...options.map(([value, name]) => el("option", { value }, name)));
      }
      select.value = String([extra[key] ?? ""].flat()[0]);
      select.classList.toggle("is-set", extra[key] !== undefined);
    }
    this.#clear.hidden = narrowed.length === 0;
    this.#save.hidden = Object.keys(extra).length === 0;
    this.#toggle.setAttribute("aria-expanded", String(!this.#bar.hidden));
    this.#toggle.classList.toggle("is-set", narrowed.length > 0);
    this.#drawCount(narrowed.length > 0);
  }

  #drawCount(narrowed) {
    const count = narrowed ? null : this.#views.count(this.#views.current);
    this.#count.textContent = count === null || count === 0 ? "" : count > this.#views.cap ? `${this.#views.cap}+` : String(count);
    this.#tools.dataset.order = this.#views.extra.order ?? "latest";
  }

  #orders() {
    const now = this.#views.filters().order ?? "latest";
    return ORDERS.map((order) => ({ name: t(`order.${order}`), checked: order === now, run: () => this.#views.narrow({ order }) }));
  }

  #menu() {
    const { current } = this.#views;
    const saved = this.#views.saved.find((view) => view.id === current);
    const changed = Object.keys(this.#views.extra).length > 0;
    return [
      { name: t("view.save"), glyph: "bookmark", run: () => this.save() },
      saved?.editable && changed && { name: t("view.update"), glyph: "check", run: () => this.#did(this.#views.update(current, { filters: this.#views.filters() }), t("toast.view_saved", { name: saved.name })) },
      saved?.editable && { name: t("view.rename"), glyph: "note", run: () => this.#rename(saved) },
      saved?.editable && { name: t("view.remove"), glyph: "x", danger: true, run: () => this.#remove(saved) },
      { name: t("bulk.pick_all"), glyph: "checks", keys: "Ctrl A", run: () => this.#desk.emit("want", "pick-all") },
    ];
  }

  async #did(promise, words) {
    try {
      await promise;
      toast(words);
    } catch (error) {
      toast(failure(error), { kind: "failed" });
    }
  }

  async save() {
    const name = el("input.input", { type: "text", maxLength: 60, required: true, autocomplete: "off" });
    const shared = el("input", { type: "checkbox" });
    const mayShare = isSupervisor(this.#desk.self);
    const made = await ask({
      title: t("view.save"),
      lead: t("view.save_lead"),
      content: [field(t("view.name"), name), mayShare && el("label.check-line", {}, shared, t("view.share"))].filter(Boolean),
      submit: t("view.save_now"),
      valid: () => name.value.trim() !== "",
      run: () => this.#views.save(name.value.trim(), mayShare && shared.checked),
    });
    if (made) toast(t("toast.view_saved", { name: made.name }));
  }

  async #rename(view) {
    const name = el("input.input", { type: "text", maxLength: 60, required: true, autocomplete: "off", value: view.name });
    await ask({
      title: t("view.rename"),
      content: [field(t("view.name"), name)],
      submit: t("view.save_now"),
      valid: () => name.value.trim() !== "",
      run: () => this.#views.update(view.id, { name: name.value.trim() }),
    });
  }

  /* Undo instead of “are you sure”. */
  async #remove(view) {
    try {
      await this.#views.remove(view.id);
      const again = () => this.#desk.api.post("views/", { name: view.name, filters: view.filters, shared: view.shared }).then(() => this.#views.load());
      toast(t("toast.view_removed", { name: view.name }), { act: { label: t("act.undo"), run: again } });
    } catch (error) {
      toast(failure(error), { kind: "failed" });
    }
  }
}
