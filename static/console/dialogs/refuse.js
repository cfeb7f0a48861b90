/* refuse.js: giving back what was given and not yet accepted.
 *   await askRefuse(desk, row) -> true | null */

import { el } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { ask, field } from "../dialog.js";

const MOST = 200;

export function askRefuse(desk, row) {
  const reason = el("input.input", { type: "text", maxLength: MOST, autocomplete: "off", autofocus: true });
  const reasons = ["busy", "skill", "break"].map((name) =>
    el("button.chip", {
      type: "button",
      onclick: () => {
        reason.value = t(`refuse.${name}`);
        reason.focus();
      },
    }, t(`refuse.${name}`)),
  );
  return ask({
    title: t("refuse.title"),
    lead: t("refuse.lead"),
    content: [field(t("refuse.reason"), reason), el("div.chips", {}, ...reasons)],
    submit: t("act.refuse"),
    run: async () => {
      await desk.acts.refuse(row.id, reason.value.trim());
      return true;
    },
  });
}
