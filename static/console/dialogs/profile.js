/* profile.js: all of a visitor's contact data at once.
 *   await askProfile(desk, visitorId) -> visitor | null */

import { el } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { ask, field } from "../dialog.js";
import { toast } from "../toast.js";

const FIELDS = [
  ["name", "text", 100],
  ["email", "email", 254],
  ["phone", "tel", 32],
  ["locale", "text", 16],
];

export async function askProfile(desk, visitorId) {
  const visitor = await desk.visitors.load(visitorId);
  const inputs = Object.fromEntries(FIELDS.map(([name, type, most]) => [name, el("input.input", { type, maxLength: most, value: visitor[name] ?? "", autocomplete: "off" })]));
  const changed = () => FIELDS.map(([name]) => name).filter((name) => inputs[name].value.trim() !== (visitor[name] ?? ""));
  const saved = await ask({
    title: t("profile.title"),
    lead: visitor.verified || visitor.external_id ? t("profile.verified") : null,
    content: FIELDS.map(([name]) => field(t(name === "locale" ? "context.language" : `context.${name}`), inputs[name])),
    submit: t("act.save"),
    valid: () => changed().length > 0,
    run: () => desk.visitors.patch(visitorId, Object.fromEntries(changed().map((name) => [name, inputs[name].value.trim() || null]))),
  });
  if (saved) toast(t("profile.saved"));
  return saved;
}
