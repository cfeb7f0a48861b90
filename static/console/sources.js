/* sources.js: what the composer's list offers: canned replies (/), colleagues (@), the knowledge base (::).
 *   canned(desk, current)   mentions(desk, current)   knowledge(desk, current)     current() -> { id, mode }
 *   await used(desk, reply, id) -> a canned reply's words, filled in for a conversation
 *   mentioned(text, agents) -> the agents a note names     valuesOf(desk, id) -> what variables stand for in a conversation */

import { el, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { blocks } from "../shared/markdown.js";
import { plain } from "./answer.js";
import { percent } from "./brief.js";
import { say } from "./describe.js";
import { filled } from "./variables.js";

const MOST = 25;
const MOST_COLLEAGUES = 8;
const MOST_ANSWERS = 8;
const MOST_QUERY = 300;

export function canned(desk, current) {
  const kept = new Map();
  let keptFor = null;
  return {
    name: "canned",
    glyph: "bolt",
    title: t("suggest.canned"),
    live: () => current().mode === "reply",
    /* At the start of a line or after a space: "1/2" and addresses are not questions. */
    match: (before) => {
      const found = /(?:^|\s)\/([^\s/]{0,40})$/.exec(before);
      return found && { query: found[1], from: before.length - found[1].length - 1 };
    },
    find: async (query) => {
      const { id } = current();
      if (keptFor !== id) {
        kept.clear();
        keptFor = id;
      }
      if (!kept.has(query)) kept.set(query, (await desk.api.get("canned-replies/", { q: query || null, conversation: id, limit: MOST })).data);
      return kept.get(query).map((reply) => ({
        id: reply.id,
        label: reply.title,
        hint: `/${reply.shortcut}`,
        aside: reply.shared ? (reply.group?.name ?? "") : t("suggest.own"),
        preview: [el("p.suggest-words", {}, ...filled(reply.text, valuesOf(desk, id)))],
        insert: () => used(desk, reply, id),
      }));
    },
    empty: (query) => (query ? say("suggest.canned_none", { query }) : t("suggest.canned_empty")),
    placed: (text, words) => chooseGap(text, words),
  };
}

/* The server fills the gaps and counts; without it the page does what it can. */
export async function used(desk, reply, id) {
  try {
    return (await desk.api.post(`canned-replies/${reply.id}/use/`, { conversation: id })).text;
  } catch (error) {
    if (!error?.code) throw error;
    return filled(reply.text, valuesOf(desk, id))
      .map((part) => (typeof part === "string" ? part : part.textContent))
      .join("");
  }
}

/* What could not be filled in is marked, so that the next letter replaces it. */
function chooseGap(text, words) {
  const gap = /\{\{[^}]+\}\}/.exec(words);
  if (!gap) return;
  const from = text.selectionStart - words.length + gap.index;
  text.setSelectionRange(from, from + gap[0].length);
}

export function mentions(desk, current) {
  return {
    name: "mention",
    glyph: "at",
    title: t("suggest.mention"),
    live: () => current().mode !== "reply",
    /* Chinese has no space before an @, addresses have a letter. */
    match: (before) => {
      const found = /(?:^|[^\w.+-])@([^\s@]{0,30})$/.exec(before);
      return found && { query: found[1], from: before.length - found[1].length - 1 };
    },
    find: async (query) => {
      await desk.people.load();
      await desk.people.find(query);
      const words = query.toLowerCase();
      return [...desk.people.agents.values()]
        .filter((agent) => agent.id !== desk.self.id && `${agent.name} ${agent.pinyin ?? ""}`.toLowerCase().includes(words))
        .slice(0, MOST_COLLEAGUES)
        .map((agent) => ({
          id: agent.id,
          label: agent.name,
          status: agent.status ?? "offline",
          aside: t(`presence.${agent.status ?? "offline"}`),
          insert: () => `@${agent.name} `,
        }));
    },
    empty: () => t("suggest.mention_none"),
  };
}

export function mentioned(text, agents) {
  return [...agents].filter((agent) => agent.name && text.includes(`@${agent.name}`)).map(({ id, name }) => ({ id, name }));
}

/* The knowledge base of the conversation's site; nothing typed yet: what fits the visitor's last words. */
export function knowledge(desk, current) {
  let filled = true;
  const asked = (query) => query.trim() || (desk.timeline(current().id).entries().findLast((entry) => entry.sender?.kind === "visitor" && entry.text)?.text ?? "");
  return {
    name: "knowledge",
    glyph: "book",
    title: t("suggest.knowledge"),
    live: () => current().mode === "reply",
    match: (before) => {
      const found = /::([^\n:]{0,60})$/.exec(before);
      return found && { query: found[1], from: before.length - found[1].length - 2 };
    },
    find: async (query) => {
      const site = desk.config.sites.find((one) => one.id === desk.rows.get(current().id)?.site);
      const words = asked(query);
      if (!site || words === "") return [];
      const { release, results } = await desk.api.get("knowledge/search/", { q: words.slice(0, MOST_QUERY), site: site.id, limit: MOST_ANSWERS });
      filled = release > 0;
      return results.map(({ id, title, answer, category, score, url }) => ({
        id,
        label: title,
        hint: category,
        aside: percent(score),
        preview: [el("div.rich.suggest-words", { dir: "auto" }, ...blocks(answer))],
        insert: () => plain(answer),
        link: url ? () => new URL(`${site.help}${url}`, location.origin).href : null,
      }));
    },
    empty: (query) =>
      filled ? (query.trim() ? say("suggest.knowledge_none", { query }) : t("suggest.knowledge_type")) : el("div.suggest-nothing", {}, icon("book"), el("p.empty-title", {}, t("suggest.knowledge_empty")), el("p.empty-text", {}, t("suggest.knowledge_text"))),
  };
}

export function valuesOf(desk, id) {
  const row = desk.rows.get(id);
  const visitor = row ? { ...row.visitor, ...desk.visitors.get(row.visitor.id) } : {};
  return { visitor, agent: desk.self, site: { name: desk.siteNames.get(row?.site) }, conversation: row ?? {} };
}
