/* palette.js: Ctrl+K: go anywhere, do anything. Commands and known conversations at once, the server's finds a moment later.
 *   const palette = new Palette(desk, { commands() -> [...], onOpen(id) });   palette.toggle() */

import { composing } from "../shared/a11y.js";
import { el, fill, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { preview, visitorName } from "./describe.js";
import { marked } from "./marked.js";
import { score, spans } from "./pinyin.js";

const SEARCH_MS = 160;
const MOST = { acts: 8, views: 6, conversations: 6, messages: 6, settings: 6 };

export class Palette {
  #desk;
  #on;
  #items = [];
  #at = 0;
  #messages = [];
  #timer = null;
  #commands = [];
  #input = el("input.palette-input", { type: "text", role: "combobox", autocomplete: "off", spellcheck: false, ariaAutoComplete: "list", ariaExpanded: "true", maxLength: 100 });
  #list = el("div.palette-list", { id: "palette-list", role: "listbox", tabIndex: -1 });
  #dialog = el("dialog.palette", { onclick: (event) => event.target === this.#dialog && this.#dialog.close() });

  constructor(desk, on) {
    this.#desk = desk;
    this.#on = on;
    const title = t("palette.title");
    this.#dialog.setAttribute("aria-label", title);
    this.#list.setAttribute("aria-label", title);
    this.#input.placeholder = t("palette.placeholder");
    this.#input.setAttribute("aria-label", title);
    this.#input.setAttribute("aria-controls", "palette-list");
    this.#input.addEventListener("input", () => this.#typed());
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    fill(this.#dialog, el("div.palette-top", {}, icon("search"), this.#input, el("kbd", {}, "Esc")), this.#list);
    document.body.append(this.#dialog);
  }

  get open() {
    return this.#dialog.open;
  }

  toggle() {
    if (this.open) {
      this.#dialog.close();
      return;
    }
    this.#input.value = "";
    this.#messages = [];
    this.#commands = this.#on.commands();
    this.#dialog.showModal();
    this.#draw();
  }

  #typed() {
    clearTimeout(this.#timer);
    this.#messages = [];
    this.#at = 0;
    this.#draw();
    const typed = this.#input.value.trim();
    if (typed !== "") this.#timer = setTimeout(() => this.#search(typed), SEARCH_MS);
  }

  /* What one types so far is not yet what one looks for, and an older answer must not replace a newer. */
  async #search(typed) {
    try {
      const answer = await this.#desk.api.get("search/", { q: typed, kind: "message", limit: MOST.messages });
      if (this.#input.value.trim() !== typed || !this.open) return;
      this.#messages = answer.data;
      this.#draw();
    } catch {
      /* commands and known conversations are there all the same */
    }
  }

  #conversations(typed) {
    if (typed === "") return [];
    const found = this.#desk.rows.all().filter((row) => row.head > 0).map((row) => ({ row, points: score(typed, visitorName(row)) || (preview(row).toLowerCase().includes(typed.toLowerCase()) ? 3 : 0) }));
    return found.filter((one) => one.points >= 1).sort((a, b) => b.points - a.points || b.row.last_at - a.row.last_at).map(({ row }) => ({ section: "conversations", glyph: "mine", name: visitorName(row), aside: preview(row), run: () => this.#on.onOpen(row.id) }));
  }

  #ranked(typed) {
    return this.#commands.map((command) => ({ ...command, points: score(typed, command.name, command.pinyin) })).filter((one) => one.points > 0).sort((a, b) => (typed === "" ? 0 : b.points - a.points));
  }

  #draw() {
    const typed = this.#input.value.trim();
    const ranked = this.#ranked(typed);
    const of = (section) => ranked.filter((one) => one.section === section).slice(0, MOST[section]);
    const messages = this.#messages.map((hit) => ({ section: "messages", glyph: "search", name: hit.visitor.name || t("visitor"), hit, run: () => this.#on.onOpen(hit.conversation, hit.seq) }));
    const best = ranked[0]?.section === "settings" && typed !== "" ? ["settings", "acts", "views"] : ["acts", "views", "settings"];
    const sections = typed === "" ? best.map(of) : [of(best[0]), of(best[1]), this.#conversations(typed).slice(0, MOST.conversations), messages, of(best[2])];
    this.#items = sections.flat();
    this.#at = Math.min(this.#at, Math.max(0, this.#items.length - 1));
    let section = null;
    const nodes = [];
    for (const [at, item] of this.#items.entries()) {
      if (item.section !== section) nodes.push(el("div.palette-section", { role: "presentation" }, t(`palette.${item.section}`)));
      section = item.section;
      nodes.push(this.#option(item, at, typed));
    }
    fill(this.#list, ...nodes, nodes.length === 0 && el("p.palette-none", { role: "presentation" }, t("palette.none")));
    this.#mark();
  }

  #option(item, at, typed) {
    const aside = item.hit ? el("span.palette-aside", {}, ...marked(item.hit.text, item.hit.matches)) : item.aside && el("span.palette-aside", {}, ...marked(item.aside, spans(typed, item.aside)));
    return el(
      "div.palette-item",
      { id: `palette-${at}`, role: "option", onclick: () => this.#run(at), onpointermove: () => this.#move(at) },
      icon(item.glyph),
      el("span.palette-name", {}, ...marked(item.name, spans(typed, item.name))),
      aside,
      item.keys && el("span.keys", {}, ...item.keys.split(" ").map((key) => el("kbd", {}, key))),
    );
  }

  #mark() {
    for (const [at, node] of [...this.#list.querySelectorAll("[role=option]")].entries()) {
      node.setAttribute("aria-selected", String(at === this.#at));
      if (at === this.#at) node.scrollIntoView({ block: "nearest" });
    }
    if (this.#items.length > 0) this.#input.setAttribute("aria-activedescendant", `palette-${this.#at}`);
    else this.#input.removeAttribute("aria-activedescendant");
  }

  #move(at) {
    if (at === this.#at) return;
    this.#at = at;
    this.#mark();
  }

  #key(event) {
    if (composing(event)) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.#items.length > 0) {
      event.preventDefault();
      this.#move((this.#at + step + this.#items.length) % this.#items.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.#run(this.#at);
    }
  }

  #run(at) {
    const item = this.#items[at];
    if (!item) return;
    this.#dialog.close();
    item.run();
  }
}
