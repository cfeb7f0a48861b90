/* panel.js: one section of the side panel: folds, remembers that it is folded, and is drawn anew only when what it shows changed
 * and nobody is typing in it.
 *   const panel = new Panel(desk, "labels", { open });   panel.node   panel.show(value, () => children)   panel.count(n | null)
 *   panel.ghost()   shapes while it is being read      quiet(text)   pairs([[name, value]])   asMs(value) */

import { el, fill } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";

const KEY = "context";

export class Panel {
  #sign = null;
  #later = null;
  #number = el("span.panel-count.num", { hidden: true });
  #body = el("div.panel-body");

  constructor(desk, name, { open = true } = {}) {
    this.title = el("span.panel-title", {}, t(`context.${name}`));
    this.node = el("details.context-section", { data: { panel: name }, open: desk.store.get(KEY, {})[name] ?? open }, el("summary", {}, this.title, this.#number), this.#body);
    this.node.addEventListener("toggle", () => desk.store.set(KEY, { ...desk.store.get(KEY, {}), [name]: this.node.open }));
    this.#body.addEventListener("focusout", () => setTimeout(() => this.#catchUp(), 0));
  }

  count(number) {
    this.#number.hidden = !number;
    this.#number.textContent = number ? String(number) : "";
  }

  ghost() {
    this.#sign = null;
    fill(this.#body, el("div.history-ghost", { ariaHidden: "true" }, el("span.ghost.ghost-line"), el("span.ghost.ghost-line.ghost-short")));
  }

  show(value, make) {
    const sign = JSON.stringify(value);
    if (sign === this.#sign) return;
    if (this.#busy()) {
      this.#later = () => this.show(value, make);
      return;
    }
    this.#later = null;
    this.#sign = sign;
    const refocus = this.#body.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    fill(this.#body, ...[make()].flat());
    if (refocus) this.#body.querySelector(`[data-key="${refocus}"]`)?.focus({ preventScroll: true });
  }

  #busy() {
    return this.#body.querySelector("input:focus, textarea:focus, select:focus") !== null;
  }

  #catchUp() {
    if (!this.#busy()) this.#later?.();
  }
}

export function quiet(text) {
  return el("p.quiet", {}, text);
}

export function pairs(list) {
  return el("dl.facts", {}, ...list.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value instanceof Node ? value : String(value)))));
}

export function asMs(value) {
  if (value === null || value === undefined || value === "") return null;
  return typeof value === "number" ? value : Date.parse(value);
}
