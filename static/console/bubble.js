/* bubble.js: one entry of a thread as an element.
 *   bubble(entry, { desk, place, state, item, recallable, edited, on }) -> Element
 *     place  { first, last } in a run of one sender      state  "sent" | "delivered" | "read" for what agents wrote, else null
 *     item   the outbox item while it is not acked yet   edited  { text, at } of a note that was changed
 *     on     { quote(entry), jump(seq), edit(entry), recall(entry), why(entry), teach(entry), mayQuote }
 *   line(text, kind, { words, at }) -> a quiet centred line      stateOfItem(item, desk)      inside(entry) -> "note" | "whisper" | null */

import { el, icon, linkify } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { clock, stamp } from "../shared/time.js";
import { answer, isAnswer } from "./answer.js";
import { failure, initial, say } from "./describe.js";
import { card, paper, picture } from "./media.js";
import { quoteOf } from "./quote.js";
import { tools } from "./tools.js";

export function line(text, kind = "event", { words = null, at = null } = {}) {
  return el(`div.line.line-${kind}`, { title: at === null ? "" : stamp(at) }, el("span", {}, text), words && el("p.line-words", {}, words));
}

/* What only those who answer may read, yet stands in the thread as words. */
export function inside(entry) {
  const name = entry.kind === "event" ? entry.event?.name : null;
  return name === "note" || name === "whisper" ? name : null;
}

/* The colleagues a note names stand out; everything else is as it was written. */
function named(nodes, mentions) {
  const names = (mentions ?? []).map((agent) => `@${agent.name}`).sort((a, b) => b.length - a.length);
  if (names.length === 0) return nodes;
  const pattern = new RegExp(`(${names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`);
  return nodes.flatMap((node) => (typeof node === "string" ? node.split(pattern).map((part) => (names.includes(part) ? el("b.mention", {}, part) : part)) : node)).filter((node) => node !== "");
}

function content(entry, { desk, item, edited, on }) {
  const text = edited?.text ?? entry.text;
  const quoted = quoteOf(entry, desk.timeline(entry.conversation), on.jump);
  if (isAnswer(entry)) return [quoted, ...answer(entry)].filter(Boolean);
  return [
    quoted,
    entry.kind === "image" && picture(entry, item),
    entry.kind === "file" && paper(entry, item),
    entry.kind === "card" && card(entry),
    text && el("span.words", { dir: "auto" }, ...named(linkify(text), entry.event?.data?.mentions)),
  ].filter(Boolean);
}

const STATE_ICONS = { sending: "clock", waiting_link: "clock", uploading: "clock", sent: "check", delivered: "checks", read: "checks", failed: "alert" };

export function stateOfItem(item, desk) {
  if (item.state === "failed") return "failed";
  if (item.file && !item.attachment && item.progress !== undefined) return "uploading";
  return desk.connection.open ? "sending" : "waiting_link";
}

function foot(entry, { state, item, place, edited }) {
  if (!place.last && state !== "failed" && !edited) return null;
  const percent = Math.round((item?.progress ?? 0) * 100);
  return el(
    "span.msg-foot",
    {},
    state === "failed" && el("span.msg-error", {}, failure(item.error)),
    edited && el("span.msg-edited", { title: stamp(edited.at) }, t("note.edited")),
    el("time.num", { dateTime: new Date(entry.created_at).toISOString(), title: stamp(entry.created_at) }, clock(entry.created_at)),
    state && el("span.msg-state", { data: { state }, title: t(`state.${state}`, { percent }) }, icon(STATE_ICONS[state]), el("span.sr-only", {}, t(`state.${state}`, { percent })), state === "uploading" && el("span.num", { ariaHidden: "true" }, `${percent}%`)),
  );
}

function speaker(entry, selfId) {
  const { kind, id, name } = entry.sender;
  if (kind === "agent" && id === selfId) return t("you");
  return name || t({ bot: "bot", visitor: "visitor" }[kind] ?? "system");
}

function title(entry, aside, selfId) {
  const isSelf = entry.sender.id === selfId && entry.sender.kind === "agent";
  const name = speaker(entry, selfId);
  if (aside === "note") return isSelf ? t("note.mine") : say("note.by", { name });
  if (aside !== "whisper") return name;
  const to = entry.event.data?.to;
  if (!to || to.id === entry.sender.id) return say("whisper.by", { name });
  return say("whisper.to", { name, to: to.id === selfId ? t("you.object") : to.name });
}

export function bubble(entry, context) {
  const { desk, place } = context;
  const aside = inside(entry);
  const side = aside || entry.sender.kind !== "visitor" ? "ours" : "theirs";
  const isSelf = entry.sender.id === desk.self.id && entry.sender.kind === "agent";
  const who = title(entry, aside, desk.self.id);
  const showWho = place.first && (aside || !isSelf);
  const bare = entry.kind === "image" && !entry.text && !entry.reply_to;
  const node = el(
    `div.msg.${side}`,
    { data: { kind: aside ?? entry.kind, seq: entry.seq ?? "", state: context.state ?? "" } },
    side === "theirs" && el("span.avatar.small", { ariaHidden: "true" }, place.first ? initial(speaker(entry, desk.self.id)) : ""),
    el(
      "div.msg-body",
      {},
      showWho ? el("span.msg-who", {}, aside && icon(aside), who, aside && el("span.msg-aside", {}, t("note.only"))) : el("span.sr-only", {}, who),
      el("div.bubble-row", {}, el(bare ? "div.bubble.bare" : "div.bubble", {}, ...content(entry, context)), tools(entry, context)),
      foot(entry, context),
    ),
  );
  node.classList.toggle("first", place.first);
  node.classList.toggle("last", place.last);
  return node;
}
