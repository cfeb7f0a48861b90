/* conversations.js: the visitor's conversations with this site, oldest first; the last one is written to.
 *   const cs = new Conversations({ api, connection, onChange })
 *   cs.open({ id, status, head, queue }) -> true when it is new here   cs.current  cs.of(id)  cs.all  cs.facts
 *   await cs.load()   await cs.loadOlder()   cs.hasOlder  cs.loaded  cs.fresh   cs.follow(entry)   cs.ratable -> id | null   cs.forget() */

import { Timeline } from "../shared/timeline.js";

const LISTED = 20;
const FRESH_MS = 45 * 60_000;

function fresh(status = "queued") {
  return { status, agent: null, queue: null, rated: false, closedSeq: 0 };
}

function isMessage(entry) {
  return entry.kind !== "event";
}

export class Conversations {
  all = [];
  loaded = false;
  loadedAt = 0;
  #previous = [];
  #running = new Map();
  #nothing = fresh();
  #options;

  constructor(options) {
    this.#options = options;
  }

  get current() {
    return this.all.at(-1) ?? null;
  }

  get facts() {
    return this.current?.facts ?? this.#nothing;
  }

  get hasOlder() {
    return (this.all[0]?.hasOlder ?? false) || this.#previous.length > 0;
  }

  of(id) {
    return this.all.find((timeline) => timeline.conversation === id) ?? null;
  }

  /* Signed addresses of what was loaded still hold: they live an hour at most. */
  get fresh() {
    return Date.now() - this.loadedAt < FRESH_MS;
  }

  open({ id, status, head, queue = null }) {
    const known = this.of(id);
    if (known) {
      if (known === this.current) known.facts.queue = queue;
      return false;
    }
    this.all.push(this.#timeline(id, status));
    this.facts.queue = queue;
    this.loaded = false;
    this.#options.connection.follow(id, head);
    return true;
  }

  #timeline(id, status) {
    const timeline = new Timeline({
      conversation: id,
      self: "visitor",
      fetchPage: (query) => this.#options.api.get(`conversations/${id}/messages/`, query),
    });
    timeline.conversation = id;
    timeline.facts = fresh(status);
    timeline.onChange = this.#options.onChange;
    return timeline;
  }

  /* The newest page of the current conversation, and what the server remembers of it and of earlier ones. */
  load() {
    const { current } = this;
    return this.#once(`load ${current.conversation}`, () => this.#load(current));
  }

  loadOlder() {
    return this.#once("older", () => this.#loadOlder());
  }

  /* A scroll and a new connection may ask for the same at the same time. */
  #once(name, act) {
    if (!this.#running.has(name)) this.#running.set(name, act().finally(() => this.#running.delete(name)));
    return this.#running.get(name);
  }

  async #load(current) {
    const [, list] = await Promise.all([current.loadLatest(), this.#options.api.get("conversations/", { limit: LISTED })]);
    if (this.current !== current) return;
    this.#fold(current);
    this.#previous = [];
    for (const row of list.data) {
      const timeline = this.of(row.id);
      if (timeline) this.#remember(timeline, row);
      else if (row.head > 0 && row.status === "closed") this.#previous.unshift(row);
    }
    this.loaded = true;
    this.loadedAt = Date.now();
    if (current.lastSeq === 0 && this.all.length === 1) await this.loadOlder();
  }

  #remember(timeline, row) {
    timeline.receipt({ delivered: row.agent_delivered, read: row.agent_read });
    if (row.rating !== null) timeline.facts.rated = true;
  }

  async #loadOlder() {
    if (this.all[0]?.hasOlder) return this.all[0].loadOlder();
    const row = this.#previous.at(-1);
    if (!row) return 0;
    const timeline = this.#timeline(row.id, row.status);
    await timeline.loadLatest();
    /* Meanwhile the person may have become another one. */
    if (!this.#previous.includes(row)) return 0;
    this.#previous.pop();
    this.all.unshift(timeline);
    this.#fold(timeline);
    this.#remember(timeline, row);
    timeline.facts.status = row.status;
    return timeline.entries().length;
  }

  /* Who answers stands in the log itself; frames only bring changes. */
  #fold(timeline) {
    for (const entry of timeline.entries()) this.follow(entry);
  }

  follow({ conversation, seq, event }) {
    const facts = this.of(conversation)?.facts;
    if (!facts || !event) return;
    const agent = event.data?.agent ?? null;
    switch (event.name) {
      case "accepted":
      case "assigned":
      case "transferred":
        Object.assign(facts, { agent, status: agent ? "active" : event.data?.bot ? "bot" : "queued", queue: null });
        break;
      case "queued":
      case "handoff":
        Object.assign(facts, { agent: null, status: "queued" });
        break;
      case "closed":
        Object.assign(facts, { status: "closed", rated: false, queue: null, closedSeq: seq });
        break;
      case "reopened":
        facts.status = facts.agent && event.data?.keep_agent ? "active" : "queued";
        break;
      case "rated":
        facts.rated = true;
        break;
      default:
    }
  }

  /* The conversation a rating is asked for: the last one with words in it, when it has ended unrated. */
  get ratable() {
    const last = this.all.findLast((timeline) => timeline.entries().some(isMessage));
    return last?.facts.status === "closed" && !last.facts.rated ? last.conversation : null;
  }

  forget() {
    for (const timeline of this.all) this.#options.connection.unfollow(timeline.conversation);
    this.all = [];
    this.#previous = [];
    this.loaded = false;
  }
}
