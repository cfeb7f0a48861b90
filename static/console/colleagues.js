/* colleagues.js: who else works here and what they do: agents with status and load, groups, labels, and who looks at what.
 *   const people = new Colleagues(desk); people.load();
 *   await people.find(words) -> bool   asks the server for more by name, where there are more than a page; whether somebody came
 *   people.agents -> Map id -> { id, name, status, reason, until, load, capacity, groups }   people.groups -> [{ id, name }]
 *   people.labels -> [{ id, name, color }]   people.label(id)   people.groupName(id)
 *   people.viewers(conversation) -> [{ id, name }] others who have it open
 * Tells through the desk: "people" (agent id | null) · "viewing" (conversation) */

const KEEP_MS = 30_000;
/* What the server gives at most at once. */
const PAGE = 100;

export class Colleagues {
  agents = new Map();
  groups = [];
  labels = [];
  #desk;
  #viewers = new Map();
  #read = 0;
  #more = { agents: false, groups: false };
  #asked = new Set();
  #again = null;

  constructor(desk) {
    this.#desk = desk;
    desk.on("frame:presence", (payload) => this.#present(payload));
    desk.on("frame:viewing", ({ conversation, agents }) => this.#viewing(conversation, agents ?? []));
    desk.on("link", ({ name }) => {
      if (name === "open") this.load();
      else if (this.#viewers.size > 0) this.#forget();
    });
  }

  /* An older server has none of these; the page then does without. */
  async load({ fresh = false } = {}) {
    if (!fresh && Date.now() - this.#read < KEEP_MS) return;
    this.#read = Date.now();
    const lists = ["agents/", "groups/", "labels/"].map((path) => this.#desk.api.get(path, { limit: PAGE }));
    const answers = (await Promise.allSettled(lists)).map((one) => one.value ?? null);
    const [agents, groups, labels] = answers.map((answer) => answer?.data ?? null);
    this.#more = { agents: Boolean(answers[0]?.meta?.has_more), groups: Boolean(answers[1]?.meta?.has_more) };
    this.#asked.clear();
    for (const agent of agents ?? []) this.know(agent);
    if (groups) this.groups = groups;
    if (labels) this.labels = labels;
    this.#desk.emit("people", null);
  }

  async find(words) {
    const q = words.trim().toLowerCase();
    if (q === "" || this.#asked.has(q)) return false;
    this.#asked.add(q);
    const ask = (path) => (this.#more[path] ? this.#desk.api.get(`${path}/`, { q, limit: PAGE }) : { data: [] });
    try {
      const [agents, groups] = await Promise.all([ask("agents"), ask("groups")]);
      for (const agent of agents.data) this.know(agent);
      const known = new Set(this.groups.map((group) => group.id));
      this.groups = [...this.groups, ...groups.data.filter((group) => !known.has(group.id))];
      return agents.data.length + groups.data.length > 0;
    } catch (error) {
      if (!error?.code) throw error;
      this.#asked.delete(q); // the next letter asks again
      return false;
    }
  }

  know(agent) {
    this.agents.set(agent.id, { ...this.agents.get(agent.id), ...agent, name: agent.name ?? agent.display_name });
  }

  label(id) {
    return this.labels.find((label) => label.id === id) ?? null;
  }

  groupName(id) {
    return this.groups.find((group) => group.id === id)?.name ?? null;
  }

  viewers(conversation) {
    return (this.#viewers.get(conversation) ?? []).filter((agent) => agent.id !== this.#desk.self.id);
  }

  #present({ agent, ...standing }) {
    if (!agent?.id) return;
    this.agents.set(agent.id, { ...this.agents.get(agent.id), ...agent, ...standing });
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#desk.emit("people", agent.id), 50);
    if (agent.id === this.#desk.self.id) this.#desk.emit("people", agent.id);
  }

  #viewing(conversation, agents) {
    if (agents.length > 0) this.#viewers.set(conversation, agents);
    else this.#viewers.delete(conversation);
    this.#desk.emit("viewing", conversation);
  }

  #forget() {
    const all = [...this.#viewers.keys()];
    this.#viewers.clear();
    for (const conversation of all) this.#desk.emit("viewing", conversation);
  }
}
