/* app.js: the visitor's chat, in an iframe (mode "widget") or as a full page (mode "h5"). Wires the parts together. */

import { applyAccent } from "../shared/accent.js";
import { announce } from "../shared/a11y.js";
import { createApi } from "../shared/api.js";
import { Connection } from "../shared/connection.js";
import { el, fill, icon } from "../shared/dom.js";
import { t, useLocale } from "../shared/i18n.js";
import { Outbox, entryOf } from "../shared/outbox.js";
import { openStore } from "../shared/store.js";
import { Attention } from "./attention.js";
import { senderName, typingNode } from "./bubble.js";
import { Composer } from "./composer.js";
import { Conversations } from "./conversations.js";
import { Banner, brandAvatar, drawHead } from "./header.js";
import { listen } from "./host.js";
import { Session } from "./session.js";
import { Thread } from "./thread.js";

const DICTIONARIES = { en: () => import("./words-en.js"), "zh-CN": () => import("./words-zh-cn.js") };
const TYPING_MS = 8_000;
/* Signed addresses live an hour at most; older ones are asked for anew before they are opened. */
const FRESH_MS = 45 * 60_000;

const part = (id) => document.getElementById(id);
const config = JSON.parse(part("kefu-config").textContent);
const root = document.documentElement;
const store = openStore(`kefu:${config.site.key}:`);
const widget = config.mode === "widget";
const waiting = openStore(`kefu:${config.site.key}:outbox:`);
const previews = new Map();

let open = !widget;
let page = { url: location.origin + location.pathname, title: document.title, referrer: document.referrer };
let errorCode = null;
let typist = null;
let typingEnd = null;

const host = listen({
  origins: config.origins,
  on: {
    hello: (data) => greetHost(data),
    visible: (data) => setOpen(data),
    page: (data) => {
      page = data;
    },
    user: (data) => renew(() => session.identify(data)),
    attributes: (data) => renew(() => session.describe(data)),
    locale: (data) => setLocale(data),
    reset: () => reset(),
  },
});

const session = new Session({
  site: config.site.key,
  store,
  page: () => page,
  onSession: (answer, change) => begun(answer, change),
  onError: (code) => {
    errorCode = code;
    host.post("error", { code });
  },
});
const api = createApi({ token: () => session.token, credentials: "omit" });

const connection = new Connection({
  socketUrl: config.socket,
  pollUrl: config.poll,
  client: `${config.mode}/1.0`,
  getToken: (how) => session.get(how),
  onToken: (token) => session.renewed(token),
  onFrame: (frame) => received(frame),
  onState: (now) => connected(now),
  fetchEntries: (conversation, after) => conversations.of(conversation)?.loadAfter(after) ?? [],
  onResync: (conversation) => {
    conversations.of(conversation)?.restart().catch(() => connection.wake());
    return true;
  },
});

const conversations = new Conversations({ api, connection, onChange: () => draw() });

const outbox = new Outbox({
  connection,
  store: waiting,
  upload: (file, options) => api.upload("uploads/", file, options),
  onChange: () => draw(),
  onAck: (item, ack) => {
    conversations.of(item.conversation)?.apply(entryOf(item, ack, me()));
    draw();
  },
  onMoved: () => renew(() => session.expire()),
});

const attention = new Attention({
  store,
  host,
  isOpen: () => open,
  send: (payload) => connection.send("receipt", payload),
});

const thread = new Thread({
  scroll: part("scroll"),
  log: part("log"),
  older: part("older"),
  jump: part("jump"),
  below: part("below"),
  actions: (entry) => ({
    retry: () => afterwards(() => outbox.retry(entry.client_msg_id)),
    discard: () => afterwards(() => outbox.discard(entry.client_msg_id)),
    open: (which, preview) => openPicture(which, preview),
    link: (which, event) => openFile(which, event),
    stale: (which) => refresh(which),
  }),
});
thread.onOlder = async () => {
  await conversations.loadOlder();
  drawNow();
};
thread.onSeen = () => seen();

const composer = new Composer({
  parts: Object.fromEntries(["composer", "text", "attach", "files", "emoji", "send", "notice", "drop"].map((id) => [id, part(id)])),
  store,
  limits: () => config.limits,
  onText: (text) => post({ text }),
  onFile: (file) => post({ file }),
  onTyping: (on, text) =>
    connection.send("typing", {
      conversation: conversations.current?.conversation,
      on,
      ...(config.typing_preview && on ? { preview: text.slice(0, 500) } : {}),
    }),
});

const headParts = { name: part("head-name"), status: part("head-status"), avatar: part("head-avatar") };
const banner = new Banner(part("banner"), () => connection.retry());

function me() {
  return { kind: "visitor", id: session.answer?.visitor.id ?? null, name: session.answer?.visitor.name ?? null };
}

function post({ text = null, file = null }) {
  thread.atBottom = true;
  const item = outbox.add({ conversation: conversations.current?.conversation ?? null, text, file });
  if (item.kind === "image") previews.set(item.client_msg_id, URL.createObjectURL(file));
  connection.start();
  draw();
}

