/* emoji.js: a small choice of emoji beside the composer.
 *   emojiButton({ onPick(character) }) -> button   arrows move, Enter picks, Escape closes */

import { el, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";

/* Code points, most used in customer service first. */
const POINTS =
  "1f60a 1f604 1f602 1f970 1f60d 1f609 1f914 1f605 1f622 1f62d 1f631 1f64f 1f44d 1f44c 1f44f 1f44b " +
  "1f4aa 1f91d 1f64c 2764 1f339 1f389 1f381 1f525 2b50 2705 274c 2753 2757 1f4e6 1f69a 1f6d2 " +
  "1f4b0 1f4b3 1f4f1 1f4f7 1f4ce 1f4de 23f0 1f4c5";
const COLUMNS = 8;

export function emojiButton({ onPick }) {
  const buttons = POINTS.split(" ").map((point, at) => {
    const code = Number.parseInt(point, 16);
    const character = String.fromCodePoint(code) + (code < 0x3000 ? "\uFE0F" : "");
    return el("button.emoji", { type: "button", role: "gridcell", tabIndex: at === 0 ? 0 : -1, onclick: () => picked(character) }, character);
  });
  const rows = Array.from({ length: Math.ceil(buttons.length / COLUMNS) }, (_, at) => el("div.emoji-row", { role: "row" }, ...buttons.slice(at * COLUMNS, (at + 1) * COLUMNS)));
  const panel = el("div.menu.floating.emojis", { role: "grid", ariaLabel: t("composer.emoji"), onkeydown: move }, ...rows);
  panel.popover = "auto";
  const button = el("button.icon-button", { type: "button", title: t("composer.emoji"), ariaLabel: t("composer.emoji"), ariaExpanded: "false", ariaHasPopup: "grid", onclick: toggle }, icon("emoji"));
  document.body.append(panel);

  function toggle() {
    if (panel.matches(":popover-open")) return panel.hidePopover();
    const at = button.getBoundingClientRect();
    panel.showPopover();
    panel.style.inset = "auto";
    panel.style.bottom = `${innerHeight - at.top + 4}px`;
    panel.style.left = `${Math.max(8, Math.min(at.left, innerWidth - panel.offsetWidth - 8))}px`;
    buttons[0].focus();
  }

  function picked(character) {
    panel.hidePopover();
    onPick(character);
  }

  function move(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = buttons.indexOf(document.activeElement) + step;
    if (!buttons[next]) return;
    for (const one of buttons) one.tabIndex = one === buttons[next] ? 0 : -1;
    buttons[next].focus();
  }

  panel.addEventListener("toggle", (event) => button.setAttribute("aria-expanded", String(event.newState === "open")));
  return button;
}
