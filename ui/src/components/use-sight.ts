import { useCallback, useState } from "react";

/** What rows show is asked for in blocks of the list, so that scrolling back asks for nothing. */
const BLOCK = 50;

/** The blocks of a list in which rows are in sight, and what tells which rows those are. */
export function useSight<T>(items: readonly T[]): {
  blocks: readonly (readonly T[])[];
  onSight: (first: number, last: number) => void;
} {
  const [sight, setSight] = useState({ first: 0, last: 0 });
  const onSight = useCallback(
    (first: number, last: number) =>
      setSight((before) => (before.first === first && before.last === last ? before : { first, last })),
    [],
  );
  const blocks: (readonly T[])[] = [];
  for (let at = Math.floor(sight.first / BLOCK); at <= Math.floor(sight.last / BLOCK); at += 1)
    blocks.push(items.slice(at * BLOCK, (at + 1) * BLOCK));
  return { blocks, onSight };
}
