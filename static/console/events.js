/* events.js: the acts of a conversation's log as words.
 *   eventText(entry, selfId) -> text | null (null: not worth a line)
 *   eventWords(entry) -> the free text somebody wrote along with an act (a transfer's note, a summary), or null */

import { t } from "../shared/i18n.js";
import { clock, dayKey, stamp } from "../shared/time.js";
import { say } from "./describe.js";

const REASONS = new Set(["new", "overflow", "no_answer", "silent", "gone", "refused", "reopened", "handoff", "woken"]);
/* Why a conversation went from the bot to people; anything else is somebody's own words. */
const HANDED = new Set(["asked", "misses", "anger", "sensitive", "vip", "rule", "intent", "failure", "refused", "loop", "bot_late", "bot_off"]);
const GIVEN = new Set(["sticky", "returned"]);

function personName(person, selfId, you = "you") {
  if (!person) return t("system");
  return person.id && person.id === selfId ? t(you) : person.name || t(person.kind === "visitor" ? "visitor" : "system");
}

/* Who did it: told by the act itself, else whoever the entry is from. */
function actor(entry, selfId) {
  const { by, agent } = entry.event.data ?? {};
  if (by?.id) return personName(by, selfId);
  if (entry.sender?.id) return personName(entry.sender, selfId);
  return agent ? personName(agent, selfId) : t("system");
}

function when(ms) {
  return dayKey(ms) === dayKey(Date.now()) ? clock(ms) : stamp(ms);
}

function names(list) {
  return (list ?? []).map((one) => one.name ?? one).join(t("list.comma"));
}

function queued(data) {
  const reason = REASONS.has(data.reason) ? data.reason : "new";
  return say(`event.queued.${reason}`, { group: data.group?.name ?? t("event.queue_all") });
}

function assigned(data, selfId) {
  if (!data.agent) return say("event.assigned_none");
  const agent = personName(data.agent, selfId, "you.object");
  return say(GIVEN.has(data.reason) ? `event.assigned.${data.reason}` : "event.assigned", { agent });
}

function transferred(entry, selfId) {
  const { data } = entry.event;
  const by = actor(entry, selfId);
  if (data.take_over) return say("event.took_over", { agent: personName(data.agent, selfId) });
  if (data.bot) return say("event.transferred_bot", { by });
  if (data.agent) {
    return entry.sender?.kind === "system" ? say("event.transferred", { agent: personName(data.agent, selfId, "you.object") }) : say("event.transferred_by", { by, agent: personName(data.agent, selfId, "you.object") });
  }
  return data.group ? say("event.transferred_group", { by, group: data.group.name }) : say("event.assigned_none");
}

function rated(data) {
  return say(data.text ? "event.rated_text" : "event.rated", { rating: data.rating, text: data.text });
}

function labelled(entry, selfId) {
  const { data } = entry.event;
  const by = actor(entry, selfId);
  if (data.added?.length && data.removed?.length) return say("event.labels_both", { by, added: names(data.added), removed: names(data.removed) });
  if (data.added?.length) return say("event.labels_added", { by, labels: names(data.added) });
  if (data.removed?.length) return say("event.labels_removed", { by, labels: names(data.removed) });
  return data.labels?.length ? say("event.labels_are", { by, labels: names(data.labels) }) : say("event.labels_none", { by });
}

function closed(entry, selfId) {
  const { data = {} } = entry.event;
  const bySystem = entry.sender?.kind === "system" && !data.by?.id;
  return bySystem ? say("event.closed_system") : say("event.closed", { by: actor(entry, selfId) });
}

function handedOver(entry, by) {
  const words = say({ visitor: "event.handoff_visitor", bot: "event.handoff_bot", system: "event.handoff_system" }[entry.sender?.kind] ?? "event.handoff", { by });
  const { reason } = entry.event.data ?? {};
  return HANDED.has(reason) ? t("event.handoff_why", { words, reason: say(`handoff.${reason}`) }) : words;
}

export function eventText(entry, selfId) {
  const { name, data = {} } = entry.event ?? {};
  const by = entry.event ? actor(entry, selfId) : t("system");
  const agent = data.agent ? personName(data.agent, selfId) : by;
  switch (name) {
    case "queued":
      return queued(data);
    case "accepted":
      return say("event.accepted", { agent });
    case "assigned":
      return assigned(data, selfId);
    case "transferred":
      return transferred(entry, selfId);
    case "refused":
      return say("event.refused", { agent });
    case "handoff":
      return handedOver(entry, by);
    case "invited":
      return say("event.invited", { by, agent: personName(data.agent, selfId, "you.object") });
    case "left":
      return say("event.left", { agent });
    case "labels":
      return labelled(entry, selfId);
    case "snoozed":
      return say("event.snoozed", { by, time: when(data.until_ms ?? data.until) });
    case "woken":
      return say(`event.woken.${["due", "agent", "visitor"].includes(data.reason) ? data.reason : "due"}`, { by });
    case "summarized":
      return say(data.category ? "event.summarized_as" : "event.summarized", { by, category: data.category?.path ?? data.category?.name ?? data.category });
    case "merged":
      return say("event.merged", { name: data.visitor?.name || t("visitor") });
    case "left_message":
      return say("event.left_message", { contact: Object.values(data.contact ?? {}).filter(Boolean).join(t("list.comma")) });
    case "closed":
      return closed(entry, selfId);
    case "reopened":
      return data.by === "visitor" ? say("event.reopened_visitor") : say("event.reopened", { by: agent });
    case "rated":
      return rated(data);
    case "recalled":
    case "note_edited":
      return null; // told where the message stands
    default:
      return say("event.other", { name: name ?? "" });
  }
}

export function eventWords(entry) {
  const { name, data = {} } = entry.event ?? {};
  if (name === "summarized") return data.summary || entry.text || null;
  if (name === "handoff") return HANDED.has(data.reason) ? null : data.reason || null;
  if (name === "refused") return data.reason || null;
  if (name === "transferred") return data.note || entry.text || null;
  return null;
}
