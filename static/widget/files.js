/* files.js: opening pictures and files of the thread. Signed addresses live an hour at most; older ones are asked for anew.
 *   const f = opener({ conversations, outbox, previews })   f.refresh(entry) -> entry   f.picture(entry, preview)   f.file(entry)
 *   await f.restore(): pictures that wait since before a reload are shown from their kept bytes */

import { t } from "../shared/i18n.js";
import { openLightbox } from "./lightbox.js";

export function opener({ conversations, outbox, previews }) {
  async function refresh(entry) {
    const timeline = conversations.of(entry.conversation);
    const [found] = (await timeline?.loadAfter(entry.seq - 1, 1).catch(() => [])) ?? [];
    if (found?.seq === entry.seq) timeline.apply(found);
    return found ?? entry;
  }

  async function picture(entry, preview) {
    const { attachment } = preview || conversations.fresh ? entry : await refresh(entry);
    const src = preview ?? attachment?.url;
    if (src) openLightbox({ src, name: attachment?.name ?? t("picture"), href: preview ? null : attachment.url });
  }

  async function file(entry) {
    const { attachment } = await refresh(entry);
    if (attachment?.url) location.assign(attachment.url);
  }

  async function restore() {
    for (const item of outbox.items()) {
      const blob = item.kind === "image" ? await outbox.blobOf(item) : null;
      if (blob) previews.set(item.client_msg_id, URL.createObjectURL(blob));
    }
  }

  return { refresh, picture, file, restore };
}
