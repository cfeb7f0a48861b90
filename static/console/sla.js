/* sla.js: how a wait stands against what the site promises; pure.
 *   targetOf(row, targets) -> ms      the first reply's target until an agent has the conversation, then the next replies'
 *   level(row, targets, now) -> { ms, target, level } | null      level "calm" | "warn" (2/3 of the target) | "late"; null: nobody waits
 * `targets`: { [site]: { first_reply_s, reply_s } }, from the page's configuration. */

const FIRST_S = 60;
const REPLY_S = 180;
const WARN_AT = 2 / 3;

export function targetOf(row, targets) {
  const { first_reply_s: first = FIRST_S, reply_s: reply = REPLY_S } = targets?.[row.site] ?? {};
  return 1000 * (row.status === "active" && !row.offered ? reply : first);
}

export function level(row, targets, now = Date.now()) {
  if (!row.waiting_since || row.status === "closed") return null;
  const ms = Math.max(0, now - row.waiting_since);
  const target = targetOf(row, targets);
  const name = target > 0 && ms >= target ? "late" : target > 0 && ms >= target * WARN_AT ? "warn" : "calm";
  return { ms, target, level: name };
}
