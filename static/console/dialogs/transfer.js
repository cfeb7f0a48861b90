/* transfer.js: to whom a conversation goes: a colleague, a group, the bot; with a word to whoever takes it.
 *   await askTransfer(desk, row) -> name of who has it now | null
 *   searching(desk, options) -> onSearch of choices()
 *   people(desk, { except }) -> options of colleagues, who can take something first */

import { icon, el } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { ask, choices, field, textarea } from "../dialog.js";
import { say, visitorName } from "../describe.js";

const ORDER = { online: 0, busy: 1, away: 2, offline: 3 };
const MOST_NOTE = 1000;

export function people(desk, { except = [], row = null } = {}) {
  const gone = new Set(except.filter(Boolean));
  return [...desk.people.agents.values()]
    .filter((agent) => !gone.has(agent.id) && (!agent.sites || !row || agent.sites.some((site) => (site.id ?? site) === row.site)))
    .sort((a, b) => (ORDER[a.status] ?? 3) - (ORDER[b.status] ?? 3) || share(a) - share(b) || a.name.localeCompare(b.name))
    .map((agent) => ({
      id: `a:${agent.id}`,
      person: agent,
      name: agent.name,
      search: (agent.groups ?? []).map((group) => group.name).join(" "),
      status: agent.status ?? "offline",
      note: [t(`presence.${agent.status ?? "offline"}`), agent.status !== "online" && agent.reason].filter(Boolean).join(" · "),
      aside: agent.capacity ? `${agent.load ?? 0}/${agent.capacity}` : "",
    }));
}

/* For choices(): whoever is not among those known is asked for by name. */
export function searching(desk, options) {
  return async (words) => ((await desk.people.find(words)) ? options() : null);
}

function share(agent) {
  return agent.capacity ? (agent.load ?? 0) / agent.capacity : 0;
}

function groups(desk, row) {
  return desk.people.groups
    .filter((group) => group.is_enabled !== false)
    .map((group) => ({
      id: `g:${group.id}`,
      group,
      name: group.name,
      glyph: "group",
      note: row.group?.id === group.id ? t("transfer.same_group") : "",
      aside: [group.online !== undefined && t("transfer.online", { count: group.online }), group.waiting !== undefined && t("transfer.waiting", { count: group.waiting })].filter(Boolean).join(" · "),
    }));
}

function options(desk, row) {
  const agents = people(desk, { except: [row.agent?.id, desk.self.id], row });
  const all = groups(desk, row);
  const bot = desk.config.sites.find((site) => site.id === row.site)?.bot && row.status !== "bot" ? [{ id: "bot", bot: true, name: t("bot"), glyph: "bot", note: t("transfer.bot") }] : [];
  return [
    ...(agents.length > 0 ? [{ heading: t("transfer.people"), id: "h:a" }, ...agents] : []),
    ...(all.length + bot.length > 0 ? [{ heading: t("transfer.groups"), id: "h:g" }, ...all, ...bot] : []),
  ];
}

export async function askTransfer(desk, row) {
  const note = textarea({ maxLength: MOST_NOTE, rows: 2, placeholder: t("transfer.note_hint") });
  const list = choices({ label: t("transfer.to"), placeholder: t("transfer.search"), empty: t("transfer.none"), options: options(desk, row), onSearch: searching(desk, () => options(desk, row)) });
  desk.people.load({ fresh: true }).then(() => list.fill(options(desk, row)));
  const chosen = () => list.value();
  return ask({
    title: say("transfer.title", { name: visitorName(row) }),
    content: [list.node, field(t("transfer.note"), note), el("p.ask-hint", {}, icon("note"), t("transfer.hint"))],
    submit: t("act.transfer"),
    valid: () => chosen() !== null,
    run: async () => {
      const { person, group, bot, name } = chosen();
      await desk.acts.transfer(row.id, { agent: person?.id ?? null, group: group?.id ?? null, bot: Boolean(bot), note: note.value });
      return name;
    },
  });
}
