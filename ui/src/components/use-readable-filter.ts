import { useState } from "react";
import { isFilterProblem } from "@/api/client";

/** What a list learns of its filter from an answer. */
interface Answer {
  data: unknown;
  error: unknown;
  isPlaceholderData: boolean;
}

export interface ReadableFilter {
  /** The filter to ask for: the one of the address, or the last that could be read where that one cannot. */
  filter: string;
  /** The list shows what the filter before found. */
  stale: boolean;
  /** To be given what was found by `filter`; returns it. */
  noting: <A extends Answer>(found: A) => A;
}

/** Keeps a list as it was while its filter cannot be read. Nothing is kept from a list of another `scope`. */
export function useReadableFilter(asked: string, scope: string): ReadableFilter {
  const [known, setKnown] = useState<{ scope: string; read?: string; refused?: string }>({ scope });
  const here = known.scope === scope ? known : { scope };
  const stale = here.read !== undefined && here.refused === asked;
  return {
    filter: stale ? (here.read ?? asked) : asked,
    stale,
    noting: (found) => {
      if (stale) return found;
      // React renders anew before anything below is, so that the list does not go and come back.
      if (asked !== "" && isFilterProblem(found.error)) {
        if (here.read !== undefined) setKnown({ ...here, refused: asked });
      } else if (found.data !== undefined && !found.isPlaceholderData && here.read !== asked)
        setKnown({ scope, read: asked });
      return found;
    },
  };
}
