/* media.js: pictures, files and cards of a message.
 *   picture(entry, item)   paper(entry, item)   card(entry) -> Element
 *   localPreview(id, { url, width, height })   remembers what a file of ours looks like before the server has it */

import { getBlob } from "../shared/blobs.js";
import { el, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { bytes } from "../shared/time.js";

const BOX = { width: 280, height: 240 };
const previews = new Map();

export function localPreview(id, known) {
  previews.set(id, known);
}

/* The size a picture takes in the thread, known before it is loaded, so that nothing moves when it is. */
function fitted(width, height) {
  if (!width || !height) return { width: 200, height: 150 };
  const scale = Math.min(1, BOX.width / width, BOX.height / height);
  return { width: Math.max(48, Math.round(width * scale)), height: Math.max(48, Math.round(height * scale)) };
}

export function picture(entry, item) {
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

export function paper(entry, item) {
  const file = entry.attachment ?? item?.file ?? { name: "", size: 0 };
  const inner = [
    el("span.file-icon", {}, icon("file")),
    el("span.file-words", {}, el("span.file-name", {}, file.name), el("span.file-size.num", {}, bytes(file.size ?? 0))),
  ];
  if (!file.url) return el("span.file", {}, ...inner);
  return el("a.file", { href: file.url, download: file.name, target: "_blank", rel: "noopener noreferrer", ariaLabel: t("file.download", { name: file.name }) }, ...inner);
}

/* A card's fields are the sender's own; only text and safe links of it are shown. */
export function card(entry) {
  const { title, text, description, url, image_url: image, price } = entry.card ?? {};
  const safe = /^https?:\/\//i.test(url ?? "") ? url : null;
  const words = el("span.card-words", {}, el("span.card-title", {}, String(title ?? t("row.card"))), el("span.card-text", {}, String(text ?? description ?? "")), price && el("span.card-price.num", {}, String(price)));
  const shown = /^\/(?!\/)/.test(image ?? "") ? el("img", { src: image, alt: "", width: 56, height: 56, loading: "lazy" }) : null;
  return safe ? el("a.card", { href: safe, target: "_blank", rel: "noopener noreferrer nofollow" }, shown, words) : el("span.card", {}, shown, words);
}
