/* drafts.js: what was begun and not sent, by conversation and tab; outlives a reload, and is seen in other tabs of the browser.
 *   const drafts = new Drafts(store);   drafts.read(id) -> { reply, note, whisper, quote, files }   drafts.keep(id, draft)
 *   files   what waits to be sent along, as Staged keeps it */

const TABS = ["reply", "note", "whisper"];

export class Drafts {
  #store;

  constructor(store) {
    this.#store = store;
  }

  read(id) {
    const kept = id === null ? null : this.#store.get(`draft:${id}`);
    return { reply: "", note: "", whisper: "", quote: null, files: [], ...kept };
  }

  keep(id, draft) {
    const said = Object.fromEntries(TABS.filter((tab) => draft[tab].trim() !== "").map((tab) => [tab, draft[tab]]));
    if (draft.quote) said.quote = draft.quote;
    if (draft.files.length > 0) said.files = draft.files;
    if (Object.keys(said).length === 0) this.#store.remove(`draft:${id}`);
    else this.#store.set(`draft:${id}`, said);
  }
}
