/* lightbox.js: one picture, large. openLightbox({ src, name, href }); Escape, the button or the ground closes it. */

import { trapFocus } from "../shared/focus.js";
import { el, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import "./extras.js";

export function openLightbox({ src, name, href }) {
  let release = () => {};
  const close = () => {
    release();
    box.remove();
  };
  const box = el(
    "div.lightbox",
    { role: "dialog", ariaModal: "true", ariaLabel: name, onclick: (event) => event.target === box && close() },
    el("img", { src, alt: name }),
    el(
      "div.lighttools",
      {},
      href
        ? el("a.tool", { href, target: "_blank", rel: "noopener", download: name, ariaLabel: t("download"), title: t("download") }, icon("download"))
        : null,
      el("button.tool", { type: "button", autofocus: true, ariaLabel: t("close"), title: t("close"), onclick: close }, icon("close")),
    ),
  );
  document.body.append(box);
  release = trapFocus(box, close);
}
