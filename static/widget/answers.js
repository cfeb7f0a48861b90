/* answers.js: what the cards' buttons do: a rating, "not now", and a message that the server now has.
 *   The context is app.js': { api, session, store, conversations, onChange(), onLeft(item, answer), focus() } */

const DISMISSED = "unrated";

/* Asked once after each end: whoever says "not now" is asked again only after the next one. */
export function asked({ store, conversations }, id) {
  const { conversation = null, seq = 0 } = store.get(DISMISSED, {});
  return id !== null && id === conversation && conversations.of(id).facts.closedSeq <= seq;
}

export function dismiss({ store, conversations, onChange, focus }, conversation) {
  store.set(DISMISSED, { conversation, seq: conversations.of(conversation).facts.closedSeq });
  onChange();
  focus();
}

export async function rate({ api, session, conversations }, conversation, { rating, text }) {
  try {
    await session.get();
    await api.post(`conversations/${conversation}/rate/`, text ? { rating, text } : { rating });
  } catch (error) {
    if (error.code !== "already_rated") throw error;
  }
  conversations.of(conversation).facts.rated = true;
}

/* The message that was left stands in the thread like any other. */
export function left({ store, onLeft }, { text, client_msg_id, name, email, phone }, answer) {
  store.set("left", { email, phone });
  store.set("contact", { name, email, phone });
  onLeft({ conversation: answer.conversation, client_msg_id, kind: "text", text, attachment: null, card: null, reply_to: null }, answer);
}
