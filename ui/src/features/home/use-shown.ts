import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTimeRange } from "@/app/time-range";
import { joinClauses } from "@/lib/timerange";

const FILTERS = { all: "", traffic: "run IS NULL", runs: "run IS NOT NULL" } as const;
export type Shown = keyof typeof FILTERS;
export const SHOWN = Object.keys(FILTERS) as Shown[];

/** Which traces the overview is of: all, those that no run made, or those of runs. The address has it. */
export function useShown() {
  const search = useSearch({ strict: false });
  const { clause } = useTimeRange();
  const navigate = useNavigate();
  const shown: Shown = SHOWN.find((each) => each === search.of) ?? "all";
  return {
    shown,
    filter: FILTERS[shown],
    /** The same within the time range. */
    clause: joinClauses(FILTERS[shown], clause),
    show: (next: Shown) =>
      void navigate({ to: ".", search: (before) => ({ ...before, of: next === "all" ? undefined : next }) }),
  };
}
