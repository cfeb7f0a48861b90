/* rating.js: one to five stars and a few words after a conversation has ended.
 *   ratingCard({ onSend({ rating, text }) -> Promise, onLater() }) -> HTMLElement   real radio buttons, so arrows and readers work */

import { announce } from "../shared/a11y.js";
import { el, fill, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";

export function ratingCard({ onSend, onLater }) {
  const title = el("legend", {}, t("rate_title"));
  const word = el("p.starword", { ariaHidden: "true" });
  const comment = el("textarea", { rows: 2, maxLength: 500, placeholder: t("rate_comment"), hidden: true });
  comment.setAttribute("aria-label", t("rate_comment"));
  const send = el("button.primary", { type: "submit", hidden: true }, t("rate_send"));
  const later = el("button.link.later", { type: "button", onclick: onLater }, t("rate_later"));
  const problem = el("p.problem", { role: "alert", hidden: true }, t("rate_failed"));

  const stars = [1, 2, 3, 4, 5].map((value) => {
    const input = el("input.sr-only", { type: "radio", name: "rating", value: String(value) });
    input.addEventListener("change", () => {
      form.dataset.stars = value;
      word.textContent = t(`star_${value}`);
      comment.hidden = false;
      send.hidden = false;
      form.scrollIntoView({ block: "nearest" });
    });
    return el("label.star", { data: { value } }, input, el("span.sr-only", {}, t(`star_${value}`)), icon("star"));
  });
  const form = el(
    "form.rating",
    {
      async onsubmit(event) {
        event.preventDefault();
        send.disabled = true;
        form.dataset.busy = "1";
        problem.hidden = true;
        try {
          await onSend({ rating: Number(form.dataset.stars), text: comment.value.trim() });
          form.dataset.done = "1";
          fill(form, el("p.thanks", {}, t("rate_thanks")));
          announce(t("rate_thanks"));
        } catch {
          problem.hidden = false;
          send.disabled = false;
        } finally {
          delete form.dataset.busy;
        }
      },
    },
    el("fieldset", {}, title, el("div.stars", {}, ...stars)),
    word,
    comment,
    problem,
    send,
    later,
  );
  return form;
}
