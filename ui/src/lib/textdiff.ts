/** Two texts line by line: what stayed, what went, what came. */

import { align } from "./align";

export interface DiffLine {
  kind: "same" | "removed" | "added";
  text: string;
}

/** The lines of both texts; where they differ, those that went stand before those that came. */
export function lineDiff(before: string, after: string): DiffLine[] {
  const found: DiffLine[] = [];
  let added: DiffLine[] = [];
  const flush = () => {
    found.push(...added);
    added = [];
  };
  for (const { left, right } of align(before.split("\n"), after.split("\n"), (line) => line)) {
    if (left !== null && left === right) {
      flush();
      found.push({ kind: "same", text: left });
      continue;
    }
    if (left !== null) found.push({ kind: "removed", text: left });
    if (right !== null) added.push({ kind: "added", text: right });
  }
  flush();
  return found;
}
