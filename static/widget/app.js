/* app.js: the visitor's chat, in an iframe (mode "widget") or as a full page (mode "h5"). Wires the parts together. */

import { applyAccent } from "../shared/accent.js";
import { announce } from "../shared/a11y.js";
import { createApi } from "../shared/api.js";
import { Connection } from "../shared/connection.js";
import { el, fill, icon } from "../shared/dom.js";
import { t, useLocale } from "../shared/i18n.js";
import { Outbox, entryOf } from "../shared/outbox.js";
import { openStore } from "../shared/store.js";
import { Timeline } from "../shared/timeline.js";
import { Attention } from "./attention.js";
import { senderName, typingNode } from "./bubble.js";
import { Composer } from "./composer.js";
import { Banner, drawHead } from "./header.js";
import { listen } from "./host.js";
import { Session } from "./session.js";
import { Thread } from "./thread.js";

const DICTIONARIES = { en: () => import("./words-en.js"), "zh-CN": () => import("./words-zh-cn.js") };
const TYPING_MS = 8_000;
/* Signed addresses live an hour at most; older ones are asked for anew before they are opened. */
const FRESH_MS = 45 * 60_000;

const config = JSON.parse(document.getElementById("kefu-config").textContent);
const part = (id) => document.getElementById(id);
const root = document.documentElement;
const store = openStore(`kefu:${config.site.key}:`);
const widget = config.mode === "widget";

const state = {
  open: !widget,
  page: { url: location.href.split("#")[0], title: document.title, referrer: document.referrer },
  conversation: null,
  status: "queued",
  agent: null,
  queue: null,
  typing: null,
  errorCode: null,
  rated: false,
  loaded: false,
};
let timelines = [];
let previews = new Map();
let loadedAt = 0;
let typingEnd = null;

