/* keys.js: shortcuts and the sheet that lists them.
 *   bindKeys({ next, previous, close, accept, view(name), search, reply, note, escape })
 * Alt+letter works while writing too; `?` and `/` only outside of text fields. */

import { composing } from "../shared/a11y.js";
import { el, fill } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { VIEWS } from "./rows.js";

const SHEET = [
  [["Alt", "J"], "keys.next"],
  [["Alt", "K"], "keys.previous"],
  [["Alt", "A"], "keys.accept"],
  [["Alt", "E"], "keys.close"],
  [["Alt", "R"], "keys.reply"],
  [["Alt", "N"], "keys.note"],
  [["Alt", "1…4"], "keys.views"],
  [["/"], "keys.search"],
  [["Enter"], "keys.send"],
  [["Shift", "Enter"], "keys.newline"],
  [["Esc"], "keys.escape"],
  [["?"], "keys.help"],
];

/* By place on the keyboard, because Option+letter makes another character on a Mac. */
const BY_CODE = { KeyJ: "next", KeyK: "previous", KeyA: "accept", KeyE: "close", KeyR: "reply", KeyN: "note" };

function isWriting(target) {
  return target instanceof HTMLElement && (target.matches("input, textarea, select") || target.isContentEditable);
}

export function bindKeys(acts) {
  const help = document.getElementById("help");
  fill(
    document.getElementById("help-keys"),
    ...SHEET.map(([keys, word]) => el("div.key-row", {}, el("dt", {}, ...keys.map((key) => el("kbd", {}, key))), el("dd", {}, t(word)))),
  );
  const openHelp = () => {
    document.getElementById("menu").hidePopover?.();
    if (!help.open) help.showModal();
  };
  document.getElementById("help-close").addEventListener("click", () => help.close());
  document.getElementById("open-help").addEventListener("click", openHelp);
  help.addEventListener("click", (event) => event.target === help && help.close());

  document.addEventListener("keydown", (event) => {
    if (composing(event) || event.ctrlKey || event.metaKey) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.altKey) {
      const name = BY_CODE[event.code];
      const view = /^Digit([1-4])$/.exec(event.code);
      if (name) acts[name]();
      else if (view) acts.view(VIEWS[Number(view[1]) - 1]);
      else return;
      event.preventDefault();
      return;
    }
    if (event.key === "Escape") {
      acts.escape();
      return;
    }
    if (isWriting(event.target)) return;
    if (event.key === "?") {
      event.preventDefault();
      openHelp();
    } else if (event.key === "/") {
      event.preventDefault();
      acts.search();
    }
  });
}
