/* bubble.js: one entry of a thread as an element.
 *   const made = bubble(entry, { desk, place, state, item }) -> Element
 *     place  { first, last } in a run of one sender      state  "sent" | "delivered" | "read" for what agents wrote, else null
 *     item   the outbox item while it is not acked yet
 *   line(text, kind) -> a quiet centred line     localPreview(id, { url, width, height }) remembers what a file looks like here */

import { getBlob } from "../shared/blobs.js";
import { el, icon, linkify } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { bytes, clock, stamp } from "../shared/time.js";
import { failure, initial, say } from "./describe.js";
import { toast } from "./toast.js";

const BOX = { width: 280, height: 240 };
const previews = new Map();

export function localPreview(id, known) {
  previews.set(id, known);
}

export function line(text, kind = "event") {
  return el(`div.line.line-${kind}`, {}, el("span", {}, text));
}

/* The size a picture takes in the thread, known before it is loaded, so that nothing moves when it is. */
function fitted(width, height) {
  if (!width || !height) return { width: 200, height: 150 };
  const scale = Math.min(1, BOX.width / width, BOX.height / height);
  return { width: Math.max(48, Math.round(width * scale)), height: Math.max(48, Math.round(height * scale)) };
}

function picture(entry, item) {
  const known = previews.get(entry.client_msg_id);
  const file = entry.attachment ?? { name: item?.file?.name ?? "", width: known?.width, height: known?.height };
  const size = fitted(file.width ?? known?.width, file.height ?? known?.height);
  const image = el("img", { alt: t("image.alt", { name: file.name }), width: size.width, height: size.height, loading: "lazy", decoding: "async", draggable: false });
  const source = known?.url ?? file.thumbnail_url ?? file.url;
  if (source) image.src = source;
  else if (item) showKept(image, item.client_msg_id);
  const frame = el("button.picture", { type: "button", ariaLabel: t("image.open", { name: file.name }), onclick: () => openViewer(file, known?.url) }, image);
  frame.style.inlineSize = `${size.width}px`;
  frame.style.blockSize = `${size.height}px`;
  return frame;
}

async function showKept(image, id) {
  const blob = await getBlob(id);
  if (blob) image.src = URL.createObjectURL(blob);
}

function openViewer(file, local) {
  const viewer = document.getElementById("viewer");
  const source = file.url ?? local;
  if (!source) return;
  const close = el("button.icon-button", { type: "button", ariaLabel: t("act.dismiss"), onclick: () => viewer.close() }, icon("x"));
  const original = file.url && el("a.viewer-link", { href: file.url, target: "_blank", rel: "noopener noreferrer" }, t("image.original"));
  const image = el("img", { src: source, alt: t("image.alt", { name: file.name }), width: file.width ?? "", height: file.height ?? "" });
  viewer.replaceChildren(el("div.viewer-bar", {}, el("span.viewer-name", {}, file.name), original, close), image);
  viewer.onclick = (event) => event.target === viewer && viewer.close();
  viewer.showModal();
}

function paper(entry, item) {
  const file = entry.attachment ?? item?.file ?? { name: "", size: 0 };
  const inner = [
    el("span.file-icon", {}, icon("file")),
    el("span.file-words", {}, el("span.file-name", {}, file.name), el("span.file-size.num", {}, bytes(file.size ?? 0))),
  ];
  if (!file.url) return el("span.file", {}, ...inner);
  return el("a.file", { href: file.url, download: file.name, target: "_blank", rel: "noopener noreferrer", ariaLabel: t("file.download", { name: file.name }) }, ...inner);
}

/* A card's fields are the sender's own; only text and safe links of it are shown. */
function card(entry) {
  const { title, text, description, url, image_url: image, price } = entry.card ?? {};
  const safe = /^https?:\/\//i.test(url ?? "") ? url : null;
  const words = el("span.card-words", {}, el("span.card-title", {}, String(title ?? t("row.card"))), el("span.card-text", {}, String(text ?? description ?? "")), price && el("span.card-price.num", {}, String(price)));
  const shown = /^\/(?!\/)/.test(image ?? "") ? el("img", { src: image, alt: "", width: 56, height: 56, loading: "lazy" }) : null;
  return safe ? el("a.card", { href: safe, target: "_blank", rel: "noopener noreferrer nofollow" }, shown, words) : el("span.card", {}, shown, words);
}

