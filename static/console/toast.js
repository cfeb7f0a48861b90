/* toast.js: short words at the edge of the screen.
 *   toast(text, { kind: "info" | "failed", act: { label, run } })   stays 6 s, longer while the pointer or focus is on it */

import { el, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";

const STAY_MS = 6_000;
const MOST = 3;

export function toast(text, { kind = "info", act = null } = {}) {
  const area = document.getElementById("toasts");
  let timer;
  const leave = () => {
    clearTimeout(timer);
    node.remove();
  };
  const stay = () => {
    clearTimeout(timer);
    timer = setTimeout(leave, STAY_MS);
  };
  const node = el(
    "div.toast",
    { data: { kind }, onpointerenter: () => clearTimeout(timer), onpointerleave: stay, onfocusin: () => clearTimeout(timer), onfocusout: stay },
    el("span.toast-text", {}, text),
    act &&
      el("button.toast-act", {
        type: "button",
        onclick: () => {
          leave();
          act.run();
        },
      }, act.label),
    el("button.icon-button", { type: "button", ariaLabel: t("act.dismiss"), onclick: leave }, icon("x")),
  );
  area.append(node);
  while (area.children.length > MOST) area.firstElementChild.remove();
  stay();
  return leave;
}
