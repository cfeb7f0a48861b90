/* commands.js: what can be done from anywhere, for the palette: views, acts, settings.
 *   commands(desk, { views, people, opened() }) -> [{ id, section, glyph, name, pinyin, keys, run }]      asked anew each time it opens
 * Acts on the opened conversation are told as desk "want" (name); whoever owns the act listens. */

import { t } from "../shared/i18n.js";
import { VIEWS } from "./filters.js";
import { isSupervisor, standing } from "./standing.js";

const VIEW_PINYIN = { mine: "wo de hui hua", waiting: "deng dai jie ru", invited: "yao qing wo de", snoozed: "yi yan hou", all: "quan bu jin xing zhong", closed: "yi jie shu", bot: "ji qi ren jie dai zhong" };
const VIEW_ICONS = { mine: "mine", waiting: "waiting", invited: "at", snoozed: "moon", all: "all", closed: "closed", bot: "bot" };

/* name → [icon, pinyin, keys, when it makes sense by standing] */
const ACTS = {
  accept: ["check", "jie ru hui hua", "Alt A", ["queued", "bot", "offered"]],
  reply: ["reply", "xie hui fu", "Alt L", ["mine", "offered", "guest"]],
  note: ["note", "xie bei zhu", "Alt P", null],
  close: ["closed", "jie shu hui hua", "Alt E", ["mine", "offered", "queued", "bot"]],
  reopen: ["undo", "chong xin da kai", "", ["closed"]],
  transfer: ["forward", "zhuan jie hui hua", "", ["mine", "offered", "other", "queued", "bot"]],
  snooze: ["moon", "shao hou chu li", "", ["mine", "offered", "queued"]],
  labels: ["tag", "she zhi biao qian", "", null],
};

function settings(desk) {
  const emit = (name, value) => () => desk.emit("set", name, value);
  return [
    ["status.online", "user", "zai xian", emit("status", "online")],
    ["status.busy", "user", "mang lu", emit("status", "busy")],
    ["status.away", "user", "li kai", emit("status", "away")],
    ["theme.light", "sun", "qian se wai guan", emit("theme", "light")],
    ["theme.dark", "moon", "shen se wai guan", emit("theme", "dark")],
    ["theme.auto", "sun", "gen sui xi tong wai guan", emit("theme", "auto")],
    ["language.zh", "globe", "jie mian yu yan zhong wen", emit("language", "zh-hans")],
    ["language.en", "globe", "jie mian yu yan ying wen", emit("language", "en")],
    ["sound", "bell", "ti shi yin kai guan", emit("sound", null)],
    ["density", "rows", "lie biao mi du", emit("density", null)],
    ["help", "keys", "kuai jie jian", () => desk.emit("want", "help")],
  ].map(([id, glyph, pinyin, run]) => ({ id, section: "settings", glyph, name: t(`command.${id}`), pinyin, keys: id === "help" ? "?" : "", run }));
}

export function commands(desk, { views, opened }) {
  const id = opened();
  const how = id === null ? null : standing(desk.rows.get(id), desk.self.id);
  const acts = Object.entries(ACTS)
    .filter(([, [, , , fits]]) => how !== null && how !== "gone" && (fits === null || fits.includes(how)))
    .map(([name, [glyph, pinyin, keys]]) => ({ id: `act.${name}`, section: "acts", glyph, name: t(`command.${name}`), pinyin, keys, run: () => desk.emit("want", name, id) }));
  const shown = VIEWS.filter((name) => name !== "bot" || desk.config.bot);
  const built = shown.map((name, at) => ({ id: `view.${name}`, section: "views", glyph: VIEW_ICONS[name], name: t(`view.${name}`), pinyin: VIEW_PINYIN[name], keys: `Alt ${at + 1}`, run: () => desk.emit("want", "view", name) }));
  const saved = views.saved.map((view) => ({ id: view.id, section: "views", glyph: view.shared ? "team" : "bookmark", name: view.name, pinyin: "", keys: "", run: () => desk.emit("want", "view", view.id) }));
  const live = isSupervisor(desk.self) ? [{ id: "live", section: "views", glyph: "pulse", name: t("live.title"), pinyin: "shi shi gai kuang", keys: "", run: () => desk.emit("want", "live") }] : [];
  return [...acts, ...built, ...saved, ...live, ...settings(desk)];
}
