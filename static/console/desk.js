/* desk.js: everything the panes share: the connection, the rows, the open timelines, the acts. No DOM.
 *
 *   const desk = new Desk(config); await desk.start();
 *   desk.on(name, fn)      "rows" (id) · "thread" (id) · "link" (state) · "typing" (id) · "outbox" (id) · "arrived" (entry, row) · "draft" (id)
 *   desk.emit(name, …)     tell the other panes
 *   desk.timeline(id)      the Timeline of a conversation (made when asked for)     await desk.open(id)
 *   desk.rows, desk.lists  what is known of conversations, and reading more of it (rows.js, lists.js)
 *   desk.watch(ids)        rows on the screen: they are followed live
 *   desk.accept(id) reopen(id) recall(id, seq)   desk.act(id, name, body)    POSTs; reject with ApiError; the rest: acts.js
 *   desk.seen(id)          what is on the screen was read     desk.typing(id, on)     desk.typist(id) -> { name, preview } | null */

import { createApi } from "../shared/api.js";
import { Connection } from "../shared/connection.js";
import { entryOf, Outbox } from "../shared/outbox.js";
import { openStore } from "../shared/store.js";
import { Timeline } from "../shared/timeline.js";
import { Lists } from "./lists.js";
import { Rows } from "./rows.js";
import { Signals } from "./signals.js";

const MAX_FOLLOWED = 200;
const MAX_TIMELINES = 12;
const OVERLAP = 3;

function csrf() {
  return /(?:^|;\s*)kefu_csrf=([^;]+)/.exec(document.cookie)?.[1] ?? null;
}

export class Desk {
  /* Set by the thread pane: is the end of the opened conversation in front of somebody's eyes? */
  isReading = () => false;
  #listeners = new Map();
  #timelines = new Map();
  #whole = new Set(); // timelines without a hole up to now
  #followed = new Set();
  #onScreen = new Set();
  #opened = null;
  #signals;
  #welcomed = false;

  constructor(config) {
    this.config = config;
    this.self = { kind: "agent", id: config.agent.id, name: config.agent.name, role: config.agent.role };
    this.api = createApi({ csrf });
    this.store = openStore("kefu:console:");
    this.siteNames = new Map(config.sites.map((site) => [site.id, site.name]));
    this.rows = new Rows(config.agent.id);
    this.rows.onChange = (id) => this.emit("rows", id);
    this.lists = new Lists(this.api, this.rows);
    this.connection = new Connection({
      socketUrl: "/ws/v1/",
      pollUrl: "/api/v1/poll/",
      client: "console/1.0",
      getToken: () => this.#session(),
      onFrame: (frame) => this.#frame(frame),
      onState: (state) => this.#linked(state),
      onResync: (id) => this.#reload(id),
      fetchEntries: async (id, after) => (await this.#page(id, { after_seq: after, limit: 200 })).data,
    });
    this.#signals = new Signals({ connection: this.connection, selfId: this.self.id, onTyping: (id) => this.emit("typing", id) });
    this.outbox = new Outbox({
      connection: this.connection,
      store: openStore(`kefu:console:${config.agent.id}:outbox:`),
      upload: (file, options) => this.#upload(file, options),
      onChange: (item) => this.emit("outbox", item.conversation),
      onAck: (item, ack) => this.#own(item, ack),
    });
  }

  on(name, listener) {
    if (!this.#listeners.has(name)) this.#listeners.set(name, new Set());
    this.#listeners.get(name).add(listener);
  }

  emit(name, ...details) {
    for (const listener of this.#listeners.get(name) ?? []) listener(...details);
  }

  start() {
    this.connection.start();
  }

  /* --- connection ------------------------------------------------------------------------------------------- */

  async #session() {
    try {
      return await this.api.post("agent/sessions/");
    } catch (error) {
      error.final = error.status === 401 || error.status === 403;
      throw error;
    }
  }

  #upload(file, { conversation, onProgress }) {
    return this.api.upload(`uploads/?conversation=${conversation}`, file, { onProgress });
  }

  #linked(state) {
    if (state.name === "open") {
      const again = this.#welcomed;
      this.#welcomed = true;
      this.#followed.clear();
      this.#follow();
      this.outbox.flush();
      /* Pages that were read before anybody listened may have missed somebody, too. */
      this.refresh(again ? {} : { before: performance.now() });
    } else {
      this.#signals.forget();
    }
    this.emit("link", state);
  }

  /* What was missed while away may be in conversations nobody followed. */
  refresh(which = {}) {
    this.lists.refresh(which).catch(() => {});
  }

