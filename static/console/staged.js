/* staged.js: files that wait in the composer until they are sent.
 *   const staged = new Staged(node, { onChange });   node: the list they are shown in
 *   await staged.add(files)   staged.size   staged.take() -> [{ file, url, width, height }] and empties it   staged.clear() */

import { el, fill, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { newId } from "../shared/outbox.js";
import { bytes } from "../shared/time.js";

const MOST = 10;

export class Staged {
  #node;
  #on;
  #files = new Map();

  constructor(node, on) {
    this.#node = node;
    this.#on = on;
  }

  get size() {
    return this.#files.size;
  }

  async add(list) {
    for (const file of [...list].slice(0, MOST - this.#files.size)) {
      const staged = { file, url: null, width: null, height: null };
      this.#files.set(newId(), staged);
      if (file.type.startsWith("image/")) await measure(staged);
    }
    this.#changed();
  }

  take() {
    const all = [...this.#files.values()];
    this.#files.clear();
    this.#changed();
    return all;
  }

  clear() {
    for (const { url } of this.#files.values()) if (url) URL.revokeObjectURL(url);
    this.#files.clear();
    this.#changed();
  }

  #remove(key) {
    const { url } = this.#files.get(key);
    if (url) URL.revokeObjectURL(url);
    this.#files.delete(key);
    this.#changed();
  }

  #changed() {
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
    this.#on.onChange();
  }
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