function content(entry, { desk, item }) {
  const parts = [];
  const quoted = entry.reply_to ? desk.timeline(entry.conversation).get(entry.reply_to) : null;
  if (quoted && quoted.kind !== "hidden") parts.push(el("blockquote.quote", {}, el("b", {}, quoted.sender?.name ?? ""), " ", quoted.text ?? quoted.attachment?.name ?? ""));
  if (entry.kind === "image") parts.push(picture(entry, item));
  if (entry.kind === "file") parts.push(paper(entry, item));
  if (entry.kind === "card") parts.push(card(entry));
  if (entry.text) parts.push(el("span.words", { dir: "auto" }, ...linkify(entry.text)));
  return parts;
}

const STATE_ICONS = { sending: "clock", waiting_link: "clock", uploading: "clock", sent: "check", delivered: "checks", read: "checks", failed: "alert" };

export function stateOfItem(item, desk) {
  if (item.state === "failed") return "failed";
  if (item.file && !item.attachment && item.progress !== undefined) return "uploading";
  return desk.connection.open ? "sending" : "waiting_link";
}

function foot(entry, { state, item, place }) {
  if (!place.last && state !== "failed") return null;
  const percent = Math.round((item?.progress ?? 0) * 100);
  return el(
    "span.msg-foot",
    {},
    state === "failed" && el("span.msg-error", {}, failure(item.error)),
    el("time.num", { dateTime: new Date(entry.created_at).toISOString(), title: stamp(entry.created_at) }, clock(entry.created_at)),
    state && el("span.msg-state", { data: { state }, title: t(`state.${state}`, { percent }) }, icon(STATE_ICONS[state]), el("span.sr-only", {}, t(`state.${state}`, { percent })), state === "uploading" && el("span.num", { ariaHidden: "true" }, `${percent}%`)),
  );
}

function tools(entry, { desk, item, recallable }) {
  if (item?.state === "failed") {
    return el(
      "span.msg-fix",
      {},
      el("button.link-button", { type: "button", onclick: () => desk.outbox.retry(item.client_msg_id) }, t("act.retry")),
      el("button.link-button", {
        type: "button",
        onclick: () => {
          desk.outbox.discard(item.client_msg_id);
          desk.emit("outbox", item.conversation);
        },
      }, t("act.discard")),
    );
  }
  if (item) return null;
  const copy = entry.text && el("button.icon-button", { type: "button", title: t("act.copy"), ariaLabel: t("act.copy"), onclick: () => copied(entry.text) }, icon("copy"));
  const recall = recallable && el("button.icon-button", { type: "button", title: t("act.recall"), ariaLabel: t("act.recall"), onclick: () => recalled(desk, entry) }, icon("undo"));
  return copy || recall ? el("span.msg-tools", {}, copy, recall) : null;
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(t("act.copied"));
  } catch {
    /* refused by the browser: the text can still be selected */
  }
}

async function recalled(desk, entry) {
  try {
    await desk.recall(entry.conversation, entry.seq);
    toast(t("recall.done"));
  } catch (error) {
    toast(failure(error), { kind: "failed" });
  }
}

export function bubble(entry, context) {
  const { desk, place } = context;
  const isNote = entry.kind === "event" && entry.event?.name === "note";
  const side = isNote || entry.sender.kind !== "visitor" ? "ours" : "theirs";
  const isSelf = entry.sender.id === desk.self.id && entry.sender.kind === "agent";
  const name = isSelf ? t("you") : entry.sender.name || t(entry.sender.kind === "bot" ? "bot" : entry.sender.kind === "visitor" ? "visitor" : "system");
  const who = isNote ? (isSelf ? t("note.mine") : say("note.by", { name })) : name;
  const showWho = place.first && (isNote || !isSelf);
  const bare = entry.kind === "image" && !entry.text;
  const node = el(
    `div.msg.${side}`,
    { data: { kind: isNote ? "note" : entry.kind, seq: entry.seq ?? "", state: context.state ?? "" } },
    side === "theirs" && el("span.avatar.small", { ariaHidden: "true" }, place.first ? initial(name) : ""),
    el(
      "div.msg-body",
      {},
      showWho ? el("span.msg-who", {}, isNote && icon("note"), who, isNote && el("span.msg-aside", {}, t("note.only"))) : el("span.sr-only", {}, who),
      el("div.bubble-row", {}, el(bare ? "div.bubble.bare" : "div.bubble", {}, ...content(entry, context)), tools(entry, context)),
      foot(entry, context),
    ),
  );
  node.classList.toggle("first", place.first);
  node.classList.toggle("last", place.last);
  return node;
}
