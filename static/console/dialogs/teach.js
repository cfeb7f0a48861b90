/* teach.js: teaching the bot from a conversation: this question has that answer. One click opens it filled in, one click keeps it.
 *   pairOf(timeline, entry) -> { question, answer } | null   what the visitor asked and what they were told, from either message
 *   await teach(desk, entry, pair)   another wording of a question there is, or a new one; both wait for review */

import { el } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { ask, choices, field, textarea } from "../dialog.js";
import { percent } from "../brief.js";
import { toast } from "../toast.js";

const MOST_QUESTION = 300;
const MOST_ANSWER = 20_000;
const NEW = { id: "new", glyph: "plus", always: true };
const FOUND = 6;
/* Below it nobody would see what it has to do with the question. */
const LEAST = 0.03;

function said(entry, kind) {
  return entry?.kind === "text" && entry.sender?.kind === kind && entry.text;
}

/* An answer follows its question; what a visitor writes in a row is one question. */
export function pairOf(timeline, entry) {
  const entries = timeline.entries().filter((one) => one.kind !== "event" && one.kind !== "hidden" && one.sender);
  const at = entries.findIndex((one) => one.seq === entry.seq);
  const isAnswer = said(entry, "agent");
  if (at < 0 || (!isAnswer && !said(entry, "visitor"))) return null;
  let last = at;
  if (isAnswer) last = entries.slice(0, at).findLastIndex((one) => said(one, "visitor"));
  else while (said(entries[last + 1], "visitor")) last += 1;
  if (last < 0) return null;
  let first = last;
  while (said(entries[first - 1], "visitor")) first -= 1;
  const question = isAnswer ? entries.slice(first, last + 1).map(({ text }) => text).join(" ") : entry.text;
  const answer = isAnswer ? entry.text : entries.slice(last + 1).find((one) => one.sender.kind === "agent")?.text;
  return { question: question.replace(/\s+/g, " ").trim().slice(0, MOST_QUESTION), answer: answer ?? "" };
}

async function likely(desk, site, words) {
  if (words.trim() === "") return [];
  try {
    const { results } = await desk.api.get("knowledge/search/", { q: words.trim().slice(0, MOST_QUESTION), site, limit: FOUND });
    return results.filter(({ kind, score }) => kind === "question" && score >= LEAST).map(({ id, title, score, category }) => ({ id, name: title, search: words, note: category, aside: percent(score), glyph: "book" }));
  } catch (error) {
    if (!error?.code) throw error;
    return [];
  }
}

export async function teach(desk, entry, pair) {
  const row = desk.rows.get(entry.conversation);
  if (!row) return;
  const question = textarea({ rows: 2, maxLength: MOST_QUESTION, value: pair.question, required: true });
  const answer = textarea({ rows: 4, maxLength: MOST_ANSWER, value: pair.answer });
  const answered = field(t("teach.answer"), answer, t("teach.answer_hint"));
  const made = { ...NEW, name: t("teach.new"), note: t("teach.new_note") };
  const options = (found) => [made, ...(found.length > 0 ? [{ heading: t("teach.existing"), id: "h" }, ...found] : [])];
  const list = choices({
    label: t("teach.where"),
    placeholder: t("teach.search"),
    options: options([]),
    onSearch: async (words) => options(await likely(desk, row.site, words || pair.question)),
    onPick: (one) => {
      answered.hidden = one.id !== NEW.id;
    },
    start: NEW.id,
  });
  likely(desk, row.site, pair.question).then((found) => list.fill(options(found)));
  const taught = await ask({
    title: t("teach.title"),
    lead: t("teach.lead"),
    content: [field(t("teach.question"), question), el("div.field.teach-where", {}, el("span.field-label", {}, t("teach.where")), list.node), answered],
    submit: t("teach.save"),
    wide: true,
    valid: () => question.value.trim() !== "" && list.value() !== null && (list.value().id !== NEW.id || answer.value.trim() !== ""),
    run: async () => {
      const { id } = list.value();
      const body = id === NEW.id ? { answer: answer.value.trim() } : { question_id: id };
      try {
        return await desk.api.post(`bot/conversations/${row.id}/teach/`, { question: question.value.trim(), ...body });
      } catch (error) {
        const twin = error?.details?.question;
        if (!twin) throw error;
        /* It is there already: the next click makes this a wording of it. */
        const found = { id: twin.id, name: twin.text, glyph: "book" };
        list.fill(options([found]));
        list.pick(found);
        throw Object.assign(error, { code: "question_known" });
      }
    },
  });
  if (taught) toast(t(`teach.made_${taught.made}`));
}