function afterwards(act) {
  act();
  draw();
  composer.focus();
}

/* Everything that changes who we are goes through a new session on a new connection. */
function renew(change) {
  change();
  connection.stop();
  if (open || session.known) connection.start();
}

function reset() {
  connection.stop();
  session.reset();
  composer.clear();
  forget();
  attention.start(null, 0);
  draw();
  if (open) connection.start();
}

function forget() {
  outbox.clear();
  conversations.forget();
  for (const address of previews.values()) URL.revokeObjectURL(address);
  previews.clear();
}

/* A session was given: the same conversation as before, a new one after the last was closed, or another person's. */
function begun({ conversation }, { sameVisitor }) {
  errorCode = null;
  if (!sameVisitor) forget();
  if (conversations.open(conversation)) attention.start(conversation.id, 0);
  outbox.adopt(conversation.id);
  load();
}

async function load() {
  if (conversations.loaded || !conversations.current) return;
  draw();
  try {
    await conversations.load();
    draw();
    requestAnimationFrame(() => part("log").setAttribute("aria-live", "polite"));
  } catch {
    /* tried again when the connection opens */
  }
}

function connected(now) {
  Object.assign(document.body.dataset, { connection: now.name, transport: now.transport ?? "" });
  banner.show(now, errorCode);
  host.post("connection", { state: now.name, transport: now.transport });
  if (now.name === "open") {
    for (const { id, status, unread } of connection.welcome.conversations ?? []) {
      const timeline = conversations.of(id);
      if (timeline !== conversations.current) continue;
      timeline.facts.status = status;
      attention.start(id, unread ?? 0);
    }
    attention.reconnected();
    load();
    outbox.flush();
    seen();
  }
  draw();
}

function received({ type, payload = {} }) {
  const timeline = conversations.of(payload.conversation ?? payload.id);
  if (type === "message") arrived(payload);
  else if (type === "message.partial") timeline?.partial(payload);
  else if (type === "receipt") timeline?.receipt(payload);
  else if (type === "typing") typing(payload);
  else if (type === "conversation" && timeline) {
    const { status, agent = null, queue = null } = payload;
    Object.assign(timeline.facts, { agent, queue }, status ? { status } : {});
    draw();
  }
}

function arrived(entry) {
  const timeline = conversations.of(entry.conversation);
  if (!timeline) return;
  outbox.confirm(entry);
  conversations.follow(entry);
  const outcome = timeline.apply(entry);
  const theirs = entry.sender?.kind === "agent" || entry.sender?.kind === "bot";
  if (outcome === "added" && theirs && entry.kind !== "event") {
    typing({ on: false });
    attention.arrived(entry, thread.atBottom);
    const { id, seq, kind, text, sender, created_at } = entry;
    host.post("message", { id, seq, kind, text, sender, created_at });
  }
  seen();
}

function seen() {
  if (thread.atBottom) attention.seen(conversations.current?.lastSeq ?? 0);
}

function typing({ on, sender = null }) {
  if (sender?.kind === "visitor") return;
  clearTimeout(typingEnd);
  const before = typist;
  typist = on ? { ...sender, name: sender?.name ?? conversations.facts.agent?.name } : null;
  if (on) typingEnd = setTimeout(() => typing({ on: false }), TYPING_MS);
  if ((before === null) === (typist === null)) return;
  if (on) announce(t("typing", { name: senderName(typist) }));
  draw();
}

async function refresh(entry) {
  const timeline = conversations.of(entry.conversation);
  const [found] = (await timeline?.loadAfter(entry.seq - 1, 1).catch(() => [])) ?? [];
  if (found?.seq === entry.seq) timeline.apply(found);
  return found ?? entry;
}

function stillFresh() {
  return Date.now() - conversations.loadedAt < FRESH_MS;
}

async function openPicture(entry, preview) {
  const { attachment } = preview || stillFresh() ? entry : await refresh(entry);
  const src = preview ?? attachment?.url;
  if (!src) return;
  const found = await import("./lightbox.js").catch(() => null);
  found?.openLightbox({ src, name: attachment?.name ?? t("picture"), href: preview ? null : attachment.url });
}

async function openFile(entry, event) {
  if (stillFresh()) return;
  event.preventDefault();
  const { attachment } = await refresh(entry);
  if (attachment?.url) location.assign(attachment.url);
}

function greeting() {
  const text = config.site.greeting || t("welcome");
  const build = () =>
    el(
      "div.hello",
      {},
      brandAvatar(config.site, "large"),
      el("p.hello-name", {}, config.site.name),
      el("p.hello-text", { dir: "auto" }, text),
    );
  return { text, build };
}

