/* app.js: the visitor's chat, in an iframe (mode "widget") or as a full page (mode "h5"). Wires the parts together. */

import { applyAccent } from "../shared/accent.js";
import { createApi } from "../shared/api.js";
import { Connection } from "../shared/connection.js";
import { t, useLocale } from "../shared/i18n.js";
import { Outbox, entryOf } from "../shared/outbox.js";
import { openStore } from "../shared/store.js";
import { Attention } from "./attention.js";
import { Below } from "./below.js";
import { Composer } from "./composer.js";
import { Conversations } from "./conversations.js";
import { drawHead, drawTool, greeting } from "./header.js";
import { keepAtHost, listen, tellLooks } from "./host.js";
import { incoming } from "./incoming.js";
import { Session } from "./session.js";
import { Thread } from "./thread.js";

const DICTIONARIES = { en: () => import("./words-en.js"), "zh-CN": () => import("./words-zh-cn.js") };
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
let settled = null;
let trailed = true;
let there = { state: "online", opens_at: null };

const host = listen({
  origins: config.origins,
  on: {
    hello: (data) => greetHost(data),
    visible: (data) => setOpen(data),
    page: (data) => {
      page = data;
      settled?.page(page);
    },
    user: (data) => renew(() => session.identify(data)),
    attributes: (data) => renew(() => session.describe(data)),
    locale: (data) => setLocale(data),
    reset: () => reset(),
  },
});

const session = new Session({
  site: config.site.key,
  channel: widget ? "web" : "h5",
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
  onFrame: (frame) => hear(frame),
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
    open: (which, preview) => files().then((found) => found?.picture(which, preview)),
    link: (which, event) => {
      if (conversations.fresh) return;
      event.preventDefault();
      files().then((found) => found?.file(which));
    },
    stale: (which) => files().then((found) => found?.refresh(which)),
    say: (text) => post({ text }),
    api,
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

const below = new Below({
  node: part("below"),
  say: (text) => post({ text }),
  onChange: () => draw(),
  context: {
    api,
    session,
    store,
    conversations,
    onChange: () => draw(),
    onLeft: (item, answer) => {
      const timeline = conversations.of(item.conversation);
      if (!timeline) return renew(() => session.expire());
      timeline.apply(entryOf(item, answer, me()));
      connection.saw(item.conversation, answer.seq);
    },
    focus: () => composer.focus(),
    draft: () => part("text").value.trim(),
    said: ({ text }) => text === part("text").value.trim() && composer.clear(),
  },
});

const headParts = { name: part("head-name"), status: part("head-status"), avatar: part("head-avatar") };
let banner = null;
const hear = incoming({ conversations, outbox, below, attention, thread, host, draw, seen });

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
  for (const key of ["leaving", "left", "leave_draft", "contact"]) store.remove(key);
  outbox.clear();
  conversations.forget();
  for (const address of previews.values()) URL.revokeObjectURL(address);
  previews.clear();
}

/* A session was given: the same conversation as before, a new one after the last was closed, or another person's. */
function begun({ conversation, site }, { sameVisitor }) {
  errorCode = null;
  if (!sameVisitor) forget();
  there = site;
  below.prefetch();
  settle();
  if (conversations.open(conversation)) attention.start(conversation.id, 0);
  outbox.adopt(conversation.id);
  load();
}

async function settle() {
  const found = settled ? null : await import("./settled.js").catch(() => null);
  settled ??= found?.settle({ api, session, trailed: widget && trailed, wanted: isWaiting, onAnswer: refreshed }) ?? null;
  settled?.heard(there.opens_at);
  settled?.page(page);
}

function isWaiting() {
  return open && document.visibilityState === "visible" && conversations.facts.status === "queued";
}

function refreshed({ site, conversation }) {
  there = site;
  if (conversation && conversation.id === conversations.current?.conversation) conversations.facts.queue = conversation.queue;
  draw();
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
  showLine();
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

/* Loaded with the first connection, so that it is there when the line is not. */
function showLine() {
  banner ??= import("./banner.js").then(({ Banner }) => new Banner(part("banner"), () => connection.retry()));
  banner.then(
    (found) => found.show(connection.state, errorCode),
    () => {
      banner = null;
    },
  );
}

function seen() {
  if (thread.atBottom) attention.seen(conversations.current?.lastSeq ?? 0);
}

function files() {
  return import("./files.js").then(
    ({ opener }) => opener({ conversations, outbox, previews }),
    () => null,
  );
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
  const asked = conversations.current?.last() != null || outbox.items().length > 0;
  if (facts.status === "active") store.remove("left");
  drawHead({ parts: headParts, site: config.site, asked, state: there.state, opens: below.opening(there.opens_at), ...facts });
  composer.relabel(facts.status === "closed" ? "write_reopen" : "write");
  root.classList.toggle("loading", loading);
  thread.draw({ timelines: all, pending: outbox.items(), previews, greeting: hasOlder || loading ? null : greeting(config.site), hasOlder, loading });
  below.draw({ ...facts, ...there, asked, ratable: conversations.ratable, quick: facts.status === "bot" && conversations.loaded && !asked ? there.quick_questions : [] });
  part("composer").hidden = below.forced;
  if (thread.atBottom) thread.toBottom();
}

function drawTools() {
  drawTool(part("sound"), attention.muted ? "mute" : "sound", attention.muted ? "unmute" : "mute");
  drawTool(part("close"), "down", "close_chat");
  part("close").hidden = !widget;
}

async function setLocale(wanted) {
  const tags = [wanted, ...navigator.languages, config.site.locale].filter(Boolean);
  session.locale = await useLocale(tags, DICTIONARIES);
  for (const id of ["log", "scroll"]) part(id).setAttribute("aria-label", t("messages"));
  thread.relabel();
  below.relabel();
  drawTools();
  draw();
  tellLooks(host);
}

async function greetHost(data) {
  keepAtHost(host, data.kept, [
    [store, "own:"],
    [waiting, "out:"],
  ]);
  outbox.reload();
  composer.restore();
  trailed = data.trail !== false;
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
  settled?.look();
  thread.toBottom();
  seen();
  if (focus) composer.focus();
}

function start() {
  applyAccent(config.site.accent);
  if (!widget) import("./viewport.js");
  part("sound").addEventListener("click", () => {
    attention.muted = !attention.muted;
    drawTools();
  });
  part("close").addEventListener("click", () => host.post("close"));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && widget && !event.defaultPrevented) host.post("close");
  });
  document.addEventListener("visibilitychange", () => {
    seen();
    if (document.visibilityState === "visible") settled?.look();
  });
  addEventListener("focus", seen);
  if (outbox.items().some((item) => item.kind === "image")) files().then((found) => found?.restore().then(draw));
  if (widget) return;
  setLocale(new URLSearchParams(location.search).get("lang")).then(() => connection.start());
  if (matchMedia("(pointer: fine)").matches) composer.focus();
}

start();
