/* fate.js: what became of a conversation this agent cannot answer (any more), and what to do next.
 *   fate(desk, row) -> { happened, text, acts }   happened: the act that took it away, in words, when it was theirs before
 *   lastOf(timeline, names) -> the latest entry of these events | null */

import { t } from "../shared/i18n.js";
import { clock } from "../shared/time.js";
import { say } from "./describe.js";
import { eventText } from "./events.js";
import { isSupervisor, standing } from "./standing.js";

const OWNING = new Set(["accepted", "assigned", "transferred", "queued", "refused", "closed", "reopened", "handoff"]);

export function lastOf(timeline, names) {
  return timeline.entries().findLast((entry) => entry.kind === "event" && names.has(entry.event?.name)) ?? null;
}

/* Worth telling when it took the conversation from this agent, or ended it by somebody else's hand. */
function concerns(entry, selfId) {
  const { name, data = {} } = entry.event;
  if (name === "closed") return true;
  return data.from?.id === selfId || (name === "refused" && data.agent?.id === selfId);
}

export function fate(desk, row) {
  const { self } = desk;
  const how = standing(row, self.id);
  if (how === "gone") return { happened: null, text: t("thread.not_found"), acts: [] };
  const entry = lastOf(desk.timeline(row.id), OWNING);
  const happened = entry && concerns(entry, self.id) ? `${eventText(entry, self.id)} · ${clock(entry.created_at)}` : null;
  const words = { queued: "composer.queued", bot: "composer.bot", closed: "composer.closed", other: "composer.other" }[how] ?? "composer.other";
  const acts = { queued: ["accept"], bot: ["accept"], closed: ["reopen"], other: isSupervisor(self) ? ["take_over"] : [] }[how] ?? [];
  return { happened, text: say(words, { name: row.agent?.name ?? "" }), acts };
}
