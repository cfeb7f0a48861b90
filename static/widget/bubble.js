/* bubble.js: the nodes of the thread: one message, a day, an act, an answer being written.
 *   messageNode({ entry, own, first, last, state, progress, error, quoted, preview, actions }) -> HTMLElement
 *     state: "sending" | "sent" | "delivered" | "read" | "failed" | null (not shown)
 *     actions: { retry(), discard(), open(entry, preview), link(entry, event), stale(entry) } */

import { el, icon, linkify } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { bytes, clock, dayLabel, stamp } from "../shared/time.js";

const HUES = 6;
const STATE_ICONS = { sending: "clock", sent: "check", delivered: "checks", read: "checks", failed: "alert" };
const ERRORS = new Set([
  "file_gone",
  "rate_limited",
  "conversation_closed",
  "too_large",
  "file_type_not_allowed",
  "unsupported_media_type",
  "not_found",
]);

/* Why somebody who was being helped waits again. */
const AGAIN = new Set(["no_answer", "silent", "gone", "refused"]);

/* A nameless bot, in its site's language. */
const UNNAMED = ["Assistant", "智能助手"];

export function senderName(sender) {
  const name = UNNAMED.includes(sender?.name) ? "" : sender?.name;
  return name || t(sender?.kind === "bot" ? "bot" : "someone");
}

export function avatar(sender) {
  const name = senderName(sender);
  let hash = 0;
  for (const letter of sender?.id ?? name) hash = (hash * 31 + letter.codePointAt(0)) % 9973;
  const inside = sender?.kind === "bot" ? icon("bot") : [...name][0]?.toLocaleUpperCase() ?? "";
  return el("span.avatar", { ariaHidden: "true", data: { hue: hash % HUES } }, inside);
}

export function dayNode(ms) {
  return el("div.day", {}, el("span", {}, dayLabel(ms)));
}

export function noteNode(text) {
  return el("div.act", {}, text);
}

/* Acts a visitor is told about; the rest of the log is the team's own business. */
export function actText(entry) {
  const data = entry.event?.data ?? {};
  const name = data.agent?.name || t("someone");
  switch (entry.event?.name) {
    case "accepted":
      return t("event_accepted", { name });
    case "assigned":
      return t("event_assigned", { name });
    case "transferred":
      return data.agent ? t("event_transferred", { name }) : t(data.bot ? "event_bot" : "event_moved");
    case "handoff":
      return t("event_handoff");
    case "queued":
      /* The first time in line the card says it; a move between groups is the team's own business. */
      return AGAIN.has(data.reason) ? t("event_waiting") : null;
    case "closed":
      return t("event_closed");
    case "reopened":
      return t("event_reopened");
    case "rated":
      return t("event_rated", { rating: data.rating });
    case "recalled":
      return t("event_recalled");
    default:
      return null;
  }
}

function imageNode({ entry, preview, actions }) {
  const file = entry.attachment ?? {};
  const name = file.name ?? t("picture");
  const source = preview ?? file.thumbnail_url ?? file.url;
  const image = el("img", { alt: name, loading: "lazy", decoding: "async", draggable: false });
  if (source) image.src = source;
  if (file.width && file.height) {
    const scale = Math.min(1, 240 / file.width, 260 / file.height);
    image.width = Math.max(48, Math.round(file.width * scale));
    image.height = Math.max(36, Math.round(file.height * scale));
  }
  image.addEventListener("error", () => actions.stale?.(entry), { once: true });
  return el(
    "button.picture",
    { type: "button", ariaLabel: t("open_picture", { name }), onclick: () => actions.open(entry, preview) },
    image,
  );
}

