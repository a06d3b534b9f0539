/** The keys that the page in sight has beyond those that work everywhere: said by its parts, listed by the frame. */

import { useEffect, useSyncExternalStore } from "react";

export type Key = readonly [key: string, what: string];

let lists: readonly (readonly Key[])[] = [];
let joined: readonly Key[] = [];
const listeners = new Set<() => void>();

function change(next: readonly (readonly Key[])[]): void {
  lists = next;
  joined = next.flat();
  for (const listener of listeners) listener();
}

/** Lists these keys as long as the component stands; give a list that stays the same between renderings. */
export function usePageKeys(keys: readonly Key[]): void {
  useEffect(() => {
    change([...lists, keys]);
    return () => change(lists.filter((each) => each !== keys));
  }, [keys]);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The keys of all parts that stand, in the order in which they came. */
export function usePresentKeys(): readonly Key[] {
  return useSyncExternalStore(subscribe, () => joined);
}
