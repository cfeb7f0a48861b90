/* composer.js: where an agent writes. A draft per conversation and tab outlives a reload; Enter sends, never while an
 * input method composes; files wait as previews until they are sent.
 *   const composer = new Composer(desk, { onSent(id), onAct(name) });
 *   composer.open(id)   composer.focus("reply" | "note")   composer.addFiles(files) */

import { composing } from "../shared/a11y.js";
import { el, fill, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { newId } from "../shared/outbox.js";
import { bytes } from "../shared/time.js";
import { localPreview } from "./bubble.js";
import { failure, say, visitorName } from "./describe.js";
import { toast } from "./toast.js";

const SAVE_MS = 300;
const MAX_FILES = 10;

export class Composer {
  #desk;
  #on;
  #id = null;
  #mode = "reply";
  #draft = { reply: "", note: "" };
  #files = new Map();
  #saving = null;
  #busy = false;
  #part = {};
  #root = document.getElementById("composer");

  constructor(desk, on) {
    this.#desk = desk;
    this.#on = on;
    this.#build();
    desk.on("rows", (id) => id === this.#id && this.#draw());
    addEventListener("pagehide", () => this.#save());
  }

  #build() {
    const tab = (mode, name) =>
      el("button.tab", { type: "button", role: "tab", id: `tab-${mode}`, ariaControls: "composer-box", onclick: () => this.focus(mode), onkeydown: (event) => this.#tabKey(event) }, name === "note" ? icon("note") : icon("reply"), t(`composer.${mode}`));
    this.#part.tabs = { reply: tab("reply", "reply"), note: tab("note", "note") };
    for (const button of Object.values(this.#part.tabs)) button.setAttribute("aria-controls", "composer-box");
    this.#part.text = el("textarea.composer-text", { id: "composer-text", rows: 3, spellcheck: true, autocomplete: "off", oninput: () => this.#typed(), onkeydown: (event) => this.#key(event), onpaste: (event) => this.#pasted(event), onblur: () => this.#id && this.#desk.typing(this.#id, false) });
    this.#part.over = el("span.composer-over.num", { role: "status" });
    this.#part.hint = el("span.composer-hint", {}, t("composer.hint"));
    this.#part.pending = el("ul.pending", { hidden: true, ariaLabel: t("composer.pending") });
    this.#part.notice = el("div.composer-notice", { hidden: true });
    this.#part.images = this.#picker("image/*", "image", t("composer.image"));
    this.#part.attach = this.#picker("", "clip", t("composer.file"));
    this.#part.send = el("button.button.primary.send", { type: "button", onclick: () => this.#submit() }, t("composer.send"));
    this.#part.bar = el("div.composer-bar", {}, this.#part.images.button, this.#part.attach.button, this.#part.over, this.#part.hint, this.#part.send);
    this.#part.box = el("div.composer-box", { id: "composer-box", role: "tabpanel" }, this.#part.pending, this.#part.text, this.#part.notice, this.#part.bar, this.#part.images.input, this.#part.attach.input);
    const tabs = el("div.tabs", { role: "tablist" }, this.#part.tabs.reply, this.#part.tabs.note);
    fill(this.#root, tabs, this.#part.box);
  }

  #picker(accept, glyph, label) {
    const input = el("input", {
      type: "file",
      multiple: true,
      accept,
      hidden: true,
      ariaLabel: label,
      onchange: () => {
        this.addFiles(input.files);
        input.value = "";
      },
    });
    const button = el("button.icon-button", { type: "button", title: label, ariaLabel: label, onclick: () => input.click() }, icon(glyph));
    return { input, button };
  }

  open(id) {
    this.#save();
    this.#id = id;
    this.#dropFiles();
    this.#draft = { reply: "", note: "", ...(id ? this.#desk.store.get(`draft:${id}`) : null) };
    this.#mode = "reply";
    this.#draw();
    this.#part.text.value = this.#draft[this.#mode];
    this.#grow();
    if (id && this.#mayWrite() && matchMedia("(hover: hover)").matches) this.#part.text.focus({ preventScroll: true });
  }

  focus(mode = this.#mode) {
    if (this.#id === null) return;
    if (mode !== this.#mode) {
      this.#keepText();
      this.#mode = mode;
      this.#part.text.value = this.#draft[mode];
      if (mode === "note") this.#desk.typing(this.#id, false);
      this.#draw();
      this.#grow();
    }
    if (this.#mayWrite()) this.#part.text.focus({ preventScroll: true });
    else (this.#part.notice.querySelector("button") ?? this.#part.tabs[mode]).focus();
  }

  #tabKey(event) {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    const other = this.#mode === "reply" ? "note" : "reply";
    this.focus(other);
    this.#part.tabs[other].focus();
  }

  #standing() {
    const row = this.#desk.rows.get(this.#id);
    if (!row) return "gone";
    if (row.status === "closed") return "closed";
    if (row.status === "active" && row.agent?.id === this.#desk.self.id) return "mine";
    return row.status === "active" ? "other" : "queued";
  }

  #mayWrite() {
    return this.#mode === "note" || this.#standing() === "mine";
  }

  #draw() {
    if (this.#id === null) return;
    const row = this.#desk.rows.get(this.#id);
    const standing = this.#standing();
    const { tabs, text, notice, bar, send, hint, pending } = this.#part;
    for (const [mode, button] of Object.entries(tabs)) {
      button.setAttribute("aria-selected", String(mode === this.#mode));
      button.tabIndex = mode === this.#mode ? 0 : -1;
    }
    this.#root.dataset.mode = this.#mode;
    this.#part.box.setAttribute("aria-labelledby", `tab-${this.#mode}`);
    const may = this.#mayWrite();
    const hadFocus = notice.contains(document.activeElement);
    text.hidden = !may;
    bar.hidden = !may;
    pending.hidden = !may || this.#mode === "note" || this.#files.size === 0;
    notice.hidden = may;
    const name = visitorName(row);
    text.placeholder = this.#mode === "note" ? t("composer.placeholder_note") : say("composer.placeholder", { name });
    text.setAttribute("aria-label", text.placeholder);
    this.#part.images.button.hidden = this.#part.attach.button.hidden = this.#mode === "note";
    send.textContent = this.#mode === "note" ? t("composer.save_note") : t("composer.send");
    hint.hidden = false;
    if (!may) this.#drawNotice(standing, row);
    else if (hadFocus) text.focus({ preventScroll: true });
    this.#check();
  }

  #drawNotice(standing, row) {
    const { notice } = this.#part;
    const sign = `${standing} ${row?.agent?.name ?? ""}`;
    if (notice.dataset.sign === sign) return;
    notice.dataset.sign = sign;
    const act = { queued: "accept", closed: "reopen" }[standing];
    fill(
      notice,
      el("p", {}, say(standing === "gone" ? "thread.not_found" : `composer.${standing}`, { name: row?.agent?.name ?? "" })),
      act && el(act === "accept" ? "button.button.primary" : "button.button", { type: "button", onclick: () => this.#on.onAct(act) }, t(`act.${act}`)),
    );
  }

  /* --- text ------------------------------------------------------------------------------------------------- */

  #keepText() {
    this.#draft[this.#mode] = this.#part.text.value;
  }

  #typed() {
    this.#keepText();
    this.#grow();
    this.#check();
    if (this.#mode === "reply") this.#desk.typing(this.#id, this.#part.text.value.trim() !== "");
    clearTimeout(this.#saving);
    this.#saving = setTimeout(() => this.#save(), SAVE_MS);
  }

  #save() {
    clearTimeout(this.#saving);
    if (this.#id === null) return;
    this.#keepText();
    const key = `draft:${this.#id}`;
    const { reply, note } = this.#draft;
    if (reply.trim() === "" && note.trim() === "") this.#desk.store.remove(key);
    else this.#desk.store.set(key, { reply, note });
    this.#desk.emit("draft", this.#id);
  }

  #grow() {
    const { text } = this.#part;
    text.style.blockSize = "auto";
    text.style.blockSize = `${Math.min(240, Math.max(64, text.scrollHeight))}px`;
  }

  #check() {
    const { text, over, send } = this.#part;
    const beyond = [...text.value].length - this.#desk.config.limits.text;
    over.textContent = beyond > 0 ? t("composer.over", { count: beyond }) : "";
    const empty = text.value.trim() === "" && (this.#mode === "note" || this.#files.size === 0);
    send.disabled = empty || beyond > 0 || this.#busy;
    return !send.disabled;
  }

  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.altKey || composing(event)) return;
    event.preventDefault();
    this.#submit();
  }

  async #submit() {
    if (!this.#mayWrite() || !this.#check()) return;
    const id = this.#id;
    const text = this.#part.text.value.trim();
    if (this.#mode === "note") {
      await this.#submitNote(id, text);
      return;
    }
    for (const [key, staged] of this.#files) {
      const item = this.#desk.send(id, { file: staged.file });
      if (staged.url) localPreview(item.client_msg_id, staged);
      this.#files.delete(key);
    }
    if (text !== "") this.#desk.send(id, { text });
    this.#desk.typing(id, false);
    this.#clear();
    this.#on.onSent(id);
  }

  /* A note goes by REST: the words stay until the server has them. */
  async #submitNote(id, text) {
    this.#busy = true;
    this.#check();
    try {
      await this.#desk.note(id, text);
      if (id === this.#id && this.#mode === "note") this.#clear();
      this.#on.onSent(id);
    } catch (error) {
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
    this.#drawFiles();
    this.#check();
    this.#part.text.focus({ preventScroll: true });
  }

  /* --- files ------------------------------------------------------------------------------------------------ */

  #pasted(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0 || this.#mode === "note") return;
    event.preventDefault();
    this.addFiles(files);
  }

  async addFiles(list) {
    if (this.#id === null || this.#standing() !== "mine") return;
    if (this.#mode !== "reply") this.focus("reply");
    for (const file of [...list].slice(0, MAX_FILES - this.#files.size)) {
      const key = newId();
      const staged = { file, url: null, width: null, height: null };
      this.#files.set(key, staged);
      if (file.type.startsWith("image/")) await measure(staged);
    }
    this.#drawFiles();
    this.#check();
    this.#part.text.focus({ preventScroll: true });
  }

  #dropFiles() {
    for (const { url } of this.#files.values()) if (url) URL.revokeObjectURL(url);
    this.#files.clear();
    this.#drawFiles();
  }

  #drawFiles() {
    const { pending } = this.#part;
    pending.hidden = this.#files.size === 0;
    fill(
      pending,
      [...this.#files].map(([key, { file, url }]) =>
        el(
          "li.pending-file",
          {},
          url ? el("img", { src: url, alt: "", width: 40, height: 40 }) : el("span.file-icon", {}, icon("file")),
          el("span.file-words", {}, el("span.file-name", {}, file.name), el("span.file-size.num", {}, bytes(file.size))),
          el("button.icon-button", {
            type: "button",
            ariaLabel: t("composer.remove", { name: file.name }),
            onclick: () => {
              this.#files.delete(key);
              if (url) URL.revokeObjectURL(url);
              this.#drawFiles();
              this.#check();
            },
          }, icon("x")),
        ),
      ),
    );
  }
}

/* The size is wanted before the picture is in the thread, so that nothing moves there. */
async function measure(staged) {
  try {
    const bitmap = await createImageBitmap(staged.file);
    Object.assign(staged, { url: URL.createObjectURL(staged.file), width: bitmap.width, height: bitmap.height });
    bitmap.close();
  } catch {
    /* not a picture after all: it goes as it is and the server says what it thinks */
  }
}
