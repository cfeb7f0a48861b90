/* main.js: puts the panes together and keeps the address in step with what is opened. */

import { el, fill, icon } from "../shared/dom.js";
import { moreWords, t, useLocale } from "../shared/i18n.js";
import { Acts } from "./acts.js";
import { Attention } from "./attention.js";
import { Banner } from "./banner.js";
import { BulkBar } from "./bulk.js";
import { Colleagues } from "./colleagues.js";
import { commands } from "./commands.js";
import { Composer } from "./composer.js";
import { Context } from "./context.js";
import { Desk } from "./desk.js";
import { Doing } from "./doing.js";
import { early } from "./early.js";
import { FilterBar } from "./filterbar.js";
import { VIEWS } from "./filters.js";
import { ThreadHead } from "./head.js";
import { bindKeys } from "./keys.js";
import { ListPane } from "./list.js";
import { Live } from "./live.js";
import { Nav } from "./nav.js";
import { Palette } from "./palette.js";
import { Preferences } from "./preferences.js";
import { Search } from "./search.js";
import { Selection } from "./selection.js";
import { Settings } from "./settings.js";
import { used } from "./sources.js";
import { StatusMenu } from "./status.js";
import { Thread } from "./thread.js";
import { toast } from "./toast.js";
import { Views } from "./views.js";
import { Visitors } from "./visitors.js";
import { Watching } from "./watching.js";

const config = JSON.parse(document.getElementById("kefu-config").textContent);
await useLocale(config.locale, { "zh-CN": () => import("./words/zh-cn.js"), en: () => import("./words/en.js") });
await moreWords({ "zh-CN": () => import("./words/thread-zh-cn.js"), en: () => import("./words/thread-en.js") });
await moreWords({ "zh-CN": () => import("./words/bot-zh-cn.js"), en: () => import("./words/bot-en.js") });

const desk = new Desk(config);
if (early) desk.lists.expect(early);
let opened = null;

const preferences = new Preferences(desk);
const people = new Colleagues(desk);
/* What the panes share besides the desk itself. */
Object.assign(desk, { preferences, people, acts: new Acts(desk), visitors: new Visitors(desk), watching: new Watching(desk) });
const views = new Views(desk);
const selection = new Selection();
const list = new ListPane(desk, { views, people, selection, onOpen: (id) => open(id), onClearSearch: () => search.clear(), problem: (id) => bulk.problem(id) });
const bulk = new BulkBar(desk, { selection, people, onChange: () => list.repaint() });
const search = new Search(desk, { list, onOpen: (id, seq) => open(id, { seq }) });
new FilterBar(desk, { views, people });
new Nav(desk, { views, onView: showView });
new Settings(desk, preferences, { status: new StatusMenu(desk, people) });
const live = new Live(desk, { people, onOpen: (id) => open(id) });
const palette = new Palette(desk, { commands: () => commands(desk, { views, opened: () => opened }), onOpen: (id, seq) => open(id, { seq }) });
const doing = new Doing(desk, { onMine: (id) => id === opened && composer.focus("reply"), onWhisper: () => composer.focus("whisper") });
const act = (name, id = opened) => doing.do(name, id);
const thread = new Thread(desk, { onQuote: (entry) => composer.quote(entry), onAgain: (text) => composer.write(text) });
const composer = new Composer(desk, { onSent: () => thread.toEnd(), onAct: act });
const head = new ThreadHead(desk, { doing, onAct: act, onBack: () => open(null), onPanel: togglePanel });
const banner = new Banner(desk, { onAct: act, onNext: () => list.step(1) });
const context = new Context(desk, { onOpen: (id) => open(id) });
new Attention(desk, { preferences, onOpen: (id) => open(id) });

