/* items.js: a conversation's log as the rows of the thread: day lines, quiet events, bubbles; no DOM until make() is called.
 *   itemsOf({ timeline, pending, newFrom, desk, on }) -> [{ key, sign, make() }]   an item is made anew when its sign changes */

import { t } from "../shared/i18n.js";
import { dayKey, dayLabel } from "../shared/time.js";
import { briefCard } from "./brief.js";
import { bubble, inside, line, stateOfItem } from "./bubble.js";
import { eventText, eventWords } from "./events.js";

const RUN_MS = 5 * 60_000;

function plain(entry) {
  return entry.kind === "event" && inside(entry) === null;
}

function sameRun(a, b) {
  if (!a || !b || !a.sender || !b.sender) return false;
  if (plain(a) || plain(b) || inside(a) !== inside(b)) return false;
  if (a.sender.kind !== b.sender.kind || a.sender.id !== b.sender.id) return false;
  return Math.abs(b.created_at - a.created_at) < RUN_MS && dayKey(a.created_at) === dayKey(b.created_at);
}

function dayItem(day, when) {
  return { key: `d${day}`, sign: dayLabel(when), make: () => line(dayLabel(when), "day") };
}

function topItem(timeline) {
  const text = timeline.hasOlder ? t("thread.loading_older") : t("thread.beginning");
  return { key: "top", sign: text, make: () => line(text, "top") };
}

/* The log keeps every text of a note; people read the last. */
function editsOf(entries) {
  const edits = new Map();
  for (const entry of entries) if (entry.event?.name === "note_edited") edits.set(entry.event.data.seq, { text: entry.text, at: entry.created_at });
  return edits;
}

function eventItem(entry, selfId) {
  const text = eventText(entry, selfId);
  if (text === null) return null;
  const words = eventWords(entry);
  return { key: `s${entry.seq}`, sign: `${text} ${words ?? ""}`, make: () => line(text, "event", { words, at: entry.created_at }) };
}

function messageItem(entry, before, after, { timeline, desk, edits, on }) {
  const { item = null } = entry;
  const isOwn = entry.sender.kind === "agent" && entry.sender.id === desk.self.id;
  const isMessage = entry.kind !== "event";
  const state = item ? stateOfItem(item, desk) : isOwn && isMessage ? timeline.stateOf(entry) : null;
  const recallable = isOwn && isMessage && !item && Date.now() - entry.created_at < desk.config.limits.recall_ms;
  const edited = edits.get(entry.seq) ?? null;
  const place = { first: !sameRun(before, entry), last: !sameRun(entry, after) };
  const quoted = entry.reply_to ? (timeline.get(entry.reply_to)?.kind ?? "none") : "";
  const sign = [state, item?.progress ?? "", item?.error?.code ?? "", place.first, place.last, recallable, entry.attachment?.id ?? "", edited?.at ?? "", quoted, on.mayQuote].join(" ");
  return {
    key: entry.client_msg_id ? `c${entry.client_msg_id}` : `s${entry.seq}`,
    sign,
    make: () => bubble(entry, { desk, place, state, item, recallable, edited, on }),
  };
}

export function itemsOf(context) {
  const { timeline, pending, newFrom, desk } = context;
  const entries = timeline.entries();
  const said = [...entries, ...pending];
  const shown = { ...context, edits: editsOf(entries) };
  const items = [topItem(timeline)];
  let day = null;
  said.forEach((entry, at) => {
    const when = entry.created_at ?? said.slice(at).find((next) => next.created_at)?.created_at ?? null;
    if (when !== null && dayKey(when) !== day) {
      day = dayKey(when);
      items.push(dayItem(day, when));
    }
    if (entry.seq && entry.seq === newFrom) items.push({ key: "new", sign: "", make: () => line(t("thread.new"), "new") });
    if (entry.kind === "hidden") items.push({ key: `s${entry.seq}`, sign: "hidden", make: () => line(t("hidden"), "hidden") });
    else if (entry.event?.name === "briefed") items.push({ key: `s${entry.seq}`, sign: "brief", make: () => briefCard(entry) });
    else if (plain(entry)) {
      const made = eventItem(entry, desk.self.id);
      if (made) items.push(made);
    } else items.push(messageItem(entry, said[at - 1], said[at + 1], shown));
  });
  return items;
}
