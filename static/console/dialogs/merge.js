/* merge.js: one person who is here twice becomes one: compared side by side, and somebody says which card stays.
 *   await askMerge(desk, row, twin, { onParted() }) -> the visitor that stays | null      twin null: found by a search */

import { el } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { stamp } from "../../shared/time.js";
import { ask, choices } from "../dialog.js";
import { say, visitorName } from "../describe.js";
import { toast } from "../toast.js";

const FIELDS = ["name", "email", "phone", "external_id", "locale", "created_at", "last_seen_at"];
const TITLES = { external_id: "user_id", locale: "language", created_at: "first_seen", last_seen_at: "last_seen" };
/* What makes two cards one person's when it is the same. */
const SAME = new Set(["name", "email", "phone", "external_id"]);
const MOST = 20;
const WAIT_MS = 200;

function shown(name, value) {
  if (value === null || value === undefined || value === "") return "–";
  return name.endsWith("_at") ? stamp(typeof value === "number" ? value : Date.parse(value)) : String(value);
}

function table(pair, keep) {
  const attributes = [...new Set(pair.flatMap((one) => Object.keys(one.attributes ?? {})))].slice(0, 20);
  const line = (title, values, isSame) => el("tr", {}, el("th", { scope: "row" }, title), ...values.map((value) => el("td", { data: { same: isSame } }, value)));
  const radio = (one, at) => el("th", { scope: "col" }, visitorName({ visitor: one }), el("label.keep-choice", {}, el("input", { type: "radio", name: "keep", value: one.id, checked: at === keep }), t("merge.keep")));
  const values = (read) => pair.map(read);
  return el(
    "table.compare",
    {},
    el("thead", {}, el("tr", {}, el("td"), ...pair.map(radio))),
    el(
      "tbody",
      {},
      ...FIELDS.map((name) => {
        const both = values((one) => shown(name, one[name]));
        return line(t(`context.${TITLES[name] ?? name}`), both, SAME.has(name) && both[0] === both[1] && both[0] !== "–");
      }),
      ...attributes.map((name) => line(name, values((one) => shown("", one.attributes?.[name])), false)),
    ),
  );
}

/* Visitors of the same site by name, e-mail, phone or user id. */
async function choose(desk, row) {
  const list = choices({ label: t("merge.who"), placeholder: t("merge.search"), empty: t("merge.none") });
  const search = list.node.querySelector("input");
  let timer = null;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const words = search.value.trim();
      const data = words === "" ? [] : (await desk.api.get("visitors/", { site: row.site, q: words, limit: MOST })).data;
      list.fill(data.filter((one) => one.id !== row.visitor.id).map((one) => ({ id: one.id, visitor: one, name: visitorName({ visitor: one }), search: words, note: [one.email, one.phone].filter(Boolean).join(" · ") })));
    }, WAIT_MS);
  });
  const chosen = await ask({ title: t("merge.title"), lead: t("merge.find"), content: list.node, submit: t("merge.next"), valid: () => list.value() !== null, run: async () => list.value().visitor });
  return chosen;
}

export async function askMerge(desk, row, twin, { onParted }) {
  const other = twin?.visitor ?? (await choose(desk, row));
  if (!other) return null;
  const mine = await desk.visitors.load(row.visitor.id, { fresh: true });
  /* Whoever the site vouches for stays, unless somebody says otherwise. */
  const keep = !mine.external_id && other.external_id ? 1 : 0;
  const content = table([mine, other], keep);
  const kept = () => content.querySelector("input[name=keep]:checked").value;
  const stays = await ask({
    title: t("merge.title"),
    lead: t("merge.lead"),
    content,
    wide: true,
    submit: t("merge.act"),
    run: async () => {
      const into = kept();
      const gone = into === mine.id ? other.id : mine.id;
      return desk.api.post(`visitors/${gone}/merge/`, { into });
    },
  });
  if (stays) {
    desk.visitors.keep(stays);
    const gone = stays.id === mine.id ? other.id : mine.id;
    const undo = async () => {
      await desk.api.delete(`visitors/${gone}/merge/`);
      await onParted();
      toast(t("twins.parted"));
    };
    toast(say("merge.done", { name: visitorName({ visitor: stays }) }), { act: { label: t("act.undo"), run: undo } });
  }
  return stays;
}
