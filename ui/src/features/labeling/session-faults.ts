/** What the server has against a session, by the field of its form. */

import { Problem } from "@/api/client";

export type SessionFaults = Partial<Record<string, string>>;

const SHOWN = new Set([
  "name",
  "instructions",
  "reviewers",
  "policy.mode",
  "policy.reviews_required",
  "policy.min_agreement",
  "policy.fields",
]);

/** Whether a field shows what is wrong; otherwise it is to be said of the whole. */
export function isAtField(faults: SessionFaults): boolean {
  return Object.keys(faults).some((field) => SHOWN.has(field));
}

/** The field that an error of the server is about, with what it says of it; none where it names none.
 *
 * The name that the server has for the field is left out: a label stands there.
 */
export function faultOf(error: unknown): SessionFaults {
  if (!(error instanceof Problem)) return {};
  const said = /^([a-z_.]+): (.*)$/s.exec(error.message);
  const field = said?.[1] ?? error.details.field;
  if (typeof field !== "string") return {};
  const words = said?.[2] ?? error.message;
  return { [field]: words.charAt(0).toUpperCase() + words.slice(1) };
}
