import { useNavigate, useSearch } from "@tanstack/react-router";
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from "react";
import { DEFAULT_RANGE, isZone, localZone, parseRange, rangeClause, type TimeRange } from "@/lib/timerange";

interface TimeRangeState {
  range: TimeRange;
  /** The range as a condition on `start`, "" for all time. It stays the same until `refresh`. */
  clause: string;
  zone: string;
  /** The moment that relative ranges end at, epoch ms. */
  asOf: number;
  /** Moves relative ranges to now, so that everything on the page is asked anew. */
  refresh: () => void;
  setRange: (text: string) => void;
  setZone: (zone: string) => void;
}

const Context = createContext<TimeRangeState | null>(null);

/** The one time range of the page: it lives in the address, and every page reads it from here. */
export function TimeRangeProvider({ children }: { children: ReactNode }) {
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const [asOf, setAsOf] = useState(() => Date.now());
  const text = search.range ?? DEFAULT_RANGE;
  const zone = search.tz !== undefined && isZone(search.tz) ? search.tz : localZone();
  const range = useMemo(
    () => parseRange(text, asOf) ?? { text: DEFAULT_RANGE, fromMs: null, toMs: null },
    [text, asOf],
  );
  const refresh = useCallback(() => setAsOf(Date.now()), []);
  const setRange = useCallback(
    (next: string) => {
      setAsOf(Date.now());
      const range = next === DEFAULT_RANGE ? undefined : next;
      void navigate({ to: ".", search: (before) => ({ ...before, range }) });
    },
    [navigate],
  );
  const setZone = useCallback(
    (next: string) => {
      const tz = next === localZone() ? undefined : next;
      void navigate({ to: ".", search: (before) => ({ ...before, tz }), replace: true });
    },
    [navigate],
  );
  const state = useMemo(
    () => ({ range, clause: rangeClause(range), zone, asOf, refresh, setRange, setZone }),
    [range, zone, asOf, refresh, setRange, setZone],
  );
  return <Context value={state}>{children}</Context>;
}

export function useTimeRange(): TimeRangeState {
  const state = useContext(Context);
  if (state === null) throw new Error("useTimeRange needs a TimeRangeProvider above it");
  return state;
}
