/* describe.js: people, events and messages as words.
 *   visitorName(row)   initial(name)   preview(row) -> what a list shows of the last message
 *   say(key, params) -> t() without the gaps a template leaves between two Chinese words
 *   eventText(entry, selfId) -> text | null (null: not worth a line)   failure(error) -> text of an ApiError or error frame */

import { t } from "../shared/i18n.js";

/* What the server writes where there are no words. */
const MARKERS = new Set(["[image]", "[file]", "[card]", "[recalled]"]);

export function visitorName(row) {
  return row?.visitor?.name || t("visitor.numbered", { tail: String(row?.visitor?.id ?? "").slice(-4) });
}

export function initial(name) {
  return [...name.trim()][0]?.toLocaleUpperCase() ?? "?";
}

export function preview(row) {
  const text = row.last_text ?? "";
  if (MARKERS.has(text)) return t(`row.${text.slice(1, -1)}`);
  return text.replace(/\s+/g, " ").trim();
}

const GAP = /(\p{Script=Han}) (?=\p{Script=Han})/gu;

export function say(key, params) {
  return t(key, params).replace(GAP, "$1");
}

function personName(person, selfId) {
  if (!person) return t("system");
  return person.id === selfId ? t("you") : person.name || t(person.kind === "visitor" ? "visitor" : "system");
}

export function eventText(entry, selfId) {
  const { name, data = {} } = entry.event ?? {};
  const by = personName(data.by?.id ? data.by : entry.sender?.id ? entry.sender : data.agent, selfId);
  const agent = data.agent ? personName(data.agent, selfId) : by;
  switch (name) {
    case "accepted":
      return say("event.accepted", { agent });
    case "assigned":
      return data.agent ? say("event.assigned", { agent }) : say("event.assigned_none");
    case "transferred":
      return data.agent ? say("event.transferred", { agent }) : say("event.assigned_none");
    case "closed":
      return entry.sender?.kind === "system" && !data.by?.id ? say("event.closed_system") : say("event.closed", { by });
    case "reopened":
      return data.by === "visitor" ? say("event.reopened_visitor") : say("event.reopened", { by: agent });
    case "rated": {
      const words = data.text ? "event.rated_text" : "event.rated";
      return say(words, { rating: data.rating, text: data.text });
    }
    case "labels":
      return say("event.labels");
    case "recalled":
      return null; // the message's own place says it
    default:
      return say("event.other", { name: name ?? "" });
  }
}

export function failure(error) {
  const key = `error.${error?.code}`;
  const text = t(key);
  return text === key ? t("error.other", { code: error?.code ?? "?" }) : text;
}
