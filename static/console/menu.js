/* menu.js: a button that opens a small menu (a popover: Escape and a click elsewhere close it, arrows move).
 *   menuButton({ glyph, label, items }) -> button
 *     items() -> [{ name, glyph, keys, run, checked, danger, off } | null (a line) | { heading } | { text }]; asked each time it opens, may be a promise */

import { el, fill, icon } from "../shared/dom.js";

let made = 0;

function entry(item, close) {
  if (item === null) return el("hr", { role: "separator" });
  if (item.heading) return el("p.menu-heading", { role: "presentation" }, item.heading);
  if (item.text) return el("p.menu-text", { role: "presentation" }, item.text);
  const isChoice = item.checked !== undefined;
  const node = el(
    item.danger ? "button.menu-item.danger" : "button.menu-item",
    {
      type: "button",
      role: isChoice ? "menuitemradio" : "menuitem",
      tabIndex: -1,
      disabled: item.off ?? false,
      onclick: () => {
        close();
        item.run();
      },
    },
    isChoice ? (item.checked ? icon("check") : el("span.icon")) : item.glyph && icon(item.glyph),
    el("span.menu-name-of", {}, item.name),
    item.keys && el("kbd", {}, item.keys),
  );
  if (isChoice) node.setAttribute("aria-checked", String(item.checked));
  return node;
}

export function menuButton({ glyph, label, items, kind = "icon-button" }) {
  const panel = el("div.menu.floating", { id: `menu-${(made += 1)}`, role: "menu", ariaLabel: label });
  panel.popover = "auto";
  const button = el(`button.${kind}`, { type: "button", title: label, ariaLabel: label, ariaHasPopup: "menu", ariaExpanded: "false" }, icon(glyph));
  button.setAttribute("aria-controls", panel.id);
  document.body.append(panel);

  function close() {
    panel.hidePopover();
  }

  function place() {
    const at = button.getBoundingClientRect();
    const above = at.top > innerHeight / 2;
    panel.style.inset = "auto";
    panel.style[above ? "bottom" : "top"] = `${above ? innerHeight - at.top + 4 : at.bottom + 4}px`;
    const right = innerWidth - at.right;
    if (at.left > innerWidth / 2) panel.style.right = `${Math.max(8, right)}px`;
    else panel.style.left = `${Math.max(8, at.left)}px`;
  }

  button.addEventListener("click", async () => {
    if (panel.matches(":popover-open")) return close();
    const list = await items();
    fill(panel, ...list.filter((item) => item !== false && item !== undefined).map((item) => entry(item, close)));
    panel.showPopover();
    place();
    panel.querySelector("button:not(:disabled)")?.focus();
  });
  panel.addEventListener("toggle", (event) => {
    const open = event.newState === "open";
    button.setAttribute("aria-expanded", String(open));
    if (!open && (panel.contains(document.activeElement) || document.activeElement === document.body)) button.focus();
  });
  panel.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [...panel.querySelectorAll("button:not(:disabled)")];
    const at = all.indexOf(document.activeElement);
    all[(at + step + all.length) % all.length]?.focus();
  });
  return button;
}