function showView(view) {
  live.hide();
  if (matchMedia("(max-width: 720px)").matches) pane("list");
  views.choose(view);
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

function open(id, { push = true, seq = null } = {}) {
  live.hide();
  if (id === opened) {
    if (id !== null) pane("thread");
    if (seq !== null) desk.emit("jump", id, seq);
    return;
  }
  opened = id;
  const path = id === null ? config.base : `${config.base}c/${id}/`;
  if (push && location.pathname !== path) history.pushState(null, "", path + views.search());
  document.getElementById("thread").hidden = id === null;
  document.getElementById("thread-none").hidden = id !== null;
  pane(id === null ? "list" : "thread");
  drawPanel();
  list.select(id);
  head.open(id);
  banner.open(id);
  desk.watching.open(id);
  thread.open(id).then(() => {
    if (id === null || id !== opened) return;
    composer.open(id);
    if (seq !== null) desk.emit("jump", id, seq);
  });
  composer.open(id);
  context.open(id);
}

/* A link to one message carries its number: …/c/<id>/#12 */
function seqFromAddress() {
  const seq = Number(/^#(\d+)$/.exec(location.hash)?.[1] ?? 0);
  return seq > 0 ? seq : null;
}

desk.on("jump", (id, seq) => id === opened && thread.jump(seq));
addEventListener("hashchange", () => seqFromAddress() !== null && thread.jump(seqFromAddress()));

function fromAddress() {
  return /\/c\/([0-9a-f-]{36})\/$/.exec(location.pathname)?.[1] ?? null;
}

addEventListener("popstate", () => {
  views.restore();
  open(fromAddress(), { push: false });
});

/* --- acts ------------------------------------------------------------------------------------------------------- */

const { openHelp } = bindKeys({
  next: () => list.step(1),
  previous: () => list.step(-1),
  close: () => (selection.size > 0 ? bulk.close() : closeOpened()),
  accept: () => want("accept"),
  view: (number) => (VIEWS[number - 1] !== "bot" || config.bot) && showView(VIEWS[number - 1]),
  search: () => search.focus(),
  reply: () => want("reply"),
  note: () => want("note"),
  palette: () => palette.toggle(),
  pickAll: () => selection.all(list.ids()),
  pick: (id, event) => selection.toggle(id, { range: event.shiftKey, ids: list.ids() }),
  escape: () => {
    if (selection.size > 0) selection.clear();
    else if (document.body.dataset.pane === "context") togglePanel();
    else if (live.shown) live.hide();
    else if (document.body.dataset.pane === "thread" && matchMedia("(max-width: 720px)").matches) open(null);
  },
});

/* What the palette, the keys and other panes ask for by name; acts with a dialog of their own are heard by their owners. */
function want(name, detail = opened) {
  if (name === "view") showView(detail);
  else if (name === "live") live.show();
  else if (name === "help") openHelp();
  else if (name === "pick-all") selection.all(list.ids());
  else if (name === "reply" || name === "note") opened !== null && composer.focus(name);
  else if (name === "close") closeOpened();
  else if (name === "labels") context.focus("labels");
  else act(name);
}
desk.on("want", want);

desk.on("insert", async (reply) => {
  const id = opened;
  if (id === null) return void toast(t("search.open_first"));
  const words = await used(desk, reply, id);
  if (id !== opened) return;
  composer.focus("reply");
  composer.write(words);
});

function closeOpened() {
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

document.getElementById("open-palette").addEventListener("click", () => palette.toggle());
document.getElementById("logout").addEventListener("submit", () => desk.connection.stop());

/* The list is what people wait for: it is asked for first, and what can wait waits for it. */
list.show().finally(() => {
  preferences.load();
  /* The rail counts what waits and what is mine, whichever view is shown. */
  for (const other of ["mine", "waiting"]) if (other !== views.current) desk.lists.load(views.base(other)).catch(() => {});
});
desk.start();
if (fromAddress() !== null) open(fromAddress(), { push: false, seq: seqFromAddress() });
else document.getElementById("thread-none").hidden = false;
