/** Why rows have an error: what is said of each, and how many rows say the same. */

import type { EvaluationRow, RowScore } from "@/api/schema";
import { oneLine } from "@/lib/format";

const MOST_CHARS = 300;

export interface ErrorGroup {
  /** The scorer that failed; null where the program did. */
  scorer: string | null;
  said: string;
  rows: number;
}

/** What a scorer failed with, on one line: its type and its message. */
export function scoreError(score: RowScore): string {
  if (score.error === null) return "";
  const { error, error_message: message } = score;
  return oneLine(message === "" ? error : `${error}: ${message}`, MOST_CHARS);
}

/** What the program failed with, on one line. */
export function programError(row: EvaluationRow): string {
  return row.error === null ? "" : oneLine(row.error, MOST_CHARS);
}

/** The errors that rows have, the most frequent first. */
export function errorGroups(rows: readonly EvaluationRow[]): ErrorGroup[] {
  const found = new Map<string, ErrorGroup>();
  const add = (scorer: string | null, said: string) => {
    if (said === "") return;
    const key = JSON.stringify([scorer, said]);
    const known = found.get(key);
    if (known === undefined) found.set(key, { scorer, said, rows: 1 });
    else known.rows += 1;
  };
  for (const row of rows) {
    add(null, programError(row));
    for (const score of row.scores) add(score.name, scoreError(score));
  }
  return [...found.values()].sort((one, other) => other.rows - one.rows);
}
