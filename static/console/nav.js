/* nav.js: the rail: views with counts, saved views, the connection, the menu's appearance switch.
 *   const nav = new Nav(desk, { views, onView(name) }); */

import { el, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { everySecond } from "./ticker.js";

const PACE_MS = 80;

export class Nav {
  #desk;
  #views;
  #on;
  #state = null;
  #pending = false;
  #built = document.getElementById("views");
  #saved = document.getElementById("saved-views");
  #savedHead = document.getElementById("saved-head");
  #link = document.getElementById("link-state");
  #linkText = document.querySelector("#link-state .link-text");
  #collapse = document.getElementById("rail-toggle");

  constructor(desk, { views, ...on }) {
    this.#desk = desk;
    this.#views = views;
    this.#on = on;
    for (const list of [this.#built, this.#saved]) {
      list.addEventListener("click", (event) => {
        const name = event.target.closest(".view")?.dataset.view;
        if (name) on.onView(name);
      });
    }
    for (const name of ["rows", "view"]) desk.on(name, () => this.#later());
    desk.on("views", () => {
      this.#drawSaved();
      this.#later();
    });
    desk.on("link", (state) => this.#linked(state));
    everySecond(() => this.#linkWords());
    this.#collapsing();
    this.#later();
  }

  #buttons() {
    return [...document.querySelectorAll(".rail .view[data-view]")];
  }

  #drawSaved() {
    const { saved } = this.#views;
    this.#savedHead.hidden = saved.length === 0;
    const sign = JSON.stringify(saved.map((view) => [view.id, view.name, view.shared]));
    if (this.#saved.dataset.sign === sign) return;
    this.#saved.dataset.sign = sign;
    this.#saved.replaceChildren(
      ...saved.map((view) =>
        el("li", {}, el("button.view", { type: "button", title: view.name, data: { view: view.id } }, icon(view.shared ? "team" : "bookmark"), el("span.view-name", {}, view.name), el("span.view-count.num", { hidden: true }))),
      ),
    );
  }

  #later() {
    if (this.#pending) return;
    this.#pending = true;
    setTimeout(() => {
      this.#pending = false;
      this.#draw();
    }, PACE_MS);
  }

  #draw() {
    for (const button of this.#buttons()) {
      const name = button.dataset.view;
      if (name === this.#views.current) button.setAttribute("aria-current", "page");
      else button.removeAttribute("aria-current");
      const node = button.querySelector(".view-count");
      if (!node) continue;
      const count = this.#views.count(name) ?? 0;
      const text = count > this.#views.cap ? `${this.#views.cap}+` : String(count);
      if (node.textContent !== text) node.textContent = text;
      node.hidden = count === 0;
    }
    const { unread, waiting } = this.#desk.rows.counts();
    this.#mark("mine", unread > 0);
    this.#mark("waiting", waiting > 0);
    document.querySelector('.view[data-view="invited"]').parentNode.hidden = !this.#desk.config.invites && (this.#views.count("invited") ?? 0) === 0 && this.#views.current !== "invited";
  }

  #mark(name, on) {
    this.#built.querySelector(`[data-view="${name}"]`)?.classList.toggle("has-unread", on);
  }

  #linked(state) {
    this.#state = state;
    this.#link.dataset.state = state.name;
    this.#linkWords();
  }

  #linkWords() {
    if (!this.#state) return;
    const { name, retryAt, transport } = this.#state;
    const seconds = retryAt ? Math.ceil((retryAt - Date.now()) / 1000) : 0;
    let text = t(`link.${name}`);
    if (name === "open" && transport === "poll") text = t("link.poll");
    if (name === "reconnecting" && seconds > 0) text = t("link.reconnecting_in", { seconds });
    if (this.#linkText.textContent !== text) {
      this.#linkText.textContent = text;
      this.#link.title = text;
    }
  }

  /* Below 1200 px there is room for icons only, whatever was chosen. */
  #collapsing() {
    const wide = matchMedia("(min-width: 1200px)");
    const paint = () => {
      const narrow = !wide.matches || this.#desk.store.get("rail", "wide") === "narrow";
      const words = t(narrow ? "rail.widen" : "rail.narrow");
      document.body.dataset.rail = narrow ? "narrow" : "wide";
      this.#collapse.setAttribute("aria-expanded", String(!narrow));
      this.#collapse.setAttribute("aria-label", words);
      this.#collapse.title = words;
    };
    paint();
    wide.addEventListener("change", paint);
    this.#collapse.addEventListener("click", () => {
      this.#desk.store.set("rail", document.body.dataset.rail === "narrow" ? "wide" : "narrow");
      paint();
    });
  }
}
