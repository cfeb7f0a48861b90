/* keys.js: shortcuts and the sheet that lists them.
 *   bindKeys({ next, previous, close, accept, view(number), search, reply, note, escape, palette, pickAll, pick })
 * Alt+letter and Ctrl+K work while writing too, never while an input method composes; single keys only outside of text fields. */

import { composing } from "../shared/a11y.js";
import { el, fill } from "../shared/dom.js";
import { t } from "../shared/i18n.js";

const SHEET = [
  ["keys.group.go", [[["Ctrl", "K"], "keys.palette"], [["Alt", "J"], "keys.next"], [["Alt", "K"], "keys.previous"], [["Alt", "1…6"], "keys.views"], [["/"], "keys.search"], [["Esc"], "keys.escape"]]],
  ["keys.group.act", [[["Alt", "A"], "keys.accept"], [["Alt", "E"], "keys.close"], [["Alt", "Shift", "E"], "keys.close_with"], [["Alt", "L"], "keys.reply"], [["Alt", "P"], "keys.note"], [["Enter"], "keys.send"], [["Shift", "Enter"], "keys.newline"]]],
  ["keys.group.list", [[["X"], "keys.pick"], [["Shift", "X"], "keys.pick_range"], [["Ctrl", "A"], "keys.pick_all"]]],
  ["keys.group.write", [[["/"], "keys.canned"], [["@"], "keys.mention"], [["::"], "keys.knowledge"], [["?"], "keys.help"]]],
];

/* By place on the keyboard, because Option+letter makes another character on a Mac. */
const BY_CODE = { KeyJ: "next", KeyK: "previous", KeyA: "accept", KeyE: "close", KeyL: "reply", KeyP: "note" };

function isWriting(target) {
  return target instanceof HTMLElement && (target.matches("input:not([type=checkbox]), textarea, select") || target.isContentEditable);
}

function row([keys, word]) {
  return el("div.key-row", {}, el("dt", {}, ...keys.map((key) => el("kbd", {}, key))), el("dd", {}, t(word)));
}

export function bindKeys(acts) {
  const help = document.getElementById("help");
  fill(
    document.getElementById("help-keys"),
    ...SHEET.map(([name, rows]) => el("section.key-group", {}, el("h3", {}, t(name)), el("dl", {}, ...rows.map(row)))),
  );
  const openHelp = () => {
    document.getElementById("menu").hidePopover?.();
    if (!help.open) help.showModal();
  };
  document.getElementById("help-close").addEventListener("click", () => help.close());
  document.getElementById("open-help").addEventListener("click", openHelp);
  help.addEventListener("click", (event) => event.target === help && help.close());

  document.addEventListener("keydown", (event) => {
    if (composing(event) || event.defaultPrevented) return;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.code === "KeyK") {
      event.preventDefault();
      if (!document.querySelector("dialog[open]:not(.palette)")) acts.palette();
      return;
    }
    if (document.querySelector("dialog[open]")) return;
    if (event.altKey && !event.ctrlKey && !event.metaKey) {
      const name = BY_CODE[event.code];
      const view = /^Digit([1-7])$/.exec(event.code);
      if (name) acts[name]();
      else if (view) acts.view(Number(view[1]));
      else return;
      event.preventDefault();
      return;
    }
    if (event.key === "Escape") {
      acts.escape();
      return;
    }
    if (isWriting(event.target)) return;
    if (event.ctrlKey || event.metaKey) {
      if (event.code !== "KeyA" || !event.target.closest("#list-pane")) return;
      event.preventDefault();
      acts.pickAll();
      return;
    }
    if (event.key === "?") {
      event.preventDefault();
      openHelp();
    } else if (event.key === "/") {
      event.preventDefault();
      acts.search();
    } else if (event.code === "KeyX" && event.target.closest("#rows")) {
      event.preventDefault();
      acts.pick(event.target.closest("li").dataset.id, event);
    }
  });
  return { openHelp };
}
