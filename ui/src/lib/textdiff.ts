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

/** The words of both texts, each with the white space before it; neighbours of one kind are one part. */
export function wordDiff(before: string, after: string): DiffPart[] {
  const joined: DiffPart[] = [];
  for (const part of diff(wordsOf(before), wordsOf(after))) {
    const last = joined.at(-1);
    if (last?.kind === part.kind) last.text += part.text;
    else joined.push(part);
  }
  return joined;
}

function wordsOf(source: string): readonly string[] {
  return source.match(/\s*[\p{L}\p{N}\p{M}_]+|\s*\S|\s+$/gu) ?? [];
}

function diff(before: readonly string[], after: readonly string[]): DiffPart[] {
  const found: DiffPart[] = [];
  let added: DiffPart[] = [];
  const flush = () => {
    found.push(...added);
    added = [];
  };
  for (const { left, right } of align(before, after, (part) => part)) {
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
