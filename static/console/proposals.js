/* proposals.js: replies the bot would give, offered over the composer while a person answers. Nothing is sent from here.
 *   const proposals = new Proposals(desk, { text, current, mayWrite });   proposals.node
 *     current() -> { id, mode }      what is open      mayWrite() -> bool      words go to the visitor now, and no other list is open
 *   proposals.update()   after typing, opening, or news of the conversation: asks after a moment, one question at a time
 *   proposals.key(event) -> true when the key was for them      Alt+Enter takes, Alt+↑↓ chooses, Escape puts away until there is news
 *   proposals.clear()    another conversation, or the words were sent
 * The switch is a preference ("suggest_replies"); a site without a bot is never asked about. */

import { announce } from "../shared/a11y.js";
import { el, fill, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { put } from "./suggest.js";

const WAIT_MS = 350;
/* Told to wait by the server, and after a failure: it is a help, not worth a fight. */
const REST_MS = 30_000;
const MOST_DRAFT = 2_000;

export class Proposals {
  #desk;
  #on;
  #replies = [];
  #at = 0;
  #shownFor = null;
  #away = null;
  #asking = false;
  #again = false;
  #timer = null;
  #restUntil = 0;
  #list = el("div.proposal-list", { role: "listbox", ariaLabel: t("proposals.title") });

  constructor(desk, on) {
    this.#desk = desk;
    this.#on = on;
    const hint = el("span.proposal-hint", { ariaHidden: "true" }, el("kbd", {}, "Alt"), el("kbd", {}, "Enter"), t("proposals.take"), el("kbd", {}, "Esc"));
    const close = el("button.icon-button", { type: "button", title: t("proposals.away"), ariaLabel: t("proposals.away"), onclick: () => this.#putAway() }, icon("x"));
    this.node = el("div.proposals", { hidden: true, onmousedown: (event) => event.preventDefault() }, el("div.proposal-head", {}, icon("spark"), el("span", {}, t("proposals.title")), hint, close), this.#list);
    desk.on("preferences", (name) => (name === null || name === "suggest_replies") && this.update());
  }

  /* The visitor's newest words wait for a person's answer: their seq, or null. What the bot said is none. */
  #question() {
    const { id } = this.#on.current();
    if (id === null) return null;
    const said = this.#desk.timeline(id).entries().filter((entry) => entry.sender && entry.kind !== "event" && entry.kind !== "hidden" && entry.sender.kind !== "bot");
    return said.at(-1)?.sender.kind === "visitor" ? said.at(-1).seq : null;
  }

  #wanted() {
    const { id, mode } = this.#on.current();
    const row = this.#desk.rows.get(id);
    const site = this.#desk.config.sites.find((one) => one.id === row?.site);
    if (!site?.bot || mode !== "reply" || !this.#on.mayWrite() || !this.#desk.preferences.get("suggest_replies", true)) return null;
    const question = this.#question();
    return question === null ? null : { id, question, draft: this.#on.text.value.slice(0, MOST_DRAFT), sign: `${id} ${question}` };
  }

  update() {
    const wanted = this.#wanted();
    if (!wanted || this.#away === wanted.sign || Date.now() < this.#restUntil) {
      this.#hide();
      return;
    }
    this.#away = null;
    if (this.#shownFor === `${wanted.sign} ${wanted.draft}`) return;
    if (!this.#shownFor?.startsWith(`${wanted.sign} `)) this.#hide();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), WAIT_MS);
  }

  async #ask() {
    const wanted = this.#wanted();
    if (!wanted || this.#away === wanted.sign) return;
    if (this.#asking) {
      this.#again = true;
      return;
    }
    this.#asking = true;
    let replies = [];
    try {
      ({ replies } = await this.#desk.api.post(`bot/conversations/${wanted.id}/suggestions/`, { draft: wanted.draft }));
    } catch (error) {
      if (!error?.code) throw error;
      this.#restUntil = Date.now() + (error.retryAfter ? error.retryAfter * 1000 : REST_MS);
    } finally {
      this.#asking = false;
    }
    const now = this.#wanted();
    if (now?.sign === wanted.sign && this.#away !== wanted.sign) this.#show(replies, wanted);
    if (this.#again) {
      this.#again = false;
      this.update();
    }
  }

  #show(replies, { sign, draft }) {
    const first = this.node.hidden;
    this.#shownFor = `${sign} ${draft}`;
    /* What stands in the box already is no help. */
    this.#replies = replies.filter((reply) => reply.text.trim() !== this.#on.text.value.trim());
    this.#at = 0;
    this.node.hidden = this.#replies.length === 0;
    fill(this.#list, ...this.#replies.map((reply, at) => this.#option(reply, at)));
    if (first && this.#replies.length > 0) announce(t("proposals.found", { count: this.#replies.length }));
  }

  #option({ text, sources, score }, at) {
    return el(
      "button.proposal",
      { type: "button", role: "option", tabIndex: -1, ariaSelected: String(at === this.#at), title: text, onclick: () => this.#take(at), onmousemove: () => this.#move(at) },
      el("span.proposal-text", { dir: "auto" }, text),
      el("span.proposal-from", {}, [sources[0]?.title, `${Math.round(score * 100)}%`].filter(Boolean).join(" · ")),
    );
  }

  #move(at) {
    this.#list.children[this.#at]?.setAttribute("aria-selected", "false");
    this.#at = at;
    this.#list.children[at]?.setAttribute("aria-selected", "true");
  }

  /* In place of what was begun, as one step that can be undone. */
  #take(at) {
    const { text } = this.#on;
    const reply = this.#replies[at];
    this.#away = this.#wanted()?.sign ?? null;
    this.#hide();
    text.focus({ preventScroll: true });
    text.setSelectionRange(0, text.value.length);
    put(text, reply.text);
  }

  key(event) {
    if (this.node.hidden) return false;
    const count = this.#replies.length;
    if (event.key === "Escape") this.#putAway();
    else if (event.altKey && event.key === "Enter") this.#take(this.#at);
    else if (event.altKey && event.key === "ArrowDown") this.#move((this.#at + 1) % count);
    else if (event.altKey && event.key === "ArrowUp") this.#move((this.#at + count - 1) % count);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  #putAway() {
    this.#away = this.#wanted()?.sign ?? null;
    this.#hide();
  }

  clear() {
    this.#hide();
  }

  #hide() {
    clearTimeout(this.#timer);
    this.#shownFor = null;
    this.node.hidden = true;
  }
}
