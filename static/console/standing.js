/* standing.js: how a conversation stands towards this agent; pure.
 *   standing(row, selfId) -> "gone" | "closed" | "queued" | "bot" | "mine" | "offered" | "guest" | "other"
 *     offered: given to this agent, neither accepted nor answered yet      guest: invited by its owner
 *   mayWrite(name)   whether this agent's words go to the visitor      isSupervisor(self)
 *   whispers(name, self)   whether a whisper makes sense: over a colleague's shoulder, never to oneself */

const WRITERS = new Set(["mine", "offered", "guest"]);

export function standing(row, selfId) {
  if (!row) return "gone";
  if (row.status !== "active") return row.status;
  if (row.agent?.id === selfId) return row.offered ? "offered" : "mine";
  return (row.guests ?? []).some((guest) => guest.id === selfId) ? "guest" : "other";
}

export function mayWrite(name) {
  return WRITERS.has(name);
}

export function isSupervisor(self) {
  return self.role === "supervisor" || self.role === "admin";
}

export function whispers(name, self) {
  return name === "guest" || (name === "other" && isSupervisor(self));
}
