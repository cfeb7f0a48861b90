/* acts.js: what people who answer do with a conversation, as calls; each rejects with ApiError.
 *   const acts = new Acts(desk);
 *   acts.transfer(id, { agent | group | bot, note })   acts.refuse(id, reason)   acts.takeOver(id)   acts.invite(id, agent)   acts.leave(id)
 *   acts.note(id, { text, client_msg_id, mentions })   acts.editNote(id, seq, text)   acts.whisper(id, { text, client_msg_id })
 *   acts.labels(id, ids)   acts.snooze(id, until)   acts.wake(id)   acts.close(id, { summary, category }) */

export class Acts {
  #desk;

  constructor(desk) {
    this.#desk = desk;
  }

  transfer(id, { agent = null, group = null, bot = false, note = "" }) {
    const to = agent ? { agent } : group ? { group } : { bot };
    return this.#desk.act(id, "transfer", { ...to, ...(note.trim() ? { note: note.trim() } : {}) });
  }

  refuse(id, reason) {
    return this.#desk.act(id, "refuse", reason ? { reason } : {});
  }

  takeOver(id) {
    return this.#desk.act(id, "take-over");
  }

  invite(id, agent) {
    return this.#desk.act(id, "invite", { agent });
  }

  leave(id) {
    return this.#desk.act(id, "leave");
  }

  note(id, { text, client_msg_id: once, mentions }) {
    return this.#desk.act(id, "notes", { text, client_msg_id: once, ...(mentions.length > 0 ? { mentions: mentions.map((agent) => agent.id) } : {}) });
  }

  async editNote(id, seq, text) {
    const answer = await this.#desk.api.patch(`conversations/${id}/notes/${seq}/`, { text });
    return this.#desk.acted(id, answer);
  }

  whisper(id, { text, client_msg_id: once }) {
    return this.#desk.act(id, "whisper", { text, client_msg_id: once });
  }

  labels(id, ids) {
    return this.#desk.act(id, "labels", { labels: ids });
  }

  snooze(id, until) {
    return this.#desk.act(id, "snooze", { until });
  }

  wake(id) {
    return this.#desk.act(id, "wake");
  }

  close(id, { summary = "", category = null } = {}) {
    return this.#desk.act(id, "close", { ...(summary.trim() ? { summary: summary.trim() } : {}), ...(category ? { category } : {}) });
  }
}
