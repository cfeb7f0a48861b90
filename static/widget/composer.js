/* composer.js: writing: text that grows, Enter, paste, drag, files, typing signals, a draft that survives a reload.
 *   const c = new Composer({ parts, store, limits() -> { max_bytes, types }, onText(text), onFile(file), onTyping(on, text) });
 *   c.relabel(placeholderKey)   c.focus()   c.clear()   c.restore()   c.say(text | "")   a line above the field, read aloud */

import { composing } from "../shared/a11y.js";
import { el, fill, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { bytes } from "../shared/time.js";

const MAX_TEXT = 8000;
const TYPING_EVERY_MS = 3_000;
const TYPING_ENDS_MS = 5_000;
const NOTICE_MS = 6_000;

export class Composer {
  #options;
  #typedAt = 0;
  #typingEnd = null;
  #noticeEnd = null;
  #panel = null;

  constructor(options) {
    this.#options = options;
    const { composer: form, text, attach, files, emoji, send } = options.parts;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || composing(event)) return;
      event.preventDefault();
      this.#submit();
    });
    text.addEventListener("input", () => {
      this.#fit();
      this.#typing();
      options.store.set("draft", text.value);
    });
    text.addEventListener("paste", (event) => this.#paste(event));
    text.addEventListener("blur", () => this.#typingOver());
    attach.addEventListener("click", () => files.click());
    files.addEventListener("change", () => {
      this.#take([...files.files]);
      files.value = "";
    });
    emoji.addEventListener("click", () => this.#toggleEmoji());
    this.#dropZone();
    /* A press on the button must not close the phone's keyboard. */
    send.addEventListener("pointerdown", (event) => event.preventDefault());
    fill(send, icon("send"));
    fill(attach, icon("clip"));
    fill(emoji, icon("smile"));
    this.restore();
  }

  restore() {
    this.#options.parts.text.value ||= this.#options.store.get("draft", "");
    this.#fit();
  }

  relabel(placeholder) {
    const { text, attach, emoji, send, drop } = this.#options.parts;
    text.placeholder = t(placeholder);
    text.setAttribute("aria-label", t("write"));
    for (const [node, key] of [
      [send, "send"],
      [attach, "attach"],
      [emoji, "emoji"],
    ]) {
      node.setAttribute("aria-label", t(key));
      node.title = t(key);
    }
    fill(drop, el("span", {}, t("drop_here")));
  }

  focus() {
    this.#options.parts.text.focus({ preventScroll: true });
  }

  clear() {
    this.#options.parts.text.value = "";
    this.#options.store.remove("draft");
    this.#fit();
  }

  say(text) {
    const { notice } = this.#options.parts;
    clearTimeout(this.#noticeEnd);
    notice.hidden = text === "";
    notice.textContent = text;
    if (text) this.#noticeEnd = setTimeout(() => this.say(""), NOTICE_MS);
  }

  #fit() {
    const { text, send } = this.#options.parts;
    text.style.height = "auto";
    text.style.height = `${Math.min(text.scrollHeight, 132)}px`;
    send.disabled = text.value.trim() === "";
  }

  #submit() {
    const { text } = this.#options.parts;
    const said = text.value.trim();
    if (said === "") return;
    if ([...said].length > MAX_TEXT) {
      this.say(t("too_long", { limit: MAX_TEXT }));
      return;
    }
    this.say("");
    this.clear();
    this.#typingOver();
    this.#options.onText(said);
    this.focus();
  }

  #paste(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    this.#take(files);
  }

  #dropZone() {
    const { drop } = this.#options.parts;
    const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
    let depth = 0;
    const show = (on) => {
      drop.hidden = !on;
    };
    addEventListener("dragenter", (event) => {
      if (!hasFiles(event)) return;
      depth += 1;
      show(true);
    });
    addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
    addEventListener("dragleave", (event) => {
      if (hasFiles(event) && (depth -= 1) <= 0) show(false);
    });
    addEventListener("drop", (event) => {
      depth = 0;
      show(false);
      if (!hasFiles(event)) return;
      event.preventDefault();
      this.#take([...event.dataTransfer.files]);
    });
  }

  #take(files) {
    const { max_bytes: limit, types } = this.#options.limits();
    for (const file of files) {
      if (file.size === 0) this.say(t("empty_file", { name: file.name }));
      else if (limit && file.size > limit) this.say(t("too_large", { name: file.name, limit: bytes(limit) }));
      else if (file.type && types && !types.includes(file.type)) this.say(t("type_refused"));
      else this.#options.onFile(file);
    }
  }

  #typing() {
    const { text } = this.#options.parts;
    if (text.value.trim() === "") {
      this.#typingOver();
      return;
    }
    clearTimeout(this.#typingEnd);
    this.#typingEnd = setTimeout(() => this.#typingOver(), TYPING_ENDS_MS);
    if (Date.now() - this.#typedAt < TYPING_EVERY_MS) return;
    this.#typedAt = Date.now();
    this.#options.onTyping(true, text.value);
  }

  #typingOver() {
    clearTimeout(this.#typingEnd);
    if (this.#typedAt === 0) return;
    this.#typedAt = 0;
    this.#options.onTyping(false, "");
  }

  async #toggleEmoji() {
    const { emoji, composer: form, text } = this.#options.parts;
    if (this.#panel) {
      this.#panel.close();
      return;
    }
    const found = await import("./emoji.js").catch(() => null);
    if (found === null || this.#panel) return;
    const { emojiPanel } = found;
    this.#panel = emojiPanel({
      onPick: (character) => {
        text.setRangeText(character, text.selectionStart, text.selectionEnd, "end");
        text.dispatchEvent(new Event("input", { bubbles: true }));
      },
      onClose: () => {
        this.#panel = null;
        emoji.setAttribute("aria-expanded", "false");
      },
      opener: emoji,
    });
    emoji.setAttribute("aria-expanded", "true");
    form.prepend(this.#panel.node);
    this.#panel.focus();
  }
}
