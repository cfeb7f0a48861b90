/* composer-files.js: files for the composer: chosen, pasted or dragged onto the page, checked before they are sent.
 *   takeFiles({ parts: { text, attach, files, drop }, limits() -> { max_bytes, types }, onFile(file), say(line) }) */

import { t } from "../shared/i18n.js";
import { bytes } from "../shared/time.js";

export function takeFiles({ parts: { text, attach, files, drop }, limits, onFile, say }) {
  function take(chosen) {
    const { max_bytes: limit, types } = limits();
    for (const file of chosen) {
      if (file.size === 0) say(t("empty_file", { name: file.name }));
      else if (limit && file.size > limit) say(t("too_large", { name: file.name, limit: bytes(limit) }));
      else if (file.type && types && !types.includes(file.type)) say(t("type_refused"));
      else onFile(file);
    }
  }

  attach.addEventListener("click", () => files.click());
  files.addEventListener("change", () => {
    take([...files.files]);
    files.value = "";
  });
  text.addEventListener("paste", (event) => {
    const pasted = [...(event.clipboardData?.files ?? [])];
    if (pasted.length === 0) return;
    event.preventDefault();
    take(pasted);
  });

  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  let depth = 0;
  addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    depth += 1;
    drop.hidden = false;
  });
  addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  addEventListener("dragleave", (event) => {
    if (hasFiles(event) && (depth -= 1) <= 0) drop.hidden = true;
  });
  addEventListener("drop", (event) => {
    depth = 0;
    drop.hidden = true;
    if (!hasFiles(event)) return;
    event.preventDefault();
    take([...event.dataTransfer.files]);
  });
}
