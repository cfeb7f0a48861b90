/* What was written and is not acked yet; every repeat carries the same client_msg_id. API: docs/frontend.md. */

import { dropBlob, getBlob, putBlob } from "./blobs.js";
import { backoff } from "./reconnect.js";

const MAX_TRIES = 6;

export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function entryOf(item, ack, sender) {
  return {
    conversation: item.conversation,
    id: ack.id,
    seq: ack.seq,
    client_msg_id: item.client_msg_id,
    sender,
    kind: item.kind,
    text: item.text,
    attachment: item.attachment,
    card: item.card,
    event: null,
    reply_to: item.reply_to,
    created_at: ack.created_at,
  };
}

export class Outbox {
  #options;
  #items = new Map();
  #busy = new Set();
  #fresh = new Map();
  #timer = null;

  constructor(options) {
    this.#options = options;
    this.reload();
  }

  reload() {
    const { store } = this.#options;
    for (const key of store.keys()) {
      const item = store.get(key);
      if (item?.client_msg_id === key) this.#items.set(key, item);
    }
  }

  items(conversation = null) {
    const all = [...this.#items.values()].sort((a, b) => a.created_at - b.created_at);
    return conversation === null ? all : all.filter((item) => item.conversation === conversation);
  }

  add({ conversation, kind, text = null, file = null, card = null, reply_to = null }) {
    const last = this.items().at(-1)?.created_at ?? 0;
    const item = {
      client_msg_id: newId(),
      conversation,
      kind: kind ?? (file ? (file.type.startsWith("image/") ? "image" : "file") : "text"),
      text,
      attachment: null,
      file: file ? { name: file.name || "image.png", type: file.type, size: file.size } : null,
      card,
      reply_to,
      created_at: Math.max(Date.now(), last + 1),
      state: "sending",
      error: null,
      tries: 0,
    };
    this.#items.set(item.client_msg_id, item);
    if (file) {
      this.#fresh.set(item.client_msg_id, file);
      putBlob(item.client_msg_id, file);
    }
    this.#keep(item);
    this.flush();
    return item;
  }

  retry(id) {
    const item = this.#items.get(id);
    if (!item) return;
    item.tries = 0;
    this.#state(item, "sending");
    this.flush();
  }

  discard(id) {
    this.#forget(id);
  }

  adopt(conversation) {
    for (const item of this.items()) {
      if (item.conversation !== null) continue;
      item.conversation = conversation;
      this.#keep(item);
    }
  }

  clear() {
    for (const id of [...this.#items.keys()]) this.#forget(id);
  }

  confirm(entry) {
    const item = this.#items.get(entry.client_msg_id);
    if (!item || item.conversation !== entry.conversation) return null;
    this.#forget(item.client_msg_id);
    return item;
  }

  flush() {
    if (!this.#options.connection.open) return;
    for (const item of this.items()) {
      if (item.state === "sending" && item.conversation !== null && !this.#busy.has(item.client_msg_id)) this.#deliver(item);
    }
  }

  async #deliver(item) {
    const id = item.client_msg_id;
    this.#busy.add(id);
    try {
      if (item.file !== null && item.attachment === null) await this.#upload(item);
      if (!this.#items.has(id)) return;
      const answer = await this.#options.connection.request("message.send", {
        conversation: item.conversation,
        client_msg_id: id,
        kind: item.kind,
        ...(item.text === null ? {} : { text: item.text }),
        ...(item.attachment === null ? {} : { attachment: item.attachment.id }),
        ...(item.card === null ? {} : { card: item.card }),
        ...(item.reply_to === null ? {} : { reply_to: item.reply_to }),
      });
      if (this.#forget(id)) {
        this.#options.connection.saw(item.conversation, answer.payload.seq);
        this.#options.onAck(item, answer.payload);
      }
    } catch (error) {
      if (this.#items.has(id)) this.#failed(item, error);
    } finally {
      this.#busy.delete(id);
    }
  }

  /* The bytes of a file that waits, also after a reload; null when they are gone. */
  async blobOf(item) {
    const fresh = this.#fresh.get(item.client_msg_id);
    if (fresh || item.file === null) return fresh ?? null;
    return getBlob(item.client_msg_id);
  }

  async #upload(item) {
    const blob = await this.blobOf(item);
    if (blob === null) throw { code: "file_gone", retryable: false };
    const file = new File([blob], item.file.name, { type: item.file.type });
    item.attachment = await this.#options.upload(file, {
      conversation: item.conversation,
      onProgress: (share) => {
        item.progress = share;
        this.#options.onChange(item);
      },
    });
    this.#keep(item);
  }

  #failed(item, error) {
    const moved = error.code === "conversation_closed" && this.#newHome(error);
    if (moved && moved !== item.conversation) {
      item.conversation = moved;
      this.#keep(item);
      this.#options.onMoved?.(item, moved);
      this.#again(0);
      return;
    }
    if (error.code === "not_connected") return;
    item.tries += 1;
    if (error.retryable && item.tries < MAX_TRIES) {
      const wait = error.retry_after_s ?? error.retryAfter;
      this.#again(Math.max((wait ?? 0) * 1000, backoff(item.tries)));
      return;
    }
    item.error = { code: error.code ?? "unknown", message: error.message ?? "" };
    this.#state(item, "failed");
  }

  #newHome({ payload, details }) {
    return payload?.conversation ?? payload?.details?.conversation ?? details?.conversation ?? null;
  }

  #again(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), ms);
  }

  #state(item, state) {
    item.state = state;
    if (state === "sending") item.error = null;
    this.#keep(item);
    this.#options.onChange(item);
  }

  #keep({ progress, ...item }) {
    if (this.#items.has(item.client_msg_id)) this.#options.store.set(item.client_msg_id, item);
  }

  #forget(id) {
    const item = this.#items.get(id);
    this.#items.delete(id);
    this.#fresh.delete(id);
    this.#options.store.remove(id);
    if (item?.file) dropBlob(id);
    return item !== undefined;
  }
}
