/* Carries frames over the long poll (wire contract, section 6). Loaded only when a WebSocket cannot be had. */

import { UNREACHABLE } from "./transport.js";

/* The server holds a GET for 25 s; ten more and the way to it is broken. */
const ANSWER_MS = 35_000;
const AS_CLOSE = { 400: 4400, 401: 4401, 403: 4403, 413: 4413, 429: 4429, 503: 1012 };

export class PollTransport {
  name = "poll";
  #id = null;
  #cursor = null;
  #queue = [];
  #posting = false;
  #abort = new AbortController();

  constructor(url, { onFrame, onClose, token }) {
    this.url = new URL(url, location.href).href;
    this.onFrame = onFrame;
    this.onClose = onClose;
    this.token = token;
  }

  async #call(method, path, body) {
    const late = setTimeout(() => this.#failed({}), ANSWER_MS);
    try {
      return await this.#fetch(method, path, body);
    } finally {
      clearTimeout(late);
    }
  }

  async #fetch(method, path, body) {
    const response = await fetch(this.url + path, {
      method,
      credentials: "omit",
      cache: "no-store",
      signal: this.#abort.signal,
      headers: {
        Authorization: `Bearer ${this.token()}`,
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok) throw Object.assign(new Error("poll"), { status: response.status });
    return response.json();
  }

  async open(hello) {
    try {
      const answer = await this.#call("POST", "", hello);
      this.#id = answer.poll;
      this.#cursor = answer.cursor;
      this.#deliver(answer.frames);
      while (this.onClose !== null) {
        const more = await this.#call("GET", `${this.#id}/?cursor=${encodeURIComponent(this.#cursor)}`);
        this.#cursor = more.cursor;
        this.#deliver(more.frames);
      }
    } catch (error) {
      this.#failed(error);
    }
  }

  #deliver(frames) {
    for (const frame of frames ?? []) if (this.onClose !== null) this.onFrame(frame);
  }

  send(frame) {
    if (this.#id === null || this.onClose === null) return false;
    this.#queue.push(frame);
    if (!this.#posting) this.#drain();
    return true;
  }

  /* One POST under way at a time keeps the order; what gathers meanwhile goes in the next one. */
  async #drain() {
    this.#posting = true;
    try {
      while (this.#queue.length > 0 && this.onClose !== null) {
        const frames = this.#queue.splice(0, 32);
        const answer = await this.#call("POST", `${this.#id}/`, { frames });
        this.#deliver(answer.frames);
      }
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#posting = false;
    }
  }

  #failed(error) {
    const report = this.onClose;
    this.onClose = null;
    this.#abort.abort();
    report?.(AS_CLOSE[error.status] ?? UNREACHABLE);
  }

  close() {
    if (this.onClose === null) return;
    this.onClose = null;
    this.#abort.abort();
    if (this.#id === null) return;
    fetch(`${this.url}${this.#id}/`, {
      method: "DELETE",
      keepalive: true,
      credentials: "omit",
      headers: { Authorization: `Bearer ${this.token()}` },
    }).catch(() => {});
  }
}
