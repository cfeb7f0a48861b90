/* header.js: who is on the other side, how the conversation stands, and whether the line is up.
 *   drawHead({ parts, site, agent, status, queue, asked })   Banner: show(connectionState, errorCode) */

import { el, fill, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { avatar } from "./bubble.js";

const PATIENCE_MS = 1_500;

function statusText({ status, queue, asked }) {
  if (status === "active") return t("status_active");
  if (status === "closed") return t("status_closed");
  if (status === "bot") return t("status_bot");
  if (queue?.position > 0) {
    const minutes = Math.ceil((queue.eta_s ?? 0) / 60);
    return minutes > 0 ? t("status_line_eta", { position: queue.position, minutes }) : t("status_line", { position: queue.position });
  }
  return t(asked ? "status_waiting" : "status_queued");
}

export function brandAvatar(site, size = "") {
  return el(`span.avatar.brand${size && `.${size}`}`, { ariaHidden: "true" }, [...site.name][0]?.toLocaleUpperCase() ?? "");
}

export function drawHead({ parts, site, agent, status, queue, asked }) {
  const person = status === "active" && agent?.name ? agent : null;
  parts.name.textContent = person ? person.name : site.name;
  parts.status.textContent = statusText({ status, queue, asked });
  parts.status.dataset.status = status;
  const picture = person ? avatar({ kind: "agent", ...person }) : brandAvatar(site);
  picture.id = parts.avatar.id;
  parts.avatar.replaceWith(picture);
  parts.avatar = picture;
}

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
