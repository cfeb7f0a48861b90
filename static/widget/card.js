/* card.js: goods, and the bot's answer with what else there is to it: where it comes from, ways to go on, "did this help?".
 *   drawCard(node, { entry, actions: { say(text), api } })   fills the node of the message */

import "./extras.js";
import { announce } from "../shared/a11y.js";
import { el, fill, icon, linkify } from "../shared/dom.js";
import { moreWords, t } from "../shared/i18n.js";
import { address, blocks } from "../shared/markdown.js";

await moreWords({ en: () => import("./more-en.js"), "zh-CN": () => import("./more-zh-cn.js") });

export function drawCard(node, { entry, actions }) {
  const card = entry.card ?? {};
  if (card.type !== "answer") {
    node.classList.remove("said");
    fill(node, goods(card), entry.text ? el("div.said", { dir: "auto" }, ...linkify(entry.text)) : null);
    return;
  }
  fill(node, el("div.rich", {}, ...blocks(card.markdown ?? entry.text ?? "")));
  if (card.card) node.append(goods(card.card));
  if (card.sources?.length > 0) node.append(sources(card.sources));
  if (card.choices?.length > 0) node.append(choices(card.choices, actions));
  if (card.rate && actions.api) node.append(question(entry, actions));
}

function goods({ title, text, url, image }) {
  const inside = [
    isWeb(image) && el("img.cardimage", { src: image, alt: "", loading: "lazy", onerror: (event) => event.target.remove() }),
    el("span.cardtext", {}, el("strong", {}, title ?? ""), text ? el("span", {}, text) : null),
  ];
  const href = isWeb(url) ? url : null;
  return href ? el("a.goods", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, ...inside) : el("div.goods", {}, ...inside);
}

const isWeb = (url) => /^https?:\/\//i.test(url ?? "");

function sources(list) {
  const items = list.slice(0, 3).map(({ title, url }) => {
    const href = url && address(url);
    return href ? el("a", { href, target: "_blank", rel: "noopener" }, title) : el("span", {}, title);
  });
  return el("p.sources", {}, icon("book"), el("span.sr-only", {}, t("sources")), ...items);
}

function choices(list, actions) {
  const buttons = list.slice(0, 3).map(({ text }) =>
    el(
      "button.choice",
      {
        type: "button",
        onclick() {
          for (const button of buttons) button.disabled = true;
          actions.say?.(text);
        },
      },
      text,
    ),
  );
  return el("div.choices", {}, ...buttons);
}

function question(entry, actions) {
  const row = el("p.helped", {}, el("span", {}, t("helped")));
  const vote = (helped) => async () => {
    try {
      await actions.api.post("bot/ratings/", { conversation: entry.conversation, seq: entry.seq, helped });
      fill(row, el("span", {}, t(helped ? "helped_yes_thanks" : "helped_no_thanks")));
      announce(row.textContent);
    } catch {
      for (const button of row.querySelectorAll("button")) button.disabled = false;
    }
  };
  for (const [helped, name] of [[true, "thumb-up"], [false, "thumb-down"]]) {
    const label = t(helped ? "helped_yes" : "helped_no");
    const click = vote(helped);
    row.append(
      el(
        "button.thumb",
        {
          type: "button",
          ariaLabel: label,
          title: label,
          onclick() {
            for (const button of row.querySelectorAll("button")) button.disabled = true;
            void click();
          },
        },
        icon(name),
      ),
    );
  }
  return row;
}
