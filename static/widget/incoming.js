/* incoming.js: what each frame of the server changes here.
 *   const hear = incoming({ conversations, outbox, below, attention, thread, host, draw, seen })   hear(frame) */

export function incoming({ conversations, outbox, below, attention, thread, host, draw, seen }) {
  function arrived(entry) {
    const timeline = conversations.of(entry.conversation);
    if (!timeline) return;
    outbox.confirm(entry);
    conversations.follow(entry);
    const outcome = timeline.apply(entry);
    const theirs = entry.sender?.kind === "agent" || entry.sender?.kind === "bot";
    if (outcome === "added" && theirs && entry.kind !== "event") {
      below.typing({ on: false });
      attention.arrived(entry, thread.atBottom);
      const { id, seq, kind, text, sender, created_at } = entry;
      host.post("message", { id, seq, kind, text, sender, created_at });
    }
    seen();
  }

  return ({ type, payload = {} }) => {
    const timeline = conversations.of(payload.conversation ?? payload.id);
    if (type === "message") arrived(payload);
    else if (type === "message.partial") {
      below.typing({ on: false });
      timeline?.partial(payload);
    }
    else if (type === "receipt") timeline?.receipt(payload);
    else if (type === "typing") below.typing(payload, conversations.facts.agent?.name);
    else if (type === "conversation" && timeline) {
      const { status, agent = null, queue = null } = payload;
      Object.assign(timeline.facts, { agent, queue }, status ? { status } : {});
      draw();
    }
  };
}
