/* close.js: closing with a word about what it was. Nothing is remembered from the last time: every conversation is its own.
 *   await askClose(desk, row) -> true | null      categoryRequired(desk, row) -> bool
 *   await askCategory(desk, rows) -> words | null   only what closing many of them needs */

import { el } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { ask, field, textarea } from "../dialog.js";
import { say, visitorName } from "../describe.js";

const MOST_SUMMARY = 2000;
const MOST_CATEGORY = 100;

function flat(categories) {
  return categories.flatMap((one) => [one, ...flat(one.children ?? [])]);
}

/* -> words of the categories that every one of these rows' sites has */
async function categories(desk, rows) {
  const sites = [...new Set(rows.map((row) => row.site))];
  try {
    const known = await Promise.all(sites.map(async (site) => flat((await desk.api.get("close-categories/", { site, limit: 100 })).data).map((one) => one.path)));
    return known[0].filter((path) => known.every((others) => others.includes(path)));
  } catch (error) {
    if (!error?.code) throw error;
    return [];
  }
}

export function categoryRequired(desk, row) {
  return Boolean(desk.config.sites.find((site) => site.id === row?.site)?.require_category);
}

/* A select of what there is; where a category is needed and none was made, its words are written. */
function picker(known, needed) {
  const written = needed && known.length === 0;
  const control = written
    ? el("input.input", { maxLength: MOST_CATEGORY, required: true, autofocus: true, autocomplete: "off" })
    : el("select.input", { required: needed, autofocus: true }, el("option", { value: "" }, t(needed ? "close.choose" : "close.no_category")), ...known.map((path) => el("option", { value: path }, path)));
  return { node: field(t("close.category"), control, needed ? t("close.required") : null), value: () => control.value.trim() };
}

export async function askClose(desk, row) {
  const needed = categoryRequired(desk, row);
  const known = await categories(desk, [row]);
  const category = needed || known.length > 0 ? picker(known, needed) : null;
  const summary = textarea({ maxLength: MOST_SUMMARY, rows: 4, placeholder: t("close.summary_hint"), autofocus: category === null });
  return ask({
    title: say("close.title", { name: visitorName(row) }),
    content: [category?.node, field(t("close.summary"), summary)].filter(Boolean),
    submit: t("act.close"),
    valid: () => !needed || category.value() !== "",
    run: async () => {
      await desk.acts.close(row.id, { summary: summary.value, category: category?.value() || null });
      return true;
    },
  });
}

export async function askCategory(desk, rows) {
  const category = picker(await categories(desk, rows), true);
  return ask({
    title: t("bulk.close_title", { count: rows.length }),
    content: [category.node],
    submit: t("act.close"),
    valid: () => category.value() !== "",
    run: async () => category.value(),
  });
}