function drawBelow() {
  const below = part("below");
  const shown = below.querySelector(".typing");
  if (typist && !shown) below.append(typingNode(typist));
  else if (!typist) shown?.remove();
  const card = below.querySelector(".rating");
  const { ratable } = conversations;
  if (ratable !== null && card === null) showRating(below, ratable);
  /* The log may tell of the rating before the answer to it is here; the thanks stay until something new is said. */
  else if (ratable === null && !card?.dataset.busy && (conversations.facts.status !== "closed" || !card?.dataset.done)) card?.remove();
}

async function showRating(below, conversation) {
  const found = await import("./rating.js").catch(() => null);
  if (found === null || conversations.ratable !== conversation || below.querySelector(".rating")) return;
  below.append(found.ratingCard({ onSend: (rating) => rate(conversation, rating) }));
}

async function rate(conversation, { rating, text }) {
  try {
    await session.get();
    await api.post(`conversations/${conversation}/rate/`, text ? { rating, text } : { rating });
  } catch (error) {
    if (error.code !== "already_rated") throw error;
  }
  conversations.of(conversation).facts.rated = true;
}

let drawing = false;
function draw() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    drawNow();
  });
}

function drawNow() {
  const { facts, hasOlder, all } = conversations;
  const loading = all.length > 0 && !conversations.loaded;
  drawHead({ parts: headParts, site: config.site, asked: conversations.current?.last() != null, ...facts });
  composer.relabel(facts.status === "closed" ? "write_reopen" : "write");
  root.classList.toggle("loading", loading);
  thread.draw({ timelines: all, pending: outbox.items(), previews, greeting: hasOlder || loading ? null : greeting(), hasOlder, loading });
  drawBelow();
  if (thread.atBottom) thread.toBottom();
}

/* Pictures that wait since before a reload are shown from their kept bytes. */
async function restorePreviews() {
  for (const item of outbox.items()) {
    const blob = item.kind === "image" ? await outbox.blobOf(item) : null;
    if (blob) previews.set(item.client_msg_id, URL.createObjectURL(blob));
  }
  draw();
}

function tool(id, glyph, key) {
  const node = fill(part(id), icon(glyph));
  node.title = t(key);
  node.setAttribute("aria-label", t(key));
}

function drawTools() {
  tool("sound", attention.muted ? "mute" : "sound", attention.muted ? "unmute" : "mute");
  tool("close", "down", "close_chat");
  part("close").hidden = !widget;
}

async function setLocale(wanted) {
  const tags = [wanted, ...navigator.languages, config.site.locale].filter(Boolean);
  session.locale = await useLocale(tags, DICTIONARIES);
  for (const id of ["log", "scroll"]) part(id).setAttribute("aria-label", t("messages"));
  thread.relabel();
  drawTools();
  draw();
  const style = getComputedStyle(root);
  const colour = (name) => style.getPropertyValue(name).trim();
  host.post("ready", {
    accent: colour("--accent"),
    on: colour("--on-accent"),
    ground: colour("--surface"),
    labels: { open: t("open_chat"), close: t("close_chat"), unread: t("open_unread"), frame: t("frame_title") },
  });
}

/* Browsers that shut a frame out of storage would make every page view a new visitor: then the page that holds us,
 * whose origin the site lists, keeps what we would have kept. */
function keepAtHost(kept = {}) {
  for (const [area, prefix] of [
    [store, "own:"],
    [waiting, "out:"],
  ]) {
    if (area.durable) continue;
    area.mirror = (key, value) => host.post("keep", { key: prefix + key, value });
    for (const [key, value] of Object.entries(kept)) if (key.startsWith(prefix)) area.restore(key.slice(prefix.length), value);
  }
  outbox.reload();
  composer.restore();
}

async function greetHost(data) {
  keepAtHost(data.kept);
  if (data.theme === "light" || data.theme === "dark") root.dataset.theme = data.theme;
  if (data.page) page = data.page;
  await setLocale(data.locale);
  if (session.known) connection.start();
}

function setOpen({ open: wanted, page: where, focus }) {
  open = wanted;
  if (where) page = where;
  if (!open) return;
  connection.start();
  thread.toBottom();
  seen();
  if (focus) composer.focus();
}

/* On a full page, the phone's keyboard must not cover the field (iOS only moves the visual viewport). */
function followViewport() {
  const view = window.visualViewport;
  if (!view || widget) return;
  const fit = () => {
    root.style.setProperty("--view-height", `${view.height}px`);
    root.style.setProperty("--view-top", `${view.offsetTop}px`);
  };
  for (const name of ["resize", "scroll"]) view.addEventListener(name, fit);
  fit();
}

function start() {
  applyAccent(config.site.accent);
  followViewport();
  part("sound").addEventListener("click", () => {
    attention.muted = !attention.muted;
    drawTools();
  });
  part("close").addEventListener("click", () => host.post("close"));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && widget && !event.defaultPrevented) host.post("close");
  });
  document.addEventListener("visibilitychange", seen);
  addEventListener("focus", seen);
  restorePreviews();
  if (widget) return;
  setLocale(new URLSearchParams(location.search).get("lang")).then(() => connection.start());
  if (matchMedia("(pointer: fine)").matches) composer.focus();
}

start();
