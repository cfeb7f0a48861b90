/* suggest.js: the list that opens over the composer while somebody writes `/`, `@` or `::`.
 *   const suggest = new Suggest({ text, root, sources });
 *     sources  [{ name, title, glyph, match(before) -> { query, from } | null, find(query) -> Promise<item[]>, empty(query) -> text | node, live() }]
 *     item     { id, label, hint, aside, preview, insert: () => text | Promise<text>, link: () => address (Alt+Enter puts it in) }
 *   suggest.update()   after typing or moving       suggest.key(event) -> true when the key was for the list       suggest.close()
 *   suggest.opened -> name of the source | null     suggest.show(source)   opened by a button instead of a letter
 * Nothing is sent from here: what is chosen is put into the text, as one step that can be undone. */

import { announce } from "../shared/a11y.js";
import { el, fill, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";

const WAIT_MS = 90;

export class Suggest {
  #text;
  #sources;
  #source = null;
  #match = null;
  #items = [];
  #at = 0;
  #asked = 0;
  #timer = null;
  #dismissed = null;
  #list = el("div.suggest-list", { id: "suggest-list", role: "listbox" });
  #preview = el("div.suggest-preview", { id: "suggest-preview" });
  #title = el("div.suggest-title");
  #none = el("div.suggest-none.quiet", { role: "status" });
  #linkHint = el("span.suggest-link", { hidden: true }, el("kbd", {}, "Alt"), el("kbd", {}, "Enter"), el("span", {}, t("suggest.link")));
  #node;

  constructor({ text, root, sources }) {
    this.#text = text;
    this.#sources = sources;
    const foot = el("div.suggest-foot", { ariaHidden: "true" }, el("kbd", {}, "↑"), el("kbd", {}, "↓"), el("span", {}, t("suggest.move")), el("kbd", {}, "Enter"), el("span", {}, t("suggest.insert")), this.#linkHint, el("kbd", {}, "Esc"), el("span", {}, t("suggest.close")));
    this.#node = el("div.suggest", { id: "suggest", hidden: true, onmousedown: (event) => event.preventDefault() }, this.#title, el("div.suggest-body", {}, this.#list, this.#preview), this.#none, foot);
    root.append(this.#node);
    text.setAttribute("aria-autocomplete", "list");
    text.addEventListener("blur", () => this.close());
  }

  get opened() {
    return this.#source?.name ?? null;
  }

  /* Away with Escape, it stays away until another letter begins one. */
  update() {
    const before = this.#text.value.slice(0, this.#text.selectionStart);
    const caretOnly = this.#text.selectionStart === this.#text.selectionEnd;
    for (const source of caretOnly ? this.#sources : []) {
      const match = source.live() ? source.match(before) : null;
      if (!match) continue;
      if (this.#dismissed === `${source.name} ${match.from}`) return;
      this.#dismissed = null;
      this.#open(source, match);
      return;
    }
    this.#dismissed = null;
    this.close();
  }

  show(source) {
    const at = this.#text.selectionStart;
    this.#text.focus({ preventScroll: true });
    this.#open(source, { query: "", from: at, to: at });
  }

  #open(source, match) {
    const again = this.#source === source && this.#match?.query === match.query;
    if (this.#source !== source) {
      this.#items = [];
      fill(this.#title, icon(source.glyph), el("span", {}, source.title));
      this.#list.setAttribute("aria-label", source.title);
    }
    this.#source = source;
    this.#match = match;
    if (again) return;
    this.#text.setAttribute("aria-controls", this.#list.id);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#find(), this.#node.hidden ? 0 : WAIT_MS);
  }

  async #find() {
    const asked = (this.#asked += 1);
    const source = this.#source;
    const { query } = this.#match;
    let items = [];
    let failed = false;
    try {
      items = await source.find(query);
    } catch (error) {
      if (!error?.code) throw error;
      failed = true;
    }
    if (asked !== this.#asked || this.#source !== source) return;
    this.#items = items;
    this.#at = 0;
    this.#node.hidden = false;
    this.#draw(failed ? t("suggest.failed") : items.length === 0 ? source.empty(query) : null);
    announce(items.length === 0 ? this.#none.textContent : t("suggest.found", { count: items.length }));
  }

  #draw(none) {
    this.#none.hidden = none === null;
    if (none !== null) fill(this.#none, none);
    this.#list.hidden = none !== null;
    fill(
      this.#list,
      ...this.#items.map((item, at) =>
        el(
          "div.suggest-item",
          { id: `suggest-${at}`, role: "option", ariaSelected: String(at === this.#at), data: { id: item.id, status: item.status ?? "" }, onclick: () => this.#pick(at), onmousemove: () => this.#move(at) },
          item.status !== undefined && el("span.presence", { data: { status: item.status }, ariaHidden: "true" }),
          el("span.suggest-label", {}, item.label),
          item.hint && el("span.suggest-hint", {}, item.hint),
          item.aside && el("span.suggest-aside", {}, item.aside),
        ),
      ),
    );
    this.#show();
  }

  #move(at) {
    if (at === this.#at) return;
    this.#list.children[this.#at]?.setAttribute("aria-selected", "false");
    this.#at = at;
    this.#list.children[at]?.setAttribute("aria-selected", "true");
    this.#list.children[at]?.scrollIntoView({ block: "nearest" });
    this.#show();
  }

  #show() {
    const item = this.#items[this.#at];
    if (item) this.#text.setAttribute("aria-activedescendant", `suggest-${this.#at}`);
    else this.#text.removeAttribute("aria-activedescendant");
    this.#preview.hidden = !item?.preview;
    this.#linkHint.hidden = !item?.link;
    if (item?.preview) fill(this.#preview, ...[item.preview].flat());
  }

  async #pick(at, how = "insert") {
    const item = this.#items[at];
    const { from, query, to } = this.#match;
    const end = to ?? this.#text.selectionStart;
    const typed = this.#text.value.slice(from, end);
    const source = this.#source;
    this.close();
    const words = await item[how]();
    /* Somebody typed on while the server filled in the words: then they go to the caret. */
    const still = this.#text.value.slice(from, end) === typed && (to !== undefined || typed.endsWith(query));
    this.#text.focus({ preventScroll: true });
    if (still) this.#text.setSelectionRange(from, end);
    put(this.#text, words);
    source.placed?.(this.#text, words);
  }

  /* Enter chooses; with nothing to choose from it is the composer's again. */
  key(event) {
    if (this.#node.hidden || this.#source === null) return false;
    const count = this.#items.length;
    if (event.key === "Escape") {
      this.#dismissed = `${this.#source.name} ${this.#match.from}`;
      this.close();
    } else if (count > 0 && event.key === "ArrowDown") this.#move((this.#at + 1) % count);
    else if (count > 0 && event.key === "ArrowUp") this.#move((this.#at + count - 1) % count);
    else if (count > 0 && event.key === "Enter" && event.altKey && this.#items[this.#at].link) this.#pick(this.#at, "link");
    else if (count > 0 && (event.key === "Enter" || event.key === "Tab") && !event.shiftKey && !event.ctrlKey && !event.metaKey) this.#pick(this.#at);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  close() {
    if (this.#source === null) return;
    clearTimeout(this.#timer);
    this.#asked += 1;
    this.#source = null;
    this.#node.hidden = true;
    this.#text.removeAttribute("aria-activedescendant");
    this.#text.removeAttribute("aria-controls");
  }
}

/* As if typed, so that Ctrl+Z takes it back; the old call is the only one that keeps the history of a textarea. */
export function put(text, words) {
  text.focus({ preventScroll: true });
  if (words === "" || document.execCommand("insertText", false, words)) return;
  text.setRangeText(words, text.selectionStart, text.selectionEnd, "end");
  text.dispatchEvent(new Event("input", { bubbles: true }));
}
