/* composer.js: where an agent writes: to the visitor, among colleagues (note), or to the colleague who answers (whisper).
 * A draft per conversation and tab outlives a reload; Enter (or Ctrl+Enter, by choice) sends, never while an input method
 * composes; files wait as previews until they are sent.
 *   const composer = new Composer(desk, { onSent(id), onAct(name) });
 *   composer.open(id)   composer.focus("reply" | "note" | "whisper")   composer.addFiles(files)
 *   composer.quote(entry)   composer.write(text)   words put at the caret */

import { composing } from "../shared/a11y.js";
import { el, fill } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { newId } from "../shared/outbox.js";
import { localPreview } from "./media.js";
import { barOf, tabsOf } from "./composer-parts.js";
import { failure, say, visitorName } from "./describe.js";
import { Drafts } from "./drafts.js";
import { fate } from "./fate.js";
import { Proposals } from "./proposals.js";
import { quoteBar } from "./quote.js";
import { canned, knowledge, mentioned, mentions } from "./sources.js";
import { Staged } from "./staged.js";
import { mayWrite, standing, whispers } from "./standing.js";
import { put, Suggest } from "./suggest.js";
import { toast } from "./toast.js";

const SAVE_MS = 300;
const NEAR_LIMIT = 200;
const SHORT = matchMedia("(max-width: 720px)");

export class Composer {
  #desk;
  #on;
  #id = null;
  #mode = "reply";
  #drafts;
  #draft;
  #noteId = null;
  #saving = null;
  #busy = false;
  #part = {};
  #suggest;
  #proposals;
  #sources;
  #staged;
  #root = document.getElementById("composer");

