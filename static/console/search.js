/* search.js: the search box and its finds: conversations as rows of the list, messages, visitors and canned replies beside them.
 *   const search = new Search(desk, { list, views, onOpen(id, seq) });   search.focus()   search.clear() -> bool there was something */

import { composing } from "../shared/a11y.js";
import { el, fill, icon } from "../shared/dom.js";
import { locale, t } from "../shared/i18n.js";
import { stamp } from "../shared/time.js";
import { initial } from "./describe.js";
import { marked } from "./marked.js";
import { spans } from "./pinyin.js";

const WAIT_MS = 220;
const MOST = 50;
const TABS = ["conversations", "messages", "visitors", "canned"];

export class Search {
  #desk;
  #list;
  #on;
  #query = "";
  #tab = "conversations";
  #found = {};
  #timer = null;
  #input = document.getElementById("search");
  #bar = document.getElementById("search-tabs");
  #panel = document.getElementById("results");
  #tabs;

  constructor(desk, { list, ...on }) {
    this.#desk = desk;
    this.#list = list;
    this.#on = on;
    this.#tabs = TABS.map((name) => el("button.tab", { type: "button", role: "tab", id: `found-${name}`, data: { tab: name }, onclick: () => this.#choose(name), onkeydown: (event) => this.#tabKey(event) }));
    fill(this.#bar, ...this.#tabs);
    this.#input.addEventListener("input", (event) => !composing(event) && this.#typed());
    this.#input.addEventListener("compositionend", () => this.#typed());
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    desk.on("view", () => this.clear({ quiet: true }));
  }

  focus() {
    this.#input.focus();
    this.#input.select();
  }

  clear({ quiet = false } = {}) {
    const was = this.#query !== "" || this.#input.value !== "";
    clearTimeout(this.#timer);
    this.#input.value = "";
    this.#query = "";
    this.#found = {};
    this.#tab = "conversations";
    if (was && !quiet) this.#list.only(null);
    this.#draw();
    return was;
  }

  #key(event) {
    if (composing(event)) return;
    if (event.key === "Escape" && this.#input.value !== "") {
      event.stopPropagation();
      this.clear();
    } else if (event.key === "ArrowDown" && this.#query !== "") {
      event.preventDefault();
      (this.#panel.hidden ? document.querySelector("#rows a.row") : this.#panel.querySelector(".hit"))?.focus();
    }
  }

  #typed() {
    clearTimeout(this.#timer);
    const query = this.#input.value.trim();
    if (query === "") {
      this.clear();
      return;
    }
    this.#timer = setTimeout(() => this.#find(query), WAIT_MS);
  }

  async #find(query) {
    this.#query = query;
    this.#found = {};
    const filters = { q: query };
    const keep = (name) => (data) => {
      if (this.#query !== query) return;
      this.#found[name] = data;
      this.#draw();
    };
    const asked = (name, promise) => promise.then(keep(name), () => keep(name)([]));
    this.#draw();
    await Promise.all([
      asked("conversations", this.#desk.lists.load(filters).then(() => this.#desk.lists.found(filters))),
      asked("messages", this.#desk.api.get("search/", { q: query, kind: "message", limit: MOST }).then(({ data }) => data)),
      asked("visitors", this.#desk.api.get("search/", { q: query, kind: "visitor", limit: MOST }).then(({ data }) => data)),
      asked("canned", this.#desk.api.get("canned-replies/", { q: query, limit: 25 }).then(({ data }) => data)),
    ]);
    if (this.#query !== query || this.#found[this.#tab]?.length > 0) return;
    const other = TABS.find((name) => this.#found[name]?.length > 0);
    if (other) this.#choose(other);
  }

  #choose(name) {
    this.#tab = name;
    this.#draw();
  }

  #tabKey(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const at = (TABS.indexOf(this.#tab) + step + TABS.length) % TABS.length;
    this.#choose(TABS[at]);
    this.#tabs[at].focus();
  }

  #draw() {
    const on = this.#query !== "";
    this.#bar.hidden = !on;
    document.getElementById("list-pane").classList.toggle("is-searching", on);
    for (const tab of this.#tabs) {
      const { tab: name } = tab.dataset;
      const count = this.#found[name]?.length;
      fill(tab, t(`search.${name}`), count > 0 && el("span.tab-count.num", {}, count >= MOST ? `${MOST}+` : String(count)));
      tab.setAttribute("aria-selected", String(name === this.#tab));
      tab.setAttribute("aria-controls", name === "conversations" ? "rows-scroll" : "results");
      tab.tabIndex = name === this.#tab ? 0 : -1;
    }
    const rows = !on || this.#tab === "conversations";
    this.#panel.hidden = rows;
    document.getElementById("rows-scroll").hidden = !rows;
    if (!on) return;
    if (rows) {
      if (this.#found.conversations) this.#list.only(this.#found.conversations);
    } else {
      this.#panel.setAttribute("aria-labelledby", `found-${this.#tab}`);
      fill(this.#panel, ...this.#hits());
    }
  }

  #hits() {
    const found = this.#found[this.#tab];
    if (found === undefined) return [el("div.hits-wait", { ariaHidden: "true" }, ...[1, 2, 3, 4].map(() => el("span.ghost.ghost-line")))];
    if (found.length === 0) return [el("div.empty", {}, icon("search"), el("p.empty-title", {}, t("empty.search.title", { query: this.#query })), el("p.empty-text", {}, t(`empty.search_${this.#tab}`)))];
    const make = { messages: (hit) => this.#message(hit), visitors: (hit) => this.#visitor(hit), canned: (reply) => this.#reply(reply) }[this.#tab];
    return found.map(make);
  }

  #message(hit) {
    const who = hit.visitor.name || t("visitor");
    const by = hit.sender?.kind === "visitor" ? who : hit.sender?.name || t("system");
    return el(
      "a.hit",
      { href: `${this.#desk.config.base}c/${hit.conversation}/`, onclick: (event) => this.#follow(event, () => this.#on.onOpen(hit.conversation, hit.seq)) },
      el("span.avatar.small", { ariaHidden: "true" }, initial(who)),
      el("span.hit-words", {}, el("span.hit-top", {}, el("span.hit-name", {}, who), el("span.hit-time.num", {}, hit.at ? stamp(hit.at) : "")), el("span.hit-text", {}, el("span.hit-by", {}, by + (locale() === "zh-CN" ? "：" : ": ")), ...marked(hit.text, hit.matches))),
    );
  }

  #visitor(hit) {
    const who = hit.visitor.name || t("visitor");
    return el(
      "button.hit",
      { type: "button", onclick: () => this.#latest(hit.visitor.id) },
      el("span.avatar.small", { ariaHidden: "true" }, initial(who)),
      el("span.hit-words", {}, el("span.hit-name", {}, ...marked(who, spans(this.#query, who))), hit.text !== who && el("span.hit-text", {}, ...marked(hit.text, hit.matches))),
    );
  }

  #reply(reply) {
    return el(
      "button.hit",
      { type: "button", title: t("search.insert"), onclick: () => this.#desk.emit("insert", reply) },
      el("span.hit-slash", { ariaHidden: "true" }, "/"),
      el("span.hit-words", {}, el("span.hit-name", {}, ...marked(reply.title, spans(this.#query, reply.title)), el("span.hit-shortcut", {}, reply.shortcut)), el("span.hit-text", {}, ...marked(reply.text, spans(this.#query, reply.text)))),
    );
  }

  async #latest(visitor) {
    try {
      const { data } = await this.#desk.api.get("conversations/", { visitor, limit: 1 });
      if (data.length === 0) return;
      this.#desk.rows.put(data[0]);
      this.#on.onOpen(data[0].id);
    } catch {
      /* the row stays; pressed again, it is asked for again */
    }
  }

  #follow(event, run) {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    run();
  }
}
