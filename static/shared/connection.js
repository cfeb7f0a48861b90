/* One lasting connection to kefu (wire contract, sections 3 and 6). API: docs/frontend.md. */

import { Positions, backoff, restartDelay } from "./reconnect.js";
import { SocketTransport, UNREACHABLE } from "./transport.js";

const WELCOME_MS = 6_000;
const PING_MS = 20_000;
const PONG_MS = 8_000;
const GAP_MS = 1_000;
const RENEW_BEFORE_MS = 90_000;
const PROBE_MS = [5_000, 15_000, 60_000, 300_000];
/* Codes after which the same token must not come back. */
const SPENT = new Set([4400, 4401, 4403, 4408, 4413, 4429]);
/* Codes that a new token does not cure: after the second in a row the person has to act. */
const FINAL = new Set([4400, 4401, 4403]);

/* Some browsers remember for ever that a module could not be fetched; another address is another try. */
let pollFetches = 0;
async function longPoll() {
  pollFetches += 1;
  return import(pollFetches === 1 ? "./poll.js" : `./poll.js?${pollFetches}`);
}

export function expiryMs(expires) {
  if (typeof expires === "number") return expires < 1e12 ? expires * 1000 : expires;
  const parsed = Date.parse(expires);
  return Number.isNaN(parsed) ? Date.now() + 600_000 : parsed;
}

export class Connection {
  positions = new Positions();
  state = { name: "stopped", transport: null, attempt: 0, retryAt: null, code: null };
  welcome = null;
  #options;
  #transport = null;
  #probe = null;
  #token = "";
  #refused = false;
  #refusals = 0;
  #socketFailures = 0;
  #probes = 0;
  #attempt = 0;
  #refs = 0;
  #waiting = new Map();
  #timers = new Map();
  #healing = new Set();
  #stopped = true;
  #connecting = false;
  #epoch = 0;
  #events = null;

  constructor(options) {
    this.#options = options;
  }

  get open() {
    return this.state.name === "open";
  }