  constructor(desk, on) {
    this.#desk = desk;
    this.#on = on;
    this.#drafts = new Drafts(desk.store);
    this.#draft = this.#drafts.read(null);
    this.#build();
    desk.on("rows", (id) => id === this.#id && this.#draw());
    desk.on("thread", (id) => {
      if (id !== this.#id) return;
      if (!this.#part.notice.hidden) this.#draw();
      this.#proposals.update();
    });
    desk.on("preferences", () => this.#draw());
    addEventListener("pagehide", () => this.#save());
  }

  #build() {
    const text = el("textarea.composer-text", { id: "composer-text", rows: 3, spellcheck: true, autocomplete: "off", oninput: () => this.#typed(), onkeydown: (event) => this.#key(event), onpaste: (event) => this.#pasted(event), onblur: () => this.#id && this.#desk.typing(this.#id, false) });
    text.addEventListener("compositionend", () => this.#suggest.update());
    const current = () => ({ id: this.#id, mode: this.#mode });
    this.#sources = { canned: canned(this.#desk, current), mention: mentions(this.#desk, current), knowledge: knowledge(this.#desk, current) };
    const tabs = tabsOf({ onPick: (mode) => this.focus(mode), onStep: (step) => this.#step(step) });
    const bar = barOf({
      desk: this.#desk,
      id: () => this.#id,
      onFiles: (files) => this.addFiles(files),
      onEmoji: (character) => this.write(character),
      onSuggest: (name) => this.#suggest.show(this.#sources[name]),
      onSend: () => this.#submit(),
    });
    this.#part = {
      text,
      tabs,
      bar,
      quote: el("div.composer-quote", { hidden: true }),
      pending: el("ul.pending", { hidden: true, ariaLabel: t("composer.pending") }),
      notice: el("div.composer-notice", { hidden: true }),
      box: el("div.composer-box", { id: "composer-box", role: "tabpanel" }),
    };
    this.#staged = new Staged(this.#part.pending, { onChange: () => this.#filesChanged() });
    fill(this.#part.box, this.#part.quote, this.#part.pending, text, this.#part.notice, bar.node);
    this.#proposals = new Proposals(this.#desk, { text, current, mayWrite: () => this.#mayWrite() && !this.#suggest?.opened });
    fill(this.#root, this.#proposals.node, tabs.node, this.#part.box);
    this.#suggest = new Suggest({ text, root: this.#root, sources: Object.values(this.#sources) });
  }

  /* Opened again once its thread is there: what was begun meanwhile, a list or a note on its way, goes on. */
  open(id) {
    if (id !== this.#id) this.#turnTo(id);
    this.#draw();
    this.#drawQuote();
    this.#grow();
    if (id && this.#mayWrite() && matchMedia("(hover: hover)").matches) this.#part.text.focus({ preventScroll: true });
  }

  #turnTo(id) {
    this.#save();
    this.#id = id;
    this.#suggest.close();
    this.#proposals.clear();
    this.#draft = this.#drafts.read(id);
    this.#staged.open(this.#draft.files);
    this.#mode = "reply";
    this.#noteId = null;
    this.#part.text.value = this.#draft[this.#mode];
  }

  focus(mode = this.#mode) {
    if (this.#id === null || !this.#modes().includes(mode)) return;
    if (mode !== this.#mode) this.#turn(mode);
    if (this.#mayWrite()) this.#part.text.focus({ preventScroll: true });
    else (this.#part.notice.querySelector("button") ?? this.#part.tabs.of(mode)).focus();
  }

  #turn(mode) {
    this.#keepText();
    this.#suggest.close();
    this.#mode = mode;
    this.#noteId = null;
    this.#part.text.value = this.#draft[mode];
    if (mode !== "reply") this.#desk.typing(this.#id, false);
    this.#draw();
    this.#drawQuote();
    this.#grow();
  }

  write(words) {
    if (this.#mayWrite()) put(this.#part.text, words);
  }

  #modes() {
    return whispers(this.#standing(), this.#desk.self) ? ["reply", "note", "whisper"] : ["reply", "note"];
  }

  #step(step) {
    const modes = this.#modes();
    const next = modes[(modes.indexOf(this.#mode) + step + modes.length) % modes.length];
    this.focus(next);
    this.#part.tabs.of(next).focus();
  }

  #standing() {
    return standing(this.#desk.rows.get(this.#id), this.#desk.self.id);
  }

  #mayWrite() {
    return this.#mode !== "reply" || mayWrite(this.#standing());
  }

  #draw() {
    if (this.#id === null) return;
    const modes = this.#modes();
    if (!modes.includes(this.#mode)) this.#turn("reply");
    const row = this.#desk.rows.get(this.#id);
    const { tabs, text, notice, bar, box } = this.#part;
    tabs.draw(modes, this.#mode);
    this.#root.dataset.mode = this.#mode;
    box.setAttribute("aria-labelledby", `tab-${this.#mode}`);
    const may = this.#mayWrite();
    const hadFocus = notice.contains(document.activeElement);
    text.hidden = !may;
    bar.node.hidden = !may;
    notice.hidden = may;
    this.#drawFiles();
    const placeholder = this.#mode === "reply" ? say("composer.placeholder", { name: visitorName(row) }) : say(`composer.placeholder_${this.#mode}`, { name: row?.agent?.name ?? "" });
    text.placeholder = SHORT.matches || this.#mode !== "reply" ? placeholder : `${placeholder}\n${t("composer.triggers")}`;
    text.setAttribute("aria-label", placeholder);
    bar.draw(this.#mode);
    this.#proposals.update();
    if (!may) this.#drawNotice(row);
    else if (hadFocus) text.focus({ preventScroll: true });
    this.#check();
  }

  #drawNotice(row) {
    const { notice } = this.#part;
    const { happened, text, acts } = fate(this.#desk, row);
    const sign = JSON.stringify([happened, text, acts]);
    if (notice.dataset.sign === sign) return;
    notice.dataset.sign = sign;
    fill(
      notice,
      el("div.notice-words", {}, happened && el("p.notice-happened", {}, happened), el("p", {}, text)),
      el("div.notice-acts", {}, ...acts.map((act, at) => el(at === 0 && act !== "reopen" ? "button.button.primary" : "button.button", { type: "button", onclick: () => this.#on.onAct(act) }, t(`act.${act}`)))),
    );
  }

  /* --- text ------------------------------------------------------------------------------------------------- */

  #keepText() {
    if (this.#id !== null) this.#draft[this.#mode] = this.#part.text.value;
  }

  #typed() {
    this.#keepText();
    this.#grow();
    this.#check();
    this.#suggest.update();
    this.#proposals.update();
    if (this.#mode === "reply") this.#desk.typing(this.#id, this.#part.text.value.trim() !== "");
    clearTimeout(this.#saving);
    this.#saving = setTimeout(() => this.#save(), SAVE_MS);
  }

  #save() {
    clearTimeout(this.#saving);
    if (this.#id === null) return;
    this.#keepText();
    this.#drafts.keep(this.#id, this.#draft);
    this.#desk.emit("draft", this.#id);
  }

  #grow() {
    const { text } = this.#part;
    text.style.blockSize = "auto";
    text.style.blockSize = `${Math.min(240, Math.max(64, text.scrollHeight))}px`;
  }

  #check() {
    const left = this.#desk.config.limits.text - [...this.#part.text.value].length;
    const filesCount = this.#mode === "reply" ? this.#staged.size : 0;
    const empty = this.#part.text.value.trim() === "" && filesCount === 0;
    const ready = !empty && left >= 0 && !this.#busy;
    this.#part.bar.state({ ready, left: left <= NEAR_LIMIT ? left : null });
    return ready;
  }

  #key(event) {
    if (composing(event)) return;
    if (this.#suggest.key(event) || this.#proposals.key(event)) return;
    if (event.key === "Escape" && this.#draft.quote && this.#mode === "reply") {
      event.stopPropagation();
      this.quote(null);
      return;
    }
    if (event.key !== "Enter" || event.shiftKey || event.altKey) return;
    const withControl = event.ctrlKey || event.metaKey;
    if (this.#desk.preferences.enterSends() ? withControl : !withControl) return;
    event.preventDefault();
    this.#submit();
  }

  async #submit() {
    if (!this.#mayWrite() || !this.#check()) return;
    this.#suggest.close();
    const id = this.#id;
    const text = this.#part.text.value.trim();
    if (this.#mode !== "reply") {
      await this.#submitInside(id, this.#mode, text);
      return;
    }
    const quoted = this.#draft.quote?.seq ?? null;
    for (const staged of this.#staged.take()) {
      const item = this.#desk.send(id, { file: staged.file });
      if (staged.url) localPreview(item.client_msg_id, staged);
    }
    if (text !== "") this.#desk.send(id, { text, reply_to: quoted });
    this.#draft.quote = null;
    this.#drawQuote();
    this.#desk.typing(id, false);
    this.#clear();
    this.#on.onSent(id);
  }

  /* Notes and whispers go by REST: the words stay until the server has them, and sent twice they are one. */
  async #submitInside(id, mode, text) {
    this.#busy = true;
    this.#check();
    this.#noteId ??= newId();
    try {
      if (mode === "note") await this.#desk.acts.note(id, { text, client_msg_id: this.#noteId, mentions: mentioned(text, this.#desk.people.agents.values()) });
      else await this.#desk.acts.whisper(id, { text, client_msg_id: this.#noteId });
      this.#noteId = null;
      if (id === this.#id && this.#mode === mode) this.#clear();
      else this.#drafts.keep(id, { ...this.#drafts.read(id), [mode]: "" });
      this.#on.onSent(id);
    } catch (error) {
      if (!error?.code) throw error;
      toast(failure(error), { kind: "failed" });
    } finally {
      this.#busy = false;
      this.#check();
    }
  }

  #clear() {
    this.#part.text.value = "";
    this.#save();
    this.#grow();
    this.#check();
    this.#part.text.focus({ preventScroll: true });
  }

  /* --- quote and files ---------------------------------------------------------------------------------------- */

  quote(entry) {
    this.#draft.quote = entry === null ? null : { seq: entry.seq, name: entry.sender?.name ?? "", text: (entry.text ?? entry.attachment?.name ?? "").slice(0, 200) };
    if (entry !== null) this.focus("reply");
    this.#drawQuote();
    this.#save();
  }

  #drawQuote() {
    const { quote } = this.#draft;
    this.#part.quote.hidden = !quote || this.#mode !== "reply" || !this.#mayWrite();
    if (quote) fill(this.#part.quote, ...quoteBar(quote, () => this.quote(null)));
  }

  #pasted(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0 || this.#mode !== "reply") return;
    event.preventDefault();
    this.addFiles(files);
  }

  async addFiles(list) {
    if (this.#id === null || !mayWrite(this.#standing())) return;
    if (this.#mode !== "reply") this.focus("reply");
    await this.#staged.add(list);
    this.#part.text.focus({ preventScroll: true });
  }

  #filesChanged() {
    this.#draft.files = this.#staged.kept;
    this.#save();
    this.#drawFiles();
  }

  #drawFiles() {
    this.#part.pending.hidden = this.#staged.size === 0 || this.#mode !== "reply" || !this.#mayWrite();
    this.#check();
  }
}
