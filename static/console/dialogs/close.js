/* close.js: closing with a word about what it was. Nothing is remembered from the last time: every conversation is its own.
 *   await askClose(desk, row) -> true | null      categoryRequired(desk, row) -> bool */

import { el } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { ask, field, textarea } from "../dialog.js";
import { say, visitorName } from "../describe.js";

const MOST_SUMMARY = 2000;

function flat(categories) {
  return categories.flatMap((one) => [one, ...flat(one.children ?? [])]);
}

async function categories(desk, row) {
  try {
    return flat((await desk.api.get("close-categories/", { site: row.site, limit: 100 })).data);
  } catch (error) {
    if (!error?.code) throw error;
    return [];
  }
}

export function categoryRequired(desk, row) {
  return Boolean(desk.config.sites.find((site) => site.id === row.site)?.require_category);
}

export async function askClose(desk, row) {
  const required = categoryRequired(desk, row);
  const known = await categories(desk, row);
  const needed = required && known.length > 0;
  const category = el("select.input", { required: needed, autofocus: known.length > 0 }, el("option", { value: "" }, t(needed ? "close.choose" : "close.no_category")), ...known.map((one) => el("option", { value: one.id }, one.path)));
  const summary = textarea({ maxLength: MOST_SUMMARY, rows: 4, placeholder: t("close.summary_hint"), autofocus: known.length === 0 });
  return ask({
    title: say("close.title", { name: visitorName(row) }),
    content: [known.length > 0 && field(t("close.category"), category, needed ? t("close.required") : null), field(t("close.summary"), summary)].filter(Boolean),
    submit: t("act.close"),
    valid: () => !needed || category.value !== "",
    run: async () => {
      const path = known.find((one) => one.id === category.value)?.path ?? null;
      await desk.acts.close(row.id, { summary: summary.value, category: path });
      return true;
    },
  });
}
