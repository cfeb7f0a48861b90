/* invite.js: bringing a colleague in: they may read and answer beside the owner.
 *   await askInvite(desk, row) -> name | null */

import { t } from "../../shared/i18n.js";
import { ask, choices } from "../dialog.js";
import { say, visitorName } from "../describe.js";
import { people, searching } from "./transfer.js";

export async function askInvite(desk, row) {
  const options = () => people(desk, { except: [row.agent?.id, desk.self.id, ...(row.guests ?? []).map((guest) => guest.id)] });
  const list = choices({ label: t("invite.who"), placeholder: t("invite.search"), empty: t("transfer.none"), options: options(), onSearch: searching(desk, options) });
  desk.people.load({ fresh: true }).then(() => list.fill(options()));
  return ask({
    title: say("invite.title", { name: visitorName(row) }),
    lead: t("invite.lead"),
    content: list.node,
    submit: t("act.invite"),
    valid: () => list.value() !== null,
    run: async () => {
      const { person } = list.value();
      await desk.acts.invite(row.id, person.id);
      return person.name;
    },
  });
}
