/* emoji.js: a small built-in choice of emoji; arrow keys move, Enter picks, Escape closes.
 *   toggleEmoji({ emoji, composer, text }): the parts of the composer: its button, its form, its field */

import { trapFocus } from "../shared/focus.js";
import { el } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import "./extras.js";

/* Code points, most used in customer service first. */
const POINTS =
  "1f600 1f604 1f602 1f60a 1f60d 1f618 1f609 1f60e 1f914 1f605 1f622 1f62d 1f621 1f631 1f634 1f64f " +
  "1f44d 1f44e 1f44c 1f44f 1f44b 1f4aa 1f91d 1f64c 2764 1f494 1f339 1f389 1f381 1f525 2b50 2705 " +
  "274c 2753 2757 1f4e6 1f69a 1f6d2 1f4b0 1f4b3 1f4f1 1f4f7 1f4ce 1f4de 23f0 1f4c5 1f37a 1f382";
const COLUMNS = 8;

function emojiPanel({ onPick, onClose, opener }) {
  let release = () => {};
  const buttons = POINTS.split(" ").map((point, index) => {
    const code = Number.parseInt(point, 16);
    const character = String.fromCodePoint(code) + (code < 0x3000 ? "\uFE0F" : "");
    return el(
      "button.emoji",
      { type: "button", tabIndex: index === 0 ? 0 : -1, onclick: () => onPick(character) },
      character,
    );
  });
  const node = el("div.emojis", { role: "dialog", ariaLabel: t("emoji") }, ...buttons);

  function move(event) {
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    const from = buttons.indexOf(document.activeElement);
    const to = buttons[from + step];
    if (!to) return;
    buttons[from].tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  }

  function outside(event) {
    if (!node.contains(event.target) && !opener.contains(event.target)) close();
  }

  function close() {
    document.removeEventListener("pointerdown", outside);
    release();
    node.remove();
    onClose();
  }

  node.addEventListener("keydown", move);
  document.addEventListener("pointerdown", outside);
  return {
    node,
    close,
    focus() {
      release = trapFocus(node, close);
    },
  };
}

let panel = null;

export function toggleEmoji({ emoji, composer, text }) {
  if (panel) return panel.close();
  panel = emojiPanel({
    onPick: (character) => {
      text.setRangeText(character, text.selectionStart, text.selectionEnd, "end");
      text.dispatchEvent(new Event("input", { bubbles: true }));
    },
    onClose: () => {
      panel = null;
      emoji.setAttribute("aria-expanded", "false");
    },
    opener: emoji,
  });
  emoji.setAttribute("aria-expanded", "true");
  composer.prepend(panel.node);
  panel.focus();
}
