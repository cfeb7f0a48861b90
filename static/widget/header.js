/* header.js: who is on the other side, and how the conversation stands.
 *   drawHead({ parts, site, agent, status, queue, asked, state, opens }) */

import { el, fill, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { avatar } from "./bubble.js";

function statusText({ status, queue, asked, state, opens }) {
  if (status !== "queued") return t(`status_${status}`);
  if (queue !== null && state !== "away" && state !== "closed") return t("status_in_line");
  if (asked) return t("status_waiting");
  if (state !== "closed") return t(`status_${state}`);
  return opens ? t("status_opens", { when: opens }) : t("status_shut");
}

function brandAvatar(site, size = "") {
  return el(`span.avatar.brand${size && `.${size}`}`, { ariaHidden: "true" }, [...site.name][0]?.toLocaleUpperCase() ?? "");
}

export function drawHead({ parts, site, ...facts }) {
  const { agent, status, asked, state } = facts;
  const person = status === "active" && agent?.name ? agent : null;
  parts.name.textContent = person ? person.name : site.name;
  const text = statusText(facts);
  if (parts.status.textContent !== text) parts.status.textContent = text;
  parts.status.dataset.status = status === "queued" && state === "online" && !asked ? "online" : status;
  const picture = person ? avatar({ kind: "agent", ...person }) : brandAvatar(site);
  picture.id = parts.avatar.id;
  parts.avatar.replaceWith(picture);
  parts.avatar = picture;
}

export function greeting(site) {
  const text = site.greeting || t("welcome");
  const build = () =>
    el("div.hello", {}, brandAvatar(site, "large"), el("p.hello-name", {}, site.name), el("p.hello-text", { dir: "auto" }, text));
  return { text, build };
}

export function drawTool(node, glyph, key) {
  fill(node, icon(glyph));
  node.title = t(key);
  node.setAttribute("aria-label", t(key));
}
