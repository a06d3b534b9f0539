/** Why a span failed, from its status and the exceptions it recorded; why a trace did, in few words. */

import type { Span } from "@/api/schema";

export interface Failure {
  type: string;
  message: string;
  stack: string;
}

const ANSWER = /^([^{[]{0,120})[{[].*?(["'])message\2\s*:\s*(["'])((?:\\.|(?!\3).)+)/s;
const STATUS = /\b[1-5]\d\d\b/;

/** A status message without what providers wrap around theirs: the status code, and what the answer says. */
export function reasonOf(message: string): string {
  const [, before = "", , , said] = ANSWER.exec(message) ?? [];
  if (said === undefined) return message;
  const lead = STATUS.exec(before)?.[0] ?? before.replace(/[\s:.-]+$/, "");
  return lead === "" ? said : `${lead}: ${said}`;
}

/** The failures of a span, each once: a status message that an exception repeats is left out. */
export function failuresOf(span: Span): Failure[] {
  const found: Failure[] = [];
  for (const event of span.events) {
    if (event.name !== "exception") continue;
    const text = (name: string) => {
      const value = event.attributes[`exception.${name}`];
      return typeof value === "string" ? value : "";
    };
    const failure = { type: text("type"), message: text("message"), stack: text("stacktrace") };
    if (!found.some((other) => other.type === failure.type && other.message === failure.message))
      found.push(failure);
  }
  const status = span.status_message;
  const repeated = found.some(
    ({ type, message }) => status.includes(message) && (message !== "" || status.includes(type)),
  );
  if (span.status === "ERROR" && !repeated && (status !== "" || found.length === 0))
    found.unshift({ type: "", message: status, stack: "" });
  return found;
}
