/* doing.js: what a button, a key or the palette asks for: the act, its dialog where it needs one, and what became of it.
 *   const doing = new Doing(desk, { opened(), onMine(id), onWhisper(), next() });
 *   await doing.do(name, id)   accept refuse close close_with reopen transfer invite leave snooze wake take_over whisper
 *   doing.able(name, row) -> bool   whether it makes sense now */

import { t } from "../shared/i18n.js";
import { failure, say, visitorName } from "./describe.js";
import { askClose, categoryRequired } from "./dialogs/close.js";
import { askInvite } from "./dialogs/invite.js";
import { askRefuse } from "./dialogs/refuse.js";
import { askSnooze } from "./dialogs/snooze.js";
import { askTransfer } from "./dialogs/transfer.js";
import { isSupervisor, mayWrite, standing, whispers } from "./standing.js";
import { toast } from "./toast.js";

export class Doing {
  #desk;
  #on;

  constructor(desk, on) {
    this.#desk = desk;
    this.#on = on;
  }

  able(name, row) {
    const how = standing(row, this.#desk.self.id);
    const lead = isSupervisor(this.#desk.self);
    const own = how === "mine" || how === "offered";
    const open = !["gone", "closed"].includes(how);
    switch (name) {
      case "accept":
        return ["queued", "bot", "offered"].includes(how);
      case "refuse":
        return how === "offered";
      case "reopen":
        return how === "closed";
      case "take_over":
        return how === "other" && lead;
      case "whisper":
        return whispers(how, this.#desk.self);
      case "leave":
        return how === "guest";
      case "invite":
        return mayWrite(how) || (open && lead);
      case "wake":
        return own && Boolean(row.snoozed_until);
      case "snooze":
        return own;
      case "close":
      case "close_with":
      case "transfer":
        return own || (open && (lead || how === "queued" || how === "bot"));
      default:
        return false;
    }
  }

  async do(name, id) {
    const row = this.#desk.rows.get(id);
    if (row && name === "accept" && standing(row, this.#desk.self.id) === "other") return this.#taken(row.agent);
    if (!row || !this.able(name, row)) return;
    try {
      await this.#act(name, id, row);
    } catch (error) {
      if (!error?.code) throw error;
      this.#failed(error, id);
    }
  }

  async #act(name, id, row) {
    const { acts } = this.#desk;
    switch (name) {
      case "accept":
        await this.#desk.accept(id);
        toast(t("toast.accepted"));
        this.#on.onMine(id);
        break;
      case "take_over":
        await acts.takeOver(id);
        toast(say("toast.took_over", { name: row.agent?.name ?? "" }));
        this.#on.onMine(id);
        break;
      case "reopen":
        await this.#desk.reopen(id);
        toast(t("toast.reopened"));
        break;
      case "close":
        if (categoryRequired(this.#desk, row)) await this.#closeWith(id, row);
        else {
          await acts.close(id);
          this.#closed(id, row);
        }
        break;
      case "close_with":
        await this.#closeWith(id, row);
        break;
      case "wake":
        await acts.wake(id);
        toast(t("toast.woken"));
        break;
      case "leave":
        await acts.leave(id);
        toast(t("toast.left"));
        break;
      case "whisper":
        this.#on.onWhisper();
        break;
      case "refuse":
        if (await askRefuse(this.#desk, row)) toast(t("toast.refused"));
        break;
      case "transfer": {
        const to = await askTransfer(this.#desk, row);
        if (to) toast(say("toast.transferred", { name: to }));
        break;
      }
      case "invite": {
        const who = await askInvite(this.#desk, row);
        if (who) toast(say("toast.invited", { name: who }));
        break;
      }
      case "snooze": {
        const until = await askSnooze(this.#desk, row);
        if (until) toast(say("toast.snoozed", { time: until }), { act: { label: t("act.undo"), run: () => this.do("wake", id) } });
        break;
      }
    }
  }

  async #closeWith(id, row) {
    if (await askClose(this.#desk, row)) this.#closed(id, row);
  }

  #closed(id, row) {
    toast(say("toast.closed", { name: visitorName(row) }), { act: { label: t("act.undo"), run: () => this.do("reopen", id) } });
  }

  /* The page may hear of it in the very moment the button is pressed: whoever pressed it is told, too. */
  #taken(agent) {
    toast(agent?.name ? say("toast.taken", { name: agent.name }) : t("toast.taken_unknown"), { kind: "failed" });
  }

  /* The site has begun to ask for a category since this page was loaded. */
  #asked(id) {
    const row = this.#desk.rows.get(id);
    const site = this.#desk.config.sites.find((one) => one.id === row?.site);
    if (!site) return;
    site.require_category = true;
    this.do("close", id);
  }

  /* Somebody was faster: the page is told the truth, and the person who it is with. */
  #failed(error, id) {
    const owner = error.details?.agent?.name;
    if (error.code === "already_accepted") this.#taken(error.details?.agent);
    else if (["not_owner", "conflict"].includes(error.code) && owner) toast(say("toast.with_other", { name: owner }), { kind: "failed" });
    else if (error.code === "category_required") this.#asked(id);
    else toast(failure(error), { kind: "failed" });
    this.#desk.lists.one(id, { fresh: true });
  }
}
