// @ts-check
// What the order of a package says beside its items: the number of the case, and whom it is for. The center wrote it
// down when the order was signed; that it is true, no proof says.

import { printable } from "../page/words.js";

/** @import { Verdict } from "../package/verify.js" */

/** @param {Pick<Verdict, "statements" | "details">} verdict @returns {{case?: string, receiver?: string}} */
export function orderOf({ statements, details }) {
  const exported = statements.findLast(({ statement }) => statement.type === "evidence.exported");
  const order = exported?.statement.body.order;
  const ordered = statements.find(({ statement: { type, body } }) => type === "export.ordered" && body.order === order);
  const stated = (ordered && details.get(ordered.position)) ?? {};
  return Object.fromEntries(
    ["case", "receiver"].flatMap((name) => (typeof stated[name] === "string" ? [[name, printable(stated[name])]] : [])),
  );
}
