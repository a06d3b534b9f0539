/** Finding spans of a tree by words: what the page knows of each span; the server looks into their content. */

import type { SpanTree } from "./spantree";

export function wordsOf(search: string): string[] {
  return search.toLowerCase().split(/\s+/).filter(Boolean);
}

/** What is known of each span without its content, in the order of the tree, in lower case. */
export function factsOf(tree: SpanTree): string[] {
  return tree.nodes.map(({ span }) =>
    `${span.name} ${span.kind} ${span.model ?? ""} ${span.span_id} ${span.status}`.toLowerCase(),
  );
}

/** The indexes, ascending, of the spans whose facts have every word, or which are named by id. */
export function foundSpans(
  tree: SpanTree,
  facts: readonly string[],
  words: readonly string[],
  ids: readonly string[],
): number[] {
  if (words.length === 0) return [];
  const named = new Set(ids);
  const found: number[] = [];
  for (const node of tree.nodes) {
    const known = facts[node.index] ?? "";
    if (named.has(node.span.span_id) || words.every((word) => known.includes(word))) found.push(node.index);
  }
  return found;
}

/** Where words stand in a text, upper and lower case alike: [start, end) of each place, none overlapping another. */
export function placesOf(text: string, words: readonly string[]): [number, number][] {
  const lower = text.toLowerCase();
  // A letter whose lower case is longer shifts what follows; such a text is left unmarked.
  if (lower.length !== text.length) return [];
  const places: [number, number][] = [];
  for (const word of words)
    for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + word.length))
      places.push([at, at + word.length]);
  places.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  let end = 0;
  return places.filter((place) => {
    const free = place[0] >= end;
    if (free) end = place[1];
    return free;
  });
}
