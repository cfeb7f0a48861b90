/* nav.js: the rail: views with counts, the connection, the menu (appearance, sound).
 *   const nav = new Nav(desk, { onView(view) });   nav.show(view) */

import { t } from "../shared/i18n.js";

export class Nav {
  #desk;
  #state = null;
  #buttons = [...document.querySelectorAll(".view")];
  #link = document.getElementById("link-state");
  #linkText = document.querySelector("#link-state .link-text");

  constructor(desk, { onView }) {
    this.#desk = desk;
    for (const button of this.#buttons) button.addEventListener("click", () => onView(button.dataset.view));
    desk.on("rows", () => this.#later());
    desk.on("link", (state) => this.#linked(state));
    setInterval(() => this.#linkWords(), 1000);
    this.#theme();
  }

  show(view) {
    for (const button of this.#buttons) {
      if (button.dataset.view === view) button.setAttribute("aria-current", "page");
      else button.removeAttribute("aria-current");
    }
  }

  #pending = false;
  #later() {
    if (this.#pending) return;
    this.#pending = true;
    requestAnimationFrame(() => {
      this.#pending = false;
      const counts = this.#desk.rows.counts();
      for (const button of this.#buttons) {
        const node = button.querySelector(".view-count");
        const count = counts[button.dataset.view];
        if (!node || count === undefined) continue;
        const more = count > 99 || this.#desk.lists.hasMore(button.dataset.view, null);
        const text = `${Math.min(count, 99)}${more ? "+" : ""}`;
        if (node.textContent !== text) node.textContent = text;
        node.hidden = count === 0;
      }
      const mine = this.#buttons.find((button) => button.dataset.view === "mine");
      mine?.classList.toggle("has-unread", counts.unread > 0);
    });
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

  #theme() {
    const choices = [...document.querySelectorAll("[data-theme-choice]")];
    const paint = (theme) => {
      for (const choice of choices) choice.setAttribute("aria-pressed", String(choice.dataset.themeChoice === theme));
    };
    paint(this.#desk.store.get("theme", "system"));
    for (const choice of choices) {
      choice.addEventListener("click", () => {
        const theme = choice.dataset.themeChoice;
        this.#desk.store.set("theme", theme);
        if (theme === "system") delete document.documentElement.dataset.theme;
        else document.documentElement.dataset.theme = theme;
        paint(theme);
      });
    }
  }
}