  start() {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#events = new AbortController();
    const { signal } = this.#events;
    addEventListener("online", () => this.wake(), { signal });
    addEventListener("offline", () => this.#abandon(UNREACHABLE), { signal });
    addEventListener("pageshow", (event) => event.persisted && this.wake(), { signal });
    addEventListener("pagehide", () => this.#abandon(UNREACHABLE), { signal });
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.wake(), { signal });
    this.#set("connecting");
    this.#connect();
  }

  stop() {
    this.#stopped = true;
    this.#epoch += 1;
    this.#connecting = false;
    this.#events?.abort();
    this.#drop();
    this.#set("stopped");
  }

  /* The page is seen again or the network is back: prove the connection, or reconnect without waiting. */
  wake() {
    if (this.#stopped || this.state.name === "refused") return;
    if (this.open) {
      this.#ping(4_000);
      return;
    }
    this.#attempt = 0;
    this.#clear("retry");
    this.#connect();
  }

  retry() {
    this.#refusals = 0;
    if (this.state.name === "refused") this.#set("reconnecting");
    this.wake();
  }

  send(type, payload, ref) {
    if (!this.open || this.#transport === null) return false;
    return this.#transport.send({ type, ...(ref ? { ref } : {}), timestamp: Date.now(), payload });
  }

  request(type, payload, timeoutMs = 15_000) {
    const ref = `r${(this.#refs += 1)}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(ref, null, { code: "timeout", retryable: true }), timeoutMs);
      this.#waiting.set(ref, { resolve, reject, timer });
      if (!this.send(type, payload, ref)) this.#settle(ref, null, { code: "not_connected", retryable: true });
    });
  }

  follow(conversation, seq) {
    this.positions.set(conversation, seq);
  }

  unfollow(conversation) {
    this.positions.drop(conversation);
  }

  saw(conversation, seq) {
    const fresh = this.positions.see(conversation, seq) !== "old";
    if (this.positions.gap(conversation)) this.#gapSoon(conversation);
    return fresh;
  }

  async #connect() {
    if (this.#connecting || this.#stopped || this.#transport !== null) return;
    this.#connecting = true;
    const epoch = this.#epoch;
    let Kind = SocketTransport;
    try {
      const token = await this.#options.getToken({ refused: this.#refused });
      if (epoch !== this.#epoch) return;
      this.#keepToken(token);
      this.#refused = false;
      const poll = typeof WebSocket === "undefined" || this.#socketFailures >= 2;
      if (poll) Kind = (await longPoll()).PollTransport;
    } catch (error) {
      if (epoch !== this.#epoch) return;
      this.#socketFailures = Math.min(this.#socketFailures, 1);
      if (error?.final) this.#set("refused", { code: error.code ?? null });
      else this.#retryLater(error?.status === 429 ? (error.retryAfter ?? 10) * 1000 : 0);
      return;
    } finally {
      if (epoch === this.#epoch) this.#connecting = false;
    }
    if (epoch !== this.#epoch || this.#transport !== null) return;
    this.#transport = this.#build(Kind, (code) => this.#lost(code));
    this.#after("welcome", WELCOME_MS, () => this.#abandon(UNREACHABLE));
    this.#transport.open(this.#hello());
  }

  #build(Kind, onClose) {
    const url = Kind === SocketTransport ? this.#options.socketUrl : this.#options.pollUrl;
    const transport = new Kind(url, {
      token: () => this.#token,
      onClose,
      onFrame: (frame) => {
        if (transport === this.#probe && frame.type === "welcome") this.#switchTo(transport);
        if (transport === this.#transport) this.#receive(frame);
      },
    });
    return transport;
  }

  #hello() {
    return {
      type: "hello",
      ref: "hello",
      timestamp: Date.now(),
      payload: { token: this.#token, resume: this.positions.resume(), client: this.#options.client, features: [] },
    };
  }

  #receive(frame) {
    const { type, ref, payload = {} } = frame;
    if (type === "welcome") this.#welcomed(payload);
    if (type === "pong") this.#pong(payload);
    if (type === "token") this.#keepToken(payload, true);
    if (type === "resync" && !this.#resync(payload)) return;
    if (type === "message" && payload.seq !== undefined && !this.saw(payload.conversation, payload.seq)) return;
    if (ref !== undefined && this.#waiting.has(ref)) {
      this.#settle(ref, frame, type === "error" ? { ...payload, payload } : null);
      return;
    }
    if (type !== "pong") this.#options.onFrame(frame);
  }

  #settle(ref, frame, error) {
    const waiting = this.#waiting.get(ref);
    if (!waiting) return;
    this.#waiting.delete(ref);
    clearTimeout(waiting.timer);
    if (error) waiting.reject(error);
    else waiting.resolve(frame);
  }

  #welcomed(payload) {
    this.welcome = payload;
    this.#clear("welcome");
    this.#attempt = 0;
    this.#refusals = 0;
    if (this.#transport.name === "websocket") {
      this.#socketFailures = 0;
      this.#probes = 0;
      this.#pingSoon();
    } else {
      this.#probeLater();
    }
    this.#set("open", { transport: this.#transport.name });
  }

  /* Liveness and heads: an intermediary may keep a dead socket open for minutes. */
  #pingSoon() {
    this.#after("ping", PING_MS, () => this.#ping(PONG_MS));
  }

  #ping(patienceMs) {
    if (this.#transport?.name !== "websocket") return;
    this.#after("pong", patienceMs, () => this.#abandon(UNREACHABLE));
    this.send("ping", {});
  }

  #pong({ heads = {} }) {
    this.#clear("pong");
    this.#pingSoon();
    for (const [conversation, head] of Object.entries(heads)) {
      if (this.positions.has(conversation) && this.positions.at(conversation) < head) this.#gapSoon(conversation, head);
    }
  }

  #gapSoon(conversation, head = 0) {
    if (this.#timers.has(`gap ${conversation}`)) return;
    this.#after(`gap ${conversation}`, GAP_MS, () => {
      const missing = this.positions.gap(conversation) || this.positions.at(conversation) < head;
      if (missing) this.#heal(conversation, head);
    });
  }

  /* Reads what is missing from history; without a reader, a new connection resumes. */
  async #heal(conversation, head) {
    if (!this.#options.fetchEntries) {
      this.#abandon(1012);
      return;
    }
    if (this.#healing.has(conversation)) return;
    this.#healing.add(conversation);
    try {
      while (this.positions.gap(conversation) || this.positions.at(conversation) < head) {
        const from = this.positions.at(conversation);
        const entries = await this.#options.fetchEntries(conversation, from);
        for (const entry of entries) this.#receive({ type: "message", payload: entry });
        if (this.positions.at(conversation) <= from) break;
      }
    } catch {
      /* the next ping compares heads again */
    } finally {
      this.#healing.delete(conversation);
    }
  }

  #resync({ conversation, head }) {
    if (this.#options.onResync?.(conversation, head)) {
      this.positions.set(conversation, head);
      return false;
    }
    this.#heal(conversation, head);
    return true;
  }

  #keepToken({ token, expires_at: expires }, renewed = false) {
    if (typeof token !== "string" || token === "") return;
    this.#token = token;
    if (renewed) this.#options.onToken?.({ token, expires_at: expires });
    const left = expiryMs(expires) - Date.now();
    this.#after("renew", Math.max(5_000, left - RENEW_BEFORE_MS), () => this.#renew());
  }

  #renew() {
    if (!this.send("token", {})) return;
    this.#after("renew", 20_000, () => this.#renew());
  }

  #lost(code) {
    const kind = this.#transport?.name;
    const welcomed = this.open;
    this.#drop();
    if (!welcomed && kind === "websocket" && !SPENT.has(code)) this.#socketFailures += 1;
    if (!welcomed && kind === "poll") this.#socketFailures = 1;
    if (SPENT.has(code)) this.#refused = true;
    if (FINAL.has(code) && (this.#refusals += 1) >= 2) {
      this.#set("refused", { code });
      return;
    }
    if (code === 1012 && this.#attempt === 0) this.#retryLater(restartDelay(), code, true);
    else this.#retryLater(code === 4429 ? 10_000 : 0, code);
  }

  #retryLater(atLeastMs, code = null, exact = false) {
    const wait = exact ? atLeastMs : Math.max(atLeastMs, backoff(this.#attempt));
    this.#attempt += 1;
    /* A browser's word that it is offline is shown, not believed: loopback and VPNs work without a "network". */
    this.#set(navigator.onLine === false ? "offline" : "reconnecting", { retryAt: Date.now() + wait, code });
    this.#after("retry", wait, () => this.#connect());
  }

  #abandon(code) {
    if (this.#transport === null) return;
    this.#transport.close(1000);
    this.#lost(code);
  }

  #drop() {
    for (const name of [...this.#timers.keys()]) if (name !== "renew") this.#clear(name);
    this.#transport?.close(1000);
    this.#probe?.close(1000);
    this.#transport = null;
    this.#probe = null;
    this.#unanswered();
  }

  #unanswered() {
    for (const ref of [...this.#waiting.keys()]) this.#settle(ref, null, { code: "not_connected", retryable: true });
  }

  /* While polling, a WebSocket is tried beside it; its welcome takes over, doubled entries are dropped by seq. */
  #probeLater() {
    if (typeof WebSocket === "undefined") return;
    const wait = PROBE_MS[Math.min(this.#probes, PROBE_MS.length - 1)];
    this.#probes += 1;
    this.#after("probe", wait, () => {
      this.#probe = this.#build(SocketTransport, () => this.#probeFailed());
      this.#after("probing", WELCOME_MS, () => this.#probeFailed());
      this.#probe.open(this.#hello());
    });
  }

  #probeFailed() {
    this.#clear("probing");
    this.#probe?.close(1000);
    this.#probe = null;
    this.#probeLater();
  }

  #switchTo(transport) {
    this.#clear("probing");
    this.#probe = null;
    const old = this.#transport;
    this.#transport = transport;
    transport.onClose = (code) => this.#lost(code);
    old?.close(1000);
    this.#unanswered();
  }

  #set(name, more = {}) {
    this.state = { name, transport: null, attempt: this.#attempt, retryAt: null, code: null, ...more };
    this.#options.onState?.(this.state);
  }

  #after(name, ms, act) {
    this.#clear(name);
    this.#timers.set(
      name,
      setTimeout(() => {
        this.#timers.delete(name);
        act();
      }, ms),
    );
  }

  #clear(name) {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }
}
