import { useCallback, useMemo, useState } from "react";
import { isTextMap, isTexts, recall, remember } from "@/lib/stored";

export interface FilterMemoryState {
  recent: readonly string[];
  saved: Readonly<Record<string, string>>;
  /** Notes that a filter was used. */
  use: (filter: string) => void;
  save: (name: string, filter: string) => void;
  forget: (name: string) => void;
}

const MOST_RECENT = 10;

/** The filters of one list that this browser remembers. */
export function useFilterMemory(list: string): FilterMemoryState {
  const [recent, setRecent] = useState(() => recall(`recent.${list}`, [], isTexts));
  const [saved, setSaved] = useState(() => recall(`saved.${list}`, {}, isTextMap));
  const use = useCallback(
    (filter: string) =>
      setRecent((before) => {
        const next = [filter, ...before.filter((other) => other !== filter)].slice(0, MOST_RECENT);
        remember(`recent.${list}`, next);
        return next;
      }),
    [list],
  );
  const change = useCallback(
    (edit: (saved: Record<string, string>) => Record<string, string>) =>
      setSaved((before) => {
        const next = edit({ ...before });
        remember(`saved.${list}`, next);
        return next;
      }),
    [list],
  );
  const save = useCallback(
    (name: string, filter: string) => change((all) => ({ ...all, [name]: filter })),
    [change],
  );
  const forget = useCallback(
    (name: string) =>
      change((all) => Object.fromEntries(Object.entries(all).filter(([key]) => key !== name))),
    [change],
  );
  return useMemo(() => ({ recent, saved, use, save, forget }), [recent, saved, use, save, forget]);
}
