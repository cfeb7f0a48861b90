/* composer-parts.js: the composer's tabs and its bar of buttons.
 *   tabsOf({ onPick(mode), onStep(±1) }) -> { node, of(mode), draw(modes, chosen) }
 *   barOf({ desk, id(), onFiles, onEmoji, onSuggest(name), onSend }) -> { node, draw(mode), state({ ready, left }) } */

import { el, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { emojiButton } from "./emoji.js";
import { macroButton } from "./macros.js";
import { menuButton } from "./menu.js";

const GLYPHS = { reply: "reply", note: "note", whisper: "whisper" };
const KEYS = { reply: "Alt+L", note: "Alt+P" };

export function tabsOf({ onPick, onStep }) {
  const buttons = Object.fromEntries(
    Object.entries(GLYPHS).map(([mode, glyph]) => [
      mode,
      el("button.tab", { type: "button", role: "tab", id: `tab-${mode}`, title: KEYS[mode] ?? "", data: { tab: mode }, onclick: () => onPick(mode), onkeydown: keyed }, icon(glyph), t(`composer.${mode}`)),
    ]),
  );
  for (const button of Object.values(buttons)) button.setAttribute("aria-controls", "composer-box");

  function keyed(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    onStep(step);
  }

  return {
    node: el("div.tabs", { role: "tablist", ariaLabel: t("composer.tabs") }, ...Object.values(buttons)),
    of: (mode) => buttons[mode],
    draw: (modes, chosen) => {
      for (const [mode, button] of Object.entries(buttons)) {
        button.hidden = !modes.includes(mode);
        button.setAttribute("aria-selected", String(mode === chosen));
        button.tabIndex = mode === chosen ? 0 : -1;
      }
    },
  };
}

function picker(accept, glyph, label, onFiles) {
  const input = el("input", {
    type: "file",
    multiple: true,
    accept,
    hidden: true,
    ariaLabel: label,
    onchange: () => {
      onFiles(input.files);
      input.value = "";
    },
  });
  return { input, button: el("button.icon-button", { type: "button", title: label, ariaLabel: label, onclick: () => input.click() }, icon(glyph)) };
}

/* Which key sends is a person's own choice, kept with their other settings. */
function sendChoice(desk) {
  const choice = (enterSends) => ({ name: t(enterSends ? "composer.enter_sends" : "composer.control_sends"), checked: desk.preferences.enterSends() === enterSends, run: () => desk.preferences.setEnterSends(enterSends) });
  return menuButton({ glyph: "chevron", label: t("composer.send_choice"), kind: "icon-button.send-choice", items: () => [choice(true), choice(false)] });
}

export function barOf({ desk, id, onFiles, onEmoji, onSuggest, onSend }) {
  const images = picker("image/*", "image", t("composer.image"), onFiles);
  const files = picker("", "clip", t("composer.file"), onFiles);
  const button = (name, glyph, label) => el("button.icon-button", { type: "button", title: label, ariaLabel: label, data: { opens: name }, onmousedown: (event) => event.preventDefault(), onclick: () => onSuggest(name) }, icon(glyph));
  const canned = button("canned", "bolt", t("composer.canned"));
  const knowledge = button("knowledge", "book", t("composer.knowledge"));
  const mention = button("mention", "at", t("composer.mention"));
  const emoji = emojiButton({ onPick: onEmoji });
  const macros = macroButton(desk, id);
  const count = el("span.composer-over.num", { role: "status" });
  const hint = el("span.composer-hint");
  const send = el("button.button.primary.send", { type: "button", onclick: onSend });
  const node = el("div.composer-bar", {}, emoji, images.button, files.button, canned, knowledge, mention, macros, count, hint, el("span.send-pair", {}, send, sendChoice(desk)), images.input, files.input);
  return {
    node,
    draw: (mode) => {
      const reply = mode === "reply";
      for (const one of [images.button, files.button, canned, knowledge]) one.hidden = !reply;
      mention.hidden = reply;
      send.textContent = t({ reply: "composer.send", note: "composer.save_note", whisper: "composer.send_whisper" }[mode]);
      hint.textContent = t(desk.preferences.enterSends() ? "composer.hint" : "composer.hint_control");
    },
    state: ({ ready, left }) => {
      send.disabled = !ready;
      count.textContent = left === null ? "" : left < 0 ? t("composer.over", { count: -left }) : t("composer.left", { count: left });
      count.dataset.level = left !== null && left < 0 ? "over" : "near";
    },
  };
}
