// @ts-check
// Who is in the room.

import { element, make, makeButton } from "../page/elements.js";
import { isolate, say } from "../page/words.js";

/** @typedef {{ who: string, role: string }} Present */

/** @param {string} role */
const roleWord = (role) => say(`role.${role}`);

/** @param {Present} person */
export const personWords = ({ who, role }) => (who ? `${isolate(who)} (${roleWord(role)})` : roleWord(role));

/** @param {Present[]} present @param {((person: Present) => void) | null} leaves @param {boolean} active */
export function showPresent(present, leaves, active) {
  const rows = present.map((person) => {
    const row = make("li", "", make("span", "", personWords(person)));
    if (leaves) row.append(makeButton({ className: "link", disabled: !active }, say("person.leaves"), () => leaves(person)));
    return row;
  });
  if (rows.length === 0) rows.push(make("li", "quiet", say("person.none")));
  element("present").replaceChildren(...rows);
}