function fileNode({ entry, actions }) {
  const file = entry.attachment ?? entry.file ?? {};
  const size = bytes(file.size ?? 0);
  const inside = [
    el("span.paper", { ariaHidden: "true" }, icon("file")),
    el("span.about", {}, el("span.filename", {}, file.name ?? ""), el("span.size.num", {}, size)),
  ];
  if (!file.url) return el("div.attached", {}, ...inside);
  return el(
    "a.attached",
    {
      href: file.url,
      target: "_blank",
      rel: "noopener",
      download: file.name ?? "",
      ariaLabel: `${t("download")} ${t("file_of", { name: file.name, size })}`,
      onclick: (event) => actions.link?.(entry, event),
    },
    ...inside,
    icon("download"),
  );
}

/* The words at once, the rest when its module is there. */
function cardNode(props) {
  const { text, card } = props.entry;
  const node = el("div.said", { dir: "auto" }, ...linkify(text ?? card?.title ?? ""));
  import("./card.js").then(({ drawCard }) => drawCard(node, props), () => {});
  return node;
}

function content(props) {
  const { entry } = props;
  switch (entry.kind) {
    case "image":
      return imageNode(props);
    case "file":
      return fileNode(props);
    case "card":
      return cardNode(props);
    default:
      return el("div.said", { dir: "auto" }, ...linkify(entry.text ?? ""));
  }
}

function quoteNode(quoted) {
  const text = quoted.text ?? quoted.attachment?.name ?? quoted.card?.title ?? "";
  return el("div.quote", {}, el("span.sr-only", {}, `${t("in_reply_to")} `), String(text).slice(0, 120));
}

function stateNode({ state, progress, error, actions, entry }) {
  if (state === "failed") {
    const reason = ERRORS.has(error?.code) ? t(`error_${error.code}`) : t("failed");
    return el(
      "div.state.failed",
      { role: "alert" },
      el("span.reason", {}, icon("alert"), reason),
      error?.code === "file_gone" ? null : el("button.link.retry", { type: "button", onclick: actions.retry }, t("retry")),
      el("button.link", { type: "button", onclick: actions.discard }, t("discard")),
    );
  }
  const uploading = state === "sending" && progress > 0 && progress < 1;
  const word = uploading ? t("uploading", { percent: Math.round(progress * 100) }) : t(state);
  return el(
    `div.state.${state}`,
    {},
    state === "sending" ? null : el("time.num", {}, clock(entry.created_at)),
    icon(STATE_ICONS[state]),
    el("span", {}, word),
  );
}

export function messageNode(props) {
  const { entry, own, first, last, state, quoted } = props;
  const who = own ? t("you") : senderName(entry.sender);
  const body = el(
    `div.body.${entry.kind}`,
    { title: stamp(entry.created_at) },
    el("span.sr-only", {}, `${who}: `),
    quoted ? quoteNode(quoted) : null,
    content(props),
    entry.text && entry.kind !== "text" && entry.kind !== "card" ? el("div.said", { dir: "auto" }, ...linkify(entry.text)) : null,
  );
  return el(
    `div.message.${own ? "own" : "theirs"}`,
    { data: { seq: entry.seq ?? "", kind: entry.kind, state: state ?? "", first: first ? "1" : "", last: last ? "1" : "" } },
    own ? null : first ? avatar(entry.sender) : el("span.gap", { ariaHidden: "true" }),
    el(
      "div.stack",
      {},
      first && !own ? el("div.sender", { ariaHidden: "true" }, who) : null,
      body,
      state ? stateNode(props) : null,
      !state && last ? el("time.time.num", { dateTime: new Date(entry.created_at).toISOString() }, clock(entry.created_at)) : null,
    ),
  );
}

export function partialNode({ text, sender }) {
  return el(
    "div.message.theirs.growing",
    { data: { first: "1" }, ariaLive: "off" },
    avatar(sender),
    el("div.stack", {}, el("div.sender", { ariaHidden: "true" }, senderName(sender)), el("div.body.text", {}, el("div.said", { dir: "auto" }, ...linkify(text)))),
  );
}

export function typingNode(sender) {
  const text = t("typing", { name: senderName(sender) });
  return el(
    "div.message.theirs.typing",
    {},
    avatar(sender),
    el("div.body.dots", { role: "img", ariaLabel: text }, el("i"), el("i"), el("i")),
  );
}