  #frame({ type, payload }) {
    this.emit(`frame:${type}`, payload);
    if (type === "message") this.#message(payload);
    if (type === "conversation") this.#changed(payload);
    if (type === "conversation.gone") this.#gone(payload.conversation);
    if (type === "rights") this.refresh();
    if (type === "receipt") this.#receipt(payload);
    if (type === "typing") this.#signals.heard(payload);
  }

  #message(entry) {
    const id = entry.conversation;
    if (entry.sender?.id === this.self.id && this.outbox.confirm(entry)) this.emit("outbox", id);
    this.#timelines.get(id)?.apply(entry);
    const live = this.rows.get(id);
    if (!live) {
      this.lists.one(id);
      return;
    }
    const fresh = entry.seq > live.head;
    const seen = id === this.#opened && this.rows.isMine(id) && this.isReading();
    this.rows.entry(entry, { seen });
    if (entry.sender?.kind === "visitor" && entry.kind !== "event") {
      this.#signals.wrote(id);
      if (!seen) this.#signals.queue(id, { delivered: entry.seq });
      if (fresh) this.emit("arrived", entry, this.rows.get(id));
    }
  }

  #changed({ id, ...fields }) {
    this.rows.tell(id, { ...fields, agent: fields.agent ?? null });
    if (!(this.rows.get(id)?.head > 0)) this.lists.one(id, { settled: fields.agent?.id !== this.self.id });
    this.#follow();
  }

  /* It went where this agent may not read. */
  #gone(id) {
    this.#unsubscribe(id);
    this.rows.drop(id);
  }

  #receipt({ conversation: id, delivered, read, sender }) {
    this.#timelines.get(id)?.receipt({ delivered: delivered ?? 0, read: read ?? 0, sender });
    if (sender?.kind === "agent" && read) this.rows.read(id, read);
  }

  /* --- following -------------------------------------------------------------------------------------------- */

  watch(ids) {
    this.#onScreen = new Set(ids);
    this.#follow();
  }

  /* The opened one, everything of mine, then what is on the screen. */
  #follow() {
    if (!this.connection.open) return;
    const wanted = new Set(this.#opened === null ? [] : [this.#opened]);
    for (const row of this.rows.view("mine")) wanted.add(row.id);
    for (const id of this.#onScreen) wanted.add(id);
    for (const id of [...wanted].slice(0, MAX_FOLLOWED)) if (!this.#followed.has(id)) this.#subscribe(id);
    for (const id of [...this.#followed]) if (!wanted.has(id)) this.#unsubscribe(id);
  }

  #subscribe(id) {
    const head = this.rows.get(id)?.head;
    if (!head) return;
    /* The last words again: the list may show those before them (see Rows.entry). */
    this.connection.follow(id, this.#timelines.get(id)?.lastSeq || Math.max(0, head - OVERLAP));
    if (this.connection.send("subscribe", { conversation: id, after_seq: this.connection.positions.at(id) })) this.#followed.add(id);
  }

  #unsubscribe(id) {
    this.#followed.delete(id);
    this.#whole.delete(id);
    this.connection.unfollow(id);
    this.connection.send("unsubscribe", { conversation: id });
  }

  /* --- timelines -------------------------------------------------------------------------------------------- */

  timeline(id) {
    const kept = this.#timelines.get(id);
    if (kept) {
      this.#timelines.delete(id);
      this.#timelines.set(id, kept);
      return kept;
    }
    const made = new Timeline({ conversation: id, self: "agent", showHidden: true, fetchPage: (query) => this.#page(id, query) });
    made.onChange = () => this.emit("thread", id);
    this.#timelines.set(id, made);
    for (const old of [...this.#timelines.keys()].slice(0, -MAX_TIMELINES)) if (old !== this.#opened) this.#forget(old);
    return made;
  }

  #page(id, query) {
    return this.api.get(`conversations/${id}/messages/`, query);
  }

  async open(id) {
    this.#opened = id;
    if (id === null) return;
    const row = await this.lists.one(id);
    const timeline = this.timeline(id);
    if (row) timeline.receipt({ delivered: row.visitor_delivered, read: row.visitor_read, sender: { kind: "visitor" } });
    if (!this.#whole.has(id)) await this.#latest(timeline, id);
    if (this.#opened === id) this.#follow();
  }

  /* What was kept from before may be too far from the newest page to meet it: then only the page is kept. */
  async #latest(timeline, id) {
    await timeline.loadLatest();
    const count = timeline.entries().length;
    if (count > 0 && timeline.lastSeq - timeline.firstSeq + 1 !== count) {
      this.#forget(id);
      await this.timeline(id).loadLatest();
    }
    this.#whole.add(id);
  }

  #forget(id) {
    this.#timelines.delete(id);
    this.#whole.delete(id);
  }

  #reload(id) {
    this.#forget(id);
    if (id === this.#opened) this.#latest(this.timeline(id), id).catch(() => {});
    this.lists.one(id, { fresh: true });
    return true;
  }

  #own(item, ack) {
    const entry = entryOf(item, ack, this.self);
    this.rows.entry(entry, { seen: true });
    this.#timelines.get(item.conversation)?.apply(entry);
    this.emit("outbox", item.conversation);
  }

  send(id, message) {
    const item = this.outbox.add({ conversation: id, ...message });
    this.emit("outbox", id);
    return item;
  }

  /* --- receipts and typing ---------------------------------------------------------------------------------- */

  /* Looking into the queue, or over a colleague's shoulder, is not reading. */
  seen(id) {
    if (!this.rows.isMine(id)) return;
    const row = this.rows.get(id);
    const last = this.#timelines.get(id)?.lastSeq ?? 0;
    if (last === 0) return;
    if (row.unread > 0 || this.#signals.read(id) < last) this.#signals.queue(id, { delivered: last, read: last });
    this.rows.read(id, Math.max(last, row.head));
  }

  typing(id, on) {
    this.#signals.typing(id, on);
  }

  typist(id) {
    return this.#signals.typist(id);
  }

  /* --- acts ------------------------------------------------------------------------------------------------- */

  async act(id, name, body) {
    return this.acted(id, await this.api.post(`conversations/${id}/${name}/`, body));
  }

  acted(id, answer) {
    const { id: _, ...fields } = answer.conversation;
    this.rows.patch(id, fields);
    this.#follow();
    return answer;
  }

  async accept(id) {
    try {
      return await this.act(id, "accept");
    } catch (error) {
      if (error.code === "already_accepted" && error.details?.agent) {
        this.rows.patch(id, { status: "active", agent: error.details.agent });
      }
      throw error;
    }
  }

  /* Whoever opens a conversation again answers it. */
  async reopen(id) {
    await this.act(id, "reopen");
    return this.accept(id);
  }

  recall(id, seq) {
    return this.api.post(`conversations/${id}/recall/`, { seq });
  }
}
