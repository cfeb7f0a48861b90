/* quote.js: a message that is answered to: over the composer, and in the answer itself.
 *   quoteBar({ name, text }, onDrop) -> elements of the bar over the composer
 *   quoteOf(entry, timeline, onJump) -> <blockquote> of what it answers to | null */

import { el, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";

const MOST = 160;

export function quoteBar({ name, text }, onDrop) {
  return [
    icon("quote"),
    el("span.quote-words", {}, name && el("b", {}, name), " ", text),
    el("button.icon-button.small", { type: "button", ariaLabel: t("composer.unquote"), title: t("composer.unquote"), onclick: onDrop }, icon("x")),
  ];
}

export function quoteOf(entry, timeline, onJump) {
  if (!entry.reply_to) return null;
  const quoted = timeline.get(entry.reply_to);
  if (quoted?.kind === "hidden") return el("blockquote.quote", {}, t("hidden"));
  const words = quoted ? (quoted.text ?? quoted.attachment?.name ?? "").slice(0, MOST) : t("quote.earlier");
  return el("blockquote.quote", {}, el("button.quote-jump", { type: "button", title: t("quote.jump"), onclick: () => onJump(entry.reply_to) }, quoted?.sender?.name && el("b", {}, quoted.sender.name), " ", words));
}
