/** Two texts beside each other: what stayed, what went, what came. */

import { align } from "./align";

export interface DiffPart {
  kind: "same" | "removed" | "added";
  text: string;
}

/** The lines of both texts; where they differ, those that went stand before those that came. */
export function lineDiff(before: string, after: string): DiffPart[] {
  return diff(before.split("\n"), after.split("\n"));
}

/** The words of both texts, each with the white space before it; neighbours of one kind are one part. Words that differ
 * in letter case alone are the same, and stand as the second text has them. */
export function wordDiff(before: string, after: string): DiffPart[] {
  const joined: DiffPart[] = [];
  for (const part of diff(wordsOf(before), wordsOf(after), (word) => word.toLowerCase())) {
    const last = joined.at(-1);
    if (last?.kind === part.kind) last.text += part.text;
    else joined.push(part);
  }
  return joined;
}

function wordsOf(source: string): readonly string[] {
  return source.match(/\s*[\p{L}\p{N}\p{M}_]+|\s*\S|\s+$/gu) ?? [];
}

function diff(
  before: readonly string[],
  after: readonly string[],
  keyOf: (part: string) => string = (part) => part,
): DiffPart[] {
  const found: DiffPart[] = [];
  let added: DiffPart[] = [];
  const flush = () => {
    found.push(...added);
    added = [];
  };
  for (const { left, right } of align(before, after, keyOf)) {
    if (left !== null && right !== null && keyOf(left) === keyOf(right)) {
      flush();
      found.push({ kind: "same", text: right });
      continue;
    }
    if (left !== null) found.push({ kind: "removed", text: left });
    if (right !== null) added.push({ kind: "added", text: right });
  }
  flush();
  return found;
}
