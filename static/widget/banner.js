/* banner.js: whether the line is up, in words.   const b = new Banner(node, onRetry)   b.show(connectionState, errorCode) */

import { el, fill, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";

const PATIENCE_MS = 1_500;

export class Banner {
  #node;
  #timer = null;
  #onRetry;

  constructor(node, onRetry) {
    this.#node = node;
    this.#onRetry = onRetry;
  }

  /* A blip of the line is not worth a word; a second and a half of it is. */
  show(state, code) {
    clearTimeout(this.#timer);
    const words = { offline: "offline", reconnecting: code === "rate_limited" ? "busy" : "reconnecting", refused: this.#refusal(code) };
    const key = words[state.name];
    if (key === undefined) {
      if (state.name === "open") this.#hide();
      return;
    }
    if (state.name === "reconnecting" && this.#node.hidden) {
      this.#timer = setTimeout(() => this.#write(state.name, key), PATIENCE_MS);
    } else {
      this.#write(state.name, key);
    }
  }

  #refusal(code) {
    if (code === "blocked") return "blocked";
    return code === "not_found" ? "unknown_site" : "refused";
  }

  #write(name, key) {
    this.#node.hidden = false;
    this.#node.dataset.state = name;
    fill(
      this.#node,
      icon(name === "reconnecting" ? "clock" : "alert"),
      el("span", {}, t(key)),
      name === "refused" ? el("button.link", { type: "button", onclick: this.#onRetry }, t("retry")) : null,
    );
  }

  #hide() {
    this.#node.hidden = true;
    this.#node.replaceChildren();
  }
}
