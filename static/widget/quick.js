/* quick.js: questions the bot offers to ask, before anybody has said anything.   await quickNode(questions, say) -> HTMLElement */

import "./extras.js";
import { el } from "../shared/dom.js";
import { moreWords, t } from "../shared/i18n.js";

export async function quickNode(questions, say) {
  await moreWords({ en: () => import("./more-en.js"), "zh-CN": () => import("./more-zh-cn.js") });
  const button = (text) => el("button.choice", { type: "button", dir: "auto", onclick: () => say(text) }, text);
  return el("div.choices.quick", { role: "group", ariaLabel: t("quick") }, ...questions.map(button));
}
