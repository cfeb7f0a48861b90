/* composer.js: writing: text that grows, Enter, paste, drag, files, typing signals, a draft that survives a reload.
 *   const c = new Composer({ parts, store, limits() -> { max_bytes, types }, onText(text), onFile(file), onTyping(on, text) });
 *   c.relabel(placeholderKey)   c.focus()   c.clear()   c.restore()   c.say(text | "")   a line above the field, read aloud */

import { composing } from "../shared/a11y.js";
import { el, fill, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";

const MAX_TEXT = 8000;
const TYPING_EVERY_MS = 3_000;
const TYPING_ENDS_MS = 5_000;
const NOTICE_MS = 6_000;

export class Composer {
  #options;
  #typedAt = 0;
  #typingEnd = null;
  #noticeEnd = null;

  constructor(options) {
    this.#options = options;
    const { composer: form, text, attach, emoji, send } = options.parts;
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
    text.addEventListener("blur", () => this.#typingOver());
    emoji.addEventListener("click", () =>
      import("./emoji.js").then(
        ({ toggleEmoji }) => toggleEmoji(options.parts),
        () => {},
      ),
    );
    /* Files come by button, paste and drag: a part that nobody misses in the first moment. */
    import("./composer-files.js").then(
      ({ takeFiles }) => takeFiles({ ...options, say: (line) => this.say(line) }),
      () => attach.remove(),
    );
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
}
