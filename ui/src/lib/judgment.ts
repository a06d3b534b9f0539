/** The value of a judgment as people type it, and as a filter writes it. */

import { quote } from "./filtertext";

const LONGEST_LITERAL = 200;

/** "true" and "yes" are true, "false" and "no" are false, numbers are numbers, JSON lists and objects what they say. */
export function judgmentValue(typed: string): unknown {
  const trimmed = typed.trim();
  const word = trimmed.toLowerCase();
  if (word === "true" || word === "yes") return true;
  if (word === "false" || word === "no") return false;
  if (trimmed !== "" && /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(trimmed)) return Number(trimmed);
  if (/^[[{"]/.test(trimmed)) {
    try {
      return JSON.parse(trimmed);
    } catch {
      return trimmed;
    }
  }
  return trimmed;
}

/** A judgment's value in few characters. */
export function shownValue(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(Number(value.toPrecision(6)));
  return JSON.stringify(value);
}

/** A judgment's value as a filter writes it; null for what no filter compares with. */
export function filterLiteral(value: unknown): string | null {
  if (typeof value === "boolean" || typeof value === "number") return String(value);
  return typeof value === "string" && value.length <= LONGEST_LITERAL ? quote(value) : null;
}

/** Whether a value says good or bad, where it plainly does. */
export function verdict(value: unknown): "good" | "bad" | null {
  const word = typeof value === "string" ? value.toLowerCase() : value;
  if (word === true || word === "yes" || word === "pass") return "good";
  if (word === false || word === "no" || word === "fail") return "bad";
  return null;
}
