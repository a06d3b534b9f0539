/** The judgments of one name on one thing, as a list shows them in a cell. */

import type { Assessment } from "@/api/schema";
import { shownValue } from "./judgment";
import { scoreNumber, short } from "./scores";

/** A column of judgments: of one kind and name. */
export interface JudgedColumn {
  kind: "FEEDBACK" | "EXPECTATION";
  name: string;
}

const FIELDS = { feedback: "FEEDBACK", expectation: "EXPECTATION" } as const;

/** What an address says for a column of judgments; commas part columns there. */
export function judgedId({ kind, name }: JudgedColumn): string {
  return `${kind === "FEEDBACK" ? "feedback" : "expectation"}.${encodeURIComponent(name)}`;
}

/** The column of judgments that a part of an address names; null where it names none. */
export function judgedColumn(id: string): JudgedColumn | null {
  const dot = id.indexOf(".");
  const kind = FIELDS[id.slice(0, dot) as keyof typeof FIELDS];
  if (dot < 0 || kind === undefined || dot === id.length - 1) return null;
  try {
    return { kind, name: decodeURIComponent(id.slice(dot + 1)) };
  } catch {
    return null;
  }
}

/** What a cell says: the value of one judgment, or of several their mean, or the newest of those that have none. */
export interface Summary {
  shown: string;
  count: number;
  /** How many ended in an error. */
  errors: number;
  /** Whose value is shown, where it is that of one. */
  of: Assessment | null;
}

/** Summarises the judgments of a name, the newest first; null when there is none. */
export function summaryOf(judged: readonly Assessment[]): Summary | null {
  const given = judged.filter((each) => each.error === null);
  const newest = given[0] ?? judged[0];
  if (newest === undefined) return null;
  const errors = judged.length - given.length;
  const numbers = given.flatMap((each) => scoreNumber(each.value) ?? []);
  if (given.length > 1 && numbers.length > 0) {
    const mean = numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
    return { shown: short(mean), count: judged.length, errors, of: null };
  }
  const shown = newest.error === null ? shownValue(newest.value) : newest.error.code;
  return { shown, count: judged.length, errors, of: newest };
}
