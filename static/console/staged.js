/* staged.js: files that wait in the composer until they are sent, by conversation. They outlive a reload (IndexedDB): the
 * draft keeps their names, blobs.js their bytes.
 *   const staged = new Staged(node, { onChange });   node: the list they are shown in
 *   await staged.open(kept)   another conversation's files, as its draft keeps them     staged.kept -> [{ key, name, type }]
 *   await staged.add(files)   staged.size   staged.take() -> [{ file, url, width, height }] and empties it */

import { dropBlob, getBlob, putBlob } from "../shared/blobs.js";
import { el, fill, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { newId } from "../shared/outbox.js";
import { bytes } from "../shared/time.js";

const MOST = 10;

export class Staged {
  #node;
  #on;
  #files = new Map();
  /* Of the draft, while their bytes are read. */
  #awaited = [];

  constructor(node, on) {
    this.#node = node;
    this.#on = on;
  }

  get size() {
    return this.#files.size;
  }

  get kept() {
    return [...this.#awaited, ...[...this.#files].map(([key, { file }]) => ({ key, name: file.name, type: file.type }))];
  }

  async open(kept = []) {
    for (const { url } of this.#files.values()) if (url) URL.revokeObjectURL(url);
    this.#files = new Map();
    this.#awaited = kept;
    this.#draw();
    if (kept.length === 0) return;
    const found = await Promise.all(kept.map(async ({ key, name, type }) => [key, await restored(key, name, type)]));
    if (this.#awaited !== kept) {
      for (const [, staged] of found) if (staged?.url) URL.revokeObjectURL(staged.url);
      return;
    }
    this.#awaited = [];
    this.#files = new Map([...found.filter(([, staged]) => staged !== null), ...this.#files]);
    this.#changed();
  }

  async add(list) {
    const files = this.#files;
    for (const file of [...list].slice(0, MOST - files.size - this.#awaited.length)) {
      const key = newId();
      const staged = { file, url: null, width: null, height: null };
      files.set(key, staged);
      putBlob(key, file);
      if (file.type.startsWith("image/")) await measure(staged);
    }
    this.#changed();
  }

  take() {
    const all = [...this.#files];
    this.#files = new Map();
    this.#changed();
    for (const [key] of all) dropBlob(key);
    return all.map(([, staged]) => staged);
  }

  #remove(key) {
    const { url } = this.#files.get(key);
    if (url) URL.revokeObjectURL(url);
    this.#files.delete(key);
    dropBlob(key);
    this.#changed();
  }

  #changed() {
    this.#draw();
    this.#on.onChange();
  }

  #draw() {
    fill(
      this.#node,
      [...this.#files].map(([key, { file, url }]) =>
        el(
          "li.pending-file",
          {},
          url ? el("img", { src: url, alt: "", width: 40, height: 40 }) : el("span.file-icon", {}, icon("file")),
          el("span.file-words", {}, el("span.file-name", {}, file.name), el("span.file-size.num", {}, bytes(file.size))),
          el("button.icon-button", { type: "button", ariaLabel: t("composer.remove", { name: file.name }), onclick: () => this.#remove(key) }, icon("x")),
        ),
      ),
    );
  }
}

/* -> as it was staged; null: its bytes are gone (storage was cleared, or another tab has sent it) */
async function restored(key, name, type) {
  const blob = await getBlob(key);
  if (!blob) return null;
  const staged = { file: new File([blob], name, { type }), url: null, width: null, height: null };
  if (type.startsWith("image/")) await measure(staged);
  return staged;
}

/* The size is wanted before the picture is in the thread, so that nothing moves there. */
async function measure(staged) {
  try {
    const bitmap = await createImageBitmap(staged.file);
    Object.assign(staged, { url: URL.createObjectURL(staged.file), width: bitmap.width, height: bitmap.height });
    bitmap.close();
  } catch {
    /* not a picture after all: it goes as it is and the server says what it thinks */
  }
}
