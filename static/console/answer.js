/* answer.js: the bot's answer in the thread: its Markdown, where it comes from, the ways to go on it offered.
 *   isAnswer(entry) -> bool      answer(entry) -> [Element]      sourceList(sources) -> Element | null
 *   plain(markdown) -> the words as they are sent: no marks, lists as lines */

import { el, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { address, blocks } from "../shared/markdown.js";

export function isAnswer(entry) {
  return entry.kind === "card" && entry.card?.type === "answer";
}

export function answer(entry) {
  const { markdown, sources, choices, card } = entry.card;
  return [
    el("div.rich", { dir: "auto" }, ...blocks(markdown ?? entry.text ?? "")),
    card?.title && el("span.card", {}, el("span.card-words", {}, el("span.card-title", {}, String(card.title)), card.text && el("span.card-text", {}, String(card.text)))),
    choices?.length > 0 && el("ul.offered", { ariaLabel: t("answer.choices") }, ...choices.map(({ text }) => el("li", {}, text))),
    sourceList(sources),
  ].filter(Boolean);
}

export function sourceList(sources) {
  if (!sources?.length) return null;
  return el(
    "p.answer-sources",
    {},
    icon("book"),
    el("span.sr-only", {}, t("answer.sources")),
    ...sources.map(({ title, url }) => {
      const href = url && address(url);
      return href ? el("a", { href, target: "_blank", rel: "noopener noreferrer" }, title) : el("span", {}, title);
    }),
  );
}

export function plain(markdown) {
  return blocks(markdown).map(lineOf).join("\n\n").trim();
}

function lineOf(node) {
  if (node.localName === "ul" || node.localName === "ol") {
    const from = node.start > 0 ? node.start : 1;
    return [...node.children].map((item, at) => `${node.localName === "ol" ? `${from + at}.` : "•"} ${item.textContent}`).join("\n");
  }
  if (node.localName === "div") return [...node.querySelectorAll("tr")].map((row) => [...row.children].map((cell) => cell.textContent).join("  ")).join("\n");
  return [...node.childNodes].map(textOf).join("");
}

/* A link's words without its address would lead nowhere. */
function textOf(node) {
  if (node.localName === "br") return "\n";
  if (node.localName !== "a") return node.textContent;
  const href = node.getAttribute("href");
  const at = href.startsWith("/") ? location.origin + href : href.replace(/^(mailto|tel):/i, "");
  return node.textContent === at || node.textContent === href ? at : `${node.textContent} ${at}`;
}
