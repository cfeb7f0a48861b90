/* main.js: puts the panes together and keeps the address in step with what is opened. */

import { el, fill, icon } from "../shared/dom.js";
import { t, useLocale } from "../shared/i18n.js";
import { Attention } from "./attention.js";
import { Composer } from "./composer.js";
import { Context } from "./context.js";
import { failure, say, visitorName } from "./describe.js";
import { Desk } from "./desk.js";
import { ThreadHead } from "./head.js";
import { bindKeys } from "./keys.js";
import { ListPane } from "./list.js";
import { Nav } from "./nav.js";
import { VIEWS } from "./rows.js";
import { Thread } from "./thread.js";
import { toast } from "./toast.js";

const config = JSON.parse(document.getElementById("kefu-config").textContent);
await useLocale(config.locale, { "zh-CN": () => import("./words/zh-cn.js"), en: () => import("./words/en.js") });

const desk = new Desk(config);
let opened = null;

const nav = new Nav(desk, { onView: (view) => showView(view) });
const list = new ListPane(desk, { onOpen: (id) => open(id), onView: (view) => nav.show(view) });
const thread = new Thread(desk);
const composer = new Composer(desk, { onSent: () => thread.toEnd(), onAct: act });
const head = new ThreadHead(desk, { onAct: act, onBack: () => open(null), onPanel: togglePanel });
const context = new Context(desk, { onOpen: (id) => open(id) });
new Attention(desk);

function showView(view) {
  desk.store.set("view", view);
  if (matchMedia("(max-width: 720px)").matches) pane("list");
  return list.show(view);
}

/* --- which pane: on wide screens all stand side by side, on a phone one at a time ------------------------------- */

function pane(name) {
  document.body.dataset.pane = name;
}

const wide = matchMedia("(min-width: 1200px)");

function panelShown() {
  return wide.matches ? desk.store.get("panel", true) : document.body.dataset.pane === "context";
}

function drawPanel() {
  document.body.dataset.panel = panelShown() && opened !== null ? "open" : "closed";
  document.getElementById("panel-button")?.setAttribute("aria-expanded", String(document.body.dataset.panel === "open"));
}

function togglePanel() {
  const show = !panelShown();
  if (wide.matches) desk.store.set("panel", show);
  else pane(show ? "context" : "thread");
  drawPanel();
  if (!show) document.getElementById("panel-button").focus();
  else if (!wide.matches) document.getElementById("context-close").focus();
}

wide.addEventListener("change", () => {
  if (document.body.dataset.pane === "context") pane("thread");
  drawPanel();
});
document.getElementById("context-close").addEventListener("click", togglePanel);

/* --- opening ---------------------------------------------------------------------------------------------------- */

function open(id, { push = true } = {}) {
  if (id === opened) {
    if (id !== null) pane("thread");
    return;
  }
  opened = id;
  const path = id === null ? config.base : `${config.base}c/${id}/`;
  if (push && location.pathname !== path) history.pushState(null, "", path);
  document.getElementById("thread").hidden = id === null;
  document.getElementById("thread-none").hidden = id !== null;
  pane(id === null ? "list" : "thread");
  drawPanel();
  list.select(id);
  head.open(id);
  thread.open(id).then(() => id !== null && id === opened && composer.open(id));
  composer.open(id);
  context.open(id);
}

function fromAddress() {
  return /\/c\/([0-9a-f-]{36})\/$/.exec(location.pathname)?.[1] ?? null;
}

addEventListener("popstate", () => open(fromAddress(), { push: false }));

/* --- acts ------------------------------------------------------------------------------------------------------- */

async function act(name, id = opened) {
  const row = desk.rows.get(id);
  if (!row) return;
  try {
    if (name === "accept") {
      await desk.accept(id);
      toast(t("toast.accepted"));
      if (id === opened) composer.focus("reply");
    } else if (name === "close") {
      await desk.close(id);
      toast(say("toast.closed", { name: visitorName(row) }), { act: { label: t("act.undo"), run: () => act("reopen", id) } });
    } else if (name === "reopen") {
      await desk.reopen(id);
      toast(t("toast.reopened"));
    }
  } catch (error) {
    const owner = error.details?.agent?.name;
    if (error.code === "already_accepted") toast(owner ? say("toast.taken", { name: owner }) : t("toast.taken_unknown"), { kind: "failed" });
    else toast(failure(error), { kind: "failed" });
    desk.lists.one(id, { fresh: true });
  }
}

bindKeys({
  next: () => list.step(1),
  previous: () => list.step(-1),
  close: () => closeOpened(),
  accept: () => ["queued", "bot"].includes(desk.rows.get(opened)?.status) && act("accept"),
  view: showView,
  search: () => list.focusSearch(),
  reply: () => composer.focus("reply"),
  note: () => composer.focus("note"),
  escape: () => {
    if (document.body.dataset.pane === "context") togglePanel();
    else if (document.body.dataset.pane === "thread" && matchMedia("(max-width: 720px)").matches) open(null);
  },
});

function closeOpened() {
  const row = desk.rows.get(opened);
  if (!row || row.status === "closed") return;
  if (row.status === "active" && row.agent?.id !== desk.self.id) return;
  act("close");
}

/* --- files dropped anywhere on the thread ------------------------------------------------------------------------- */

const threadNode = document.getElementById("thread");
const dropHint = document.getElementById("drop-hint");
let depth = 0;

function withFiles(event) {
  return [...(event.dataTransfer?.types ?? [])].includes("Files");
}

threadNode.addEventListener("dragenter", (event) => {
  if (!withFiles(event)) return;
  depth += 1;
  dropHint.hidden = false;
});
threadNode.addEventListener("dragleave", () => {
  depth = Math.max(0, depth - 1);
  dropHint.hidden = depth === 0;
});
/* Dropped beside the thread, a file would replace the page and everything in it. */
addEventListener("dragover", (event) => withFiles(event) && event.preventDefault());
addEventListener("drop", (event) => {
  if (!withFiles(event)) return;
  event.preventDefault();
  depth = 0;
  dropHint.hidden = true;
  if (threadNode.contains(event.target)) composer.addFiles(event.dataTransfer.files);
});

/* --- start ------------------------------------------------------------------------------------------------------ */

const [down, up, help] = ["Alt J", "Alt K", "?"].map((keys) => el("span.keys", {}, ...keys.split(" ").map((key) => el("kbd", {}, key))));
const parts = t("empty.thread.text").split(/(\{\w+\})/).map((part) => ({ "{down}": down, "{up}": up, "{help}": help })[part] ?? part);
fill(document.getElementById("thread-none"), icon("mine"), el("p.empty-title", {}, t("empty.thread.title")), el("p.empty-text", {}, ...parts));

document.getElementById("logout").addEventListener("submit", () => desk.connection.stop());

desk.start();
const kept = desk.store.get("view", "mine");
const view = VIEWS.includes(kept) ? kept : "mine";
nav.show(view);
list.show(view);
/* The rail counts what waits and what is mine, whichever view is shown. */
for (const other of ["mine", "waiting", "all"]) if (other !== view) desk.lists.load(other, null).catch(() => {});
if (fromAddress() !== null) open(fromAddress(), { push: false });
else document.getElementById("thread-none").hidden = false;
