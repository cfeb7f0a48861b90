/* tools.js: what can be done with one message, beside it: quote, copy, why the bot said it, teach, change a note, take back, send again.
 *   tools(entry, { desk, item, recallable, on }) -> Element | null
 *   tick(root)   counts down what may be taken back a little longer; -> true when one has run out
 *   editNote(desk, entry, text)   recall(desk, entry, again)   the acts behind them */

import { el, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { elapsed } from "../shared/time.js";
import { ask, textarea } from "./dialog.js";
import { failure } from "./describe.js";
import { pairOf } from "./dialogs/teach.js";
import { toast } from "./toast.js";
import { questionOf } from "./why.js";

function button(glyph, label, run, ...more) {
  return el("button.icon-button", { type: "button", title: label, ariaLabel: label, onclick: run }, icon(glyph), ...more);
}

/* Where a bot answers, and the message has a question to it or is one. */
function teaches(entry, desk) {
  const site = desk.rows.get(entry.conversation)?.site;
  return Boolean(desk.config.sites.find((one) => one.id === site)?.bot) && pairOf(desk.timeline(entry.conversation), entry) !== null;
}

function unsent(item, desk) {
  const discard = () => {
    desk.outbox.discard(item.client_msg_id);
    desk.emit("outbox", item.conversation);
  };
  return el(
    "span.msg-fix",
    {},
    el("button.link-button", { type: "button", onclick: () => desk.outbox.retry(item.client_msg_id) }, t("act.retry")),
    el("button.link-button", { type: "button", onclick: discard }, t("act.discard")),
  );
}

export function tools(entry, { desk, item, recallable, edited, on }) {
  if (item?.state === "failed") return unsent(item, desk);
  if (item) return null;
  const text = edited?.text ?? entry.text;
  const isOwnNote = entry.event?.name === "note" && entry.sender.id === desk.self.id;
  const until = entry.created_at + desk.config.limits.recall_ms;
  const all = [
    entry.kind !== "event" && on.mayQuote && button("quote", t("act.quote"), () => on.quote(entry)),
    text && button("copy", t("act.copy"), () => copied(text)),
    questionOf(entry) !== null && button("why", t("why.title"), () => on.why(entry)),
    teaches(entry, desk) && button("teach", t("act.teach"), () => on.teach(entry)),
    isOwnNote && button("edit", t("act.edit_note"), () => on.edit(entry)),
    recallable && el("button.icon-button.recall", { type: "button", title: t("act.recall"), ariaLabel: t("act.recall"), onclick: () => on.recall(entry) }, icon("undo"), el("span.num", { ariaHidden: "true", data: { until } }, elapsed(until - Date.now()))),
  ].filter(Boolean);
  return all.length > 0 ? el("span.msg-tools", {}, ...all) : null;
}

export function tick(root) {
  let over = false;
  for (const node of root.querySelectorAll(".recall [data-until]")) {
    const left = Number(node.dataset.until) - Date.now();
    if (left <= 0) over = true;
    else node.textContent = elapsed(left);
  }
  return over;
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(t("act.copied"));
  } catch {
    /* refused by the browser: the text can still be selected */
  }
}

export async function recall(desk, entry, again) {
  try {
    await desk.recall(entry.conversation, entry.seq);
    toast(t("recall.done"), entry.text ? { act: { label: t("recall.again"), run: () => again(entry.text) } } : {});
  } catch (error) {
    if (!error?.code) throw error;
    toast(failure(error), { kind: "failed" });
  }
}

export async function editNote(desk, entry, text) {
  const box = textarea({ rows: 5, maxLength: desk.config.limits.text, ariaLabel: t("composer.note"), value: text });
  const saved = await ask({
    title: t("note.edit"),
    lead: t("note.edit_lead"),
    content: box,
    submit: t("act.save"),
    valid: () => box.value.trim() !== "" && box.value.trim() !== text,
    run: async () => {
      await desk.acts.editNote(entry.conversation, entry.seq, box.value.trim());
      return true;
    },
  });
  if (saved) toast(t("note.saved"));
}