const host = listen({
  origins: config.origins,
  on: {
    hello: (data) => greetHost(data),
    visible: (data) => setOpen(data),
    page: (data) => {
      state.page = data;
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
  page: () => state.page,
  onSession: (answer, change) => begun(answer, change),
  onError: (code) => {
    state.errorCode = code;
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
  fetchEntries: (conversation, after) => timelineOf(conversation)?.loadAfter(after) ?? [],
  onResync: (conversation) => {
    timelineOf(conversation)?.loadLatest();
    return true;
  },
});

const outbox = new Outbox({
  connection,
  store: openStore(`kefu:${config.site.key}:outbox:`),
  upload: (file, options) => api.upload("uploads/", file, options),
  onChange: () => draw(),
  onAck: (item, ack) => {
    timelineOf(item.conversation)?.apply(entryOf(item, ack, me()));
    draw();
  },
  onMoved: (item, conversation) => {
    if (state.conversation !== conversation) renew(() => {});
  },
});

const attention = new Attention({
  store,
  host,
  isOpen: () => state.open,
  send: (payload) => connection.send("receipt", payload),
});

const thread = new Thread({
  scroll: part("scroll"),
  log: part("log"),
  older: part("older"),
  jump: part("jump"),
  below: part("below"),
  actions: (entry) => ({
    retry: () => {
      outbox.retry(entry.client_msg_id);
      composer.focus();
    },
    discard: () => {
      outbox.discard(entry.client_msg_id);
      draw();
      composer.focus();
    },
    open: (which, opener, preview) => openPicture(which, preview),
    link: (which, event) => openFile(which, event),
    stale: (which) => refresh(which),
  }),
});
thread.onOlder = async () => {
  await timelines[0]?.loadOlder();
};
thread.onSeen = () => attention.seen(current()?.lastSeq ?? 0);

const composer = new Composer({
  parts: {
    form: part("composer"),
    text: part("text"),
    attach: part("attach"),
    files: part("files"),
    emoji: part("emoji"),
    send: part("send"),
    notice: part("notice"),
    drop: part("drop"),
  },
  store,
  limits: () => config.limits,
  onText: (text) => post({ text }),
  onFile: (file) => post({ file }),
  onTyping: (on, text) =>
    connection.send("typing", {
      conversation: state.conversation,
      on,
      ...(config.typing_preview && on ? { preview: text.slice(0, 500) } : {}),
    }),
});

const headParts = { name: part("head-name"), status: part("head-status"), avatar: part("head-avatar") };
const banner = new Banner(part("banner"), () => {
  connection.retry();
});

function current() {
  return timelines.at(-1) ?? null;
}

function timelineOf(conversation) {
  return timelines.find((timeline) => timeline.conversation === conversation) ?? null;
}

function me() {
  return { kind: "visitor", id: session.answer?.visitor.id ?? null, name: session.answer?.visitor.name ?? null };
}

async function post({ text = null, file = null }) {
  thread.atBottom = true;
  const item = outbox.add({ conversation: state.conversation, text, file });
  if (file?.type.startsWith("image/")) previews.set(item.client_msg_id, URL.createObjectURL(file));
  connection.start();
  draw();
}

/* Everything that changes who we are goes through a new session on a new connection. */
function renew(change) {
  change();
  if (connection.state.name === "stopped") {
    if (state.open || session.known) connection.start();
    return;
  }
  connection.stop();
  connection.start();
}

function reset() {
  connection.stop();
  session.reset();
  outbox.clear();
  store.remove("draft");
  forget();
  attention.start(null, 0);
  draw();
  if (state.open) connection.start();
}

function forget() {
  for (const timeline of timelines) connection.unfollow(timeline.conversation);
  for (const address of previews.values()) URL.revokeObjectURL(address);
  timelines = [];
  previews = new Map();
  Object.assign(state, { conversation: null, status: "queued", agent: null, queue: null, typing: null, rated: false, loaded: false });
}

/* A session was given: the same conversation as before, a new one after the last was closed, or another person's. */
function begun(answer, { sameVisitor }) {
  state.errorCode = null;
  if (!sameVisitor) {
    outbox.clear();
    forget();
  }
  const { id, status, head } = answer.conversation;
  state.conversation = id;
  if (!timelineOf(id)) {
    const timeline = new Timeline({
      conversation: id,
      self: "visitor",
      fetchPage: (query) => api.get(`conversations/${id}/messages/`, query),
    });
    timeline.conversation = id;
    timeline.onChange = () => draw();
    timelines.push(timeline);
    state.loaded = head === 0;
    connection.follow(id, head);
    Object.assign(state, { status, agent: null, queue: null });
    attention.start(id, 0);
  }
  outbox.adopt(id);
  if (!state.loaded) load(current());
  draw();
}

async function load(timeline) {
  try {
    await timeline.loadLatest();
    state.loaded = true;
    loadedAt = Date.now();
    foldAgent(timeline);
    draw();
    requestAnimationFrame(() => part("log").setAttribute("aria-live", "polite"));
  } catch {
    /* tried again when the connection opens */
  }
}

/* Who answers stands in the log itself; frames only bring changes. */
function foldAgent(timeline) {
  for (const entry of timeline.entries()) if (entry.kind === "event") follow(entry);
}

function follow({ event }) {
  switch (event?.name) {
    case "accepted":
    case "assigned":
    case "transferred":
      state.agent = event.data?.agent ?? null;
      state.status = state.agent ? "active" : "queued";
      break;
    case "closed":
      state.status = "closed";
      state.rated = false;
      break;
    case "reopened":
      state.status = state.agent && event.data?.keep_agent ? "active" : "queued";
      break;
    case "rated":
      state.rated = true;
      break;
    default:
  }
}

function connected(now) {
  document.body.dataset.connection = now.name;
  document.body.dataset.transport = now.transport ?? "";
  banner.show(now, state.errorCode);
  host.post("connection", { state: now.name, transport: now.transport });
  if (now.name === "open") {
    const mine = connection.welcome.conversations?.find(({ id }) => id === state.conversation);
    if (mine) {
      state.status = mine.status ?? state.status;
      attention.start(mine.id, mine.unread ?? 0);
    }
    attention.reconnected();
    if (!state.loaded && current()) load(current());
    else part("log").setAttribute("aria-live", "polite");
    outbox.flush();
    seen();
  }
  draw();
}

function received({ type, payload = {} }) {
  if (type === "message") arrived(payload);
  else if (type === "message.partial") timelineOf(payload.conversation)?.partial(payload);
  else if (type === "receipt") timelineOf(payload.conversation)?.receipt(payload);
  else if (type === "typing") typing(payload);
  else if (type === "conversation" && payload.id === state.conversation) {
    if (payload.status === "closed" && state.status !== "closed") state.rated = false;
    Object.assign(state, { status: payload.status ?? state.status, agent: payload.agent ?? null, queue: payload.queue ?? null });
    draw();
  }
}

function arrived(entry) {
  const timeline = timelineOf(entry.conversation);
  if (!timeline) return;
  outbox.confirm(entry);
  if (entry.kind === "event" && timeline === current()) follow(entry);
  const atEnd = thread.atBottom;
  const outcome = timeline.apply(entry);
  const theirs = entry.sender?.kind === "agent" || entry.sender?.kind === "bot";
  if (outcome === "added" && theirs && entry.kind !== "event" && entry.kind !== "hidden") {
    typing({ on: false });
    attention.arrived(entry, atEnd);
    host.post("message", { id: entry.id, seq: entry.seq, kind: entry.kind, text: entry.text, sender: entry.sender, created_at: entry.created_at });
  }
  seen();
}

function seen() {
  if (thread.atBottom) attention.seen(current()?.lastSeq ?? 0);
}

function typing({ on, sender = null }) {
  clearTimeout(typingEnd);
  if (sender?.kind === "visitor") return;
  const before = state.typing;
  state.typing = on ? (sender ?? { kind: "agent" }) : null;
  if (on) typingEnd = setTimeout(() => typing({ on: false }), TYPING_MS);
  if ((before === null) !== (state.typing === null)) {
    if (on) announce(t("typing", { name: senderName(typist()) }));
    draw();
  }
}

function typist() {
  return { ...state.typing, name: state.typing?.name ?? state.agent?.name };
}

async function refresh(entry) {
  const timeline = timelineOf(entry.conversation);
  const [fresh] = (await timeline?.loadAfter(entry.seq - 1, 1).catch(() => [])) ?? [];
  if (fresh?.seq === entry.seq) timeline.apply(fresh);
  return fresh ?? entry;
}

async function openPicture(entry, preview) {
  const now = preview || Date.now() - loadedAt < FRESH_MS ? entry : await refresh(entry);
  const src = preview ?? now.attachment?.url;
  if (!src) return;
  const { openLightbox } = await import("./lightbox.js");
  openLightbox({ src, name: now.attachment?.name ?? t("picture"), href: preview ? null : now.attachment?.url });
}

async function openFile(entry, event) {
  if (Date.now() - loadedAt < FRESH_MS) return;
  event.preventDefault();
  const fresh = await refresh(entry);
  if (fresh.attachment?.url) location.assign(fresh.attachment.url);
}

function greeting() {
  const text = config.site.greeting || t("welcome");
  return {
    text,
    build: () =>
      el(
        "div.hello",
        {},
        avatarOfSite(),
        el("p.hello-name", {}, config.site.name),
        el("p.hello-text", { dir: "auto" }, text),
      ),
  };
}

function avatarOfSite() {
  return el("span.avatar.brand.large", { ariaHidden: "true" }, [...config.site.name][0]?.toLocaleUpperCase() ?? "");
}

function drawBelow() {
  const below = part("below");
  const typingShown = below.querySelector(".typing");
  if (state.typing && !typingShown) below.append(typingNode(typist()));
  else if (!state.typing) typingShown?.remove();
  const card = below.querySelector(".rating");
  const wanted = state.status === "closed" && !state.rated && current()?.entries().some((entry) => entry.kind !== "event");
  if (wanted && !card) showRating(below);
  else if (!wanted && card && !card.querySelector(".thanks")) card.remove();
  else if (state.status !== "closed") card?.remove();
}

async function showRating(below) {
  const { ratingCard } = await import("./rating.js");
  if (state.status === "closed" && !below.querySelector(".rating")) below.append(ratingCard({ onSend: rate }));
}

async function rate({ rating, text }) {
  try {
    await session.get();
    await api.post(`conversations/${state.conversation}/rate/`, text ? { rating, text } : { rating });
  } catch (error) {
    if (error.code !== "already_rated") throw error;
  }
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
  const timeline = timelines[0];
  drawHead({ parts: headParts, site: config.site, agent: state.agent, status: state.status, queue: state.queue });
  composer.relabel(state.status === "closed" ? "write_reopen" : "write");
  const loading = current() !== null && !state.loaded;
  root.classList.toggle("loading", loading);
  thread.draw({
    timelines,
    pending: outbox.items(),
    previews,
    greeting: timeline?.hasOlder || loading ? null : greeting(),
    hasOlder: timeline?.hasOlder ?? false,
    loading,
  });
  drawBelow();
  if (thread.atBottom) thread.toBottom();
}

/* Pictures that wait since before a reload are shown from their kept bytes. */
async function restorePreviews() {
  for (const item of outbox.items()) {
    if (item.kind !== "image" || previews.has(item.client_msg_id)) continue;
    const blob = await outbox.blobOf(item);
    if (blob) previews.set(item.client_msg_id, URL.createObjectURL(blob));
  }
  draw();
}

function drawTools() {
  const sound = part("sound");
  const word = t(attention.muted ? "unmute" : "mute");
  fill(sound, icon(attention.muted ? "mute" : "sound"));
  sound.title = word;
  sound.setAttribute("aria-label", word);
  sound.setAttribute("aria-pressed", String(!attention.muted));
  const close = part("close");
  close.hidden = !widget;
  fill(close, icon("down"));
  close.title = t("close_chat");
  close.setAttribute("aria-label", t("close_chat"));
}

async function setLocale(wanted) {
  const tags = [wanted, store.get("locale"), ...navigator.languages, config.site.locale].filter(Boolean);
  session.locale = await useLocale(tags, DICTIONARIES);
  part("log").setAttribute("aria-label", t("messages"));
  part("scroll").setAttribute("aria-label", t("messages"));
  thread.relabel();
  drawTools();
  draw();
  ready();
}

function ready() {
  const style = getComputedStyle(root);
  const colour = (name) => style.getPropertyValue(name).trim();
  host.post("ready", {
    accent: colour("--accent"),
    on: colour("--on-accent"),
    ground: colour("--surface"),
    labels: { open: t("open_chat"), close: t("close_chat"), unread: t("open_unread"), frame: t("frame_title") },
  });
}

async function greetHost({ locale = null, theme = null, page, open }) {
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  if (page) state.page = page;
  await setLocale(locale);
  if (open) setOpen({ open });
  else if (session.known) connection.start();
}

function setOpen({ open, page, focus }) {
  state.open = open;
  if (page) state.page = page;
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
  view.addEventListener("resize", fit);
  view.addEventListener("scroll", fit);
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
  const wanted = new URLSearchParams(location.search).get("lang");
  setLocale(wanted).then(() => connection.start());
  if (matchMedia("(pointer: fine)").matches) composer.focus();
}

start();
