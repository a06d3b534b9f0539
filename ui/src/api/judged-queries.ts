/** The judgments of what a list shows: asked for beside the list, by many ids at once. */

import { queryOptions, useQueries } from "@tanstack/react-query";
import { quote } from "@/lib/filtertext";
import type { JudgedColumn } from "@/lib/judged";
import { call } from "./client";
import type { Assessment } from "./schema";

/** What the server gives in one answer; the newest come first. */
const MOST = 1_000;
/** Ids stand in the address, which servers and proxies bound. */
const MOST_CHARACTERS = 6_000;

export type JudgedTarget = "trace" | "session";

interface Judgments {
  of: ReadonlyMap<string, readonly Assessment[]>;
  /** Some of them are left out: there were more than one answer holds. */
  cut: boolean;
}

export const judgedQuery = (
  experiment: string,
  target: JudgedTarget,
  ids: readonly string[],
  names: readonly string[],
) =>
  queryOptions({
    queryKey: ["assessments", "listed", experiment, target, ids, names],
    enabled: ids.length > 0 && names.length > 0,
    retry: false,
    queryFn: async ({ signal }): Promise<Judgments> => {
      const of = new Map<string, Assessment[]>();
      let cut = false;
      for (const some of portions(ids)) {
        const filter = `valid = true AND ${target} IN (${listed(some)}) AND name IN (${listed(names)})`;
        const page = await call(
          "search_assessments",
          { experiment: [experiment], filter, limit: MOST },
          { signal },
        );
        cut ||= page.cursor !== null;
        for (const each of page.items) {
          const own = (target === "trace" ? each.target.trace_id : each.target.session) ?? "";
          of.set(own, [...(of.get(own) ?? []), each]);
        }
      }
      return { of, cut };
    },
  });

function listed(values: readonly string[]): string {
  return values.map(quote).join(", ");
}

/** One portion, where the ids are no longer than usual. */
function portions(ids: readonly string[]): string[][] {
  const found: string[][] = [];
  let size = MOST_CHARACTERS;
  for (const id of ids) {
    if (size + id.length > MOST_CHARACTERS) {
      found.push([]);
      size = 0;
    }
    found.at(-1)?.push(id);
    size += id.length + 4;
  }
  return found;
}

export interface Judged {
  /** The valid judgments of a column on a thing, the newest first; undefined until they are known. */
  of: (id: string, column: JudgedColumn) => readonly Assessment[] | undefined;
  cut: boolean;
  error: unknown;
}

/** The judgments of the things in these blocks of a list, for the columns that show some. */
export function useJudged(
  experiment: string,
  target: JudgedTarget,
  blocks: readonly (readonly string[])[],
  columns: readonly JudgedColumn[],
): Judged {
  const names = [...new Set(columns.map((each) => each.name))].sort();
  return useQueries({
    queries: blocks.map((ids) => judgedQuery(experiment, target, ids, names)),
    combine: (found) => ({
      of: (id, { kind, name }) => {
        const block = blocks.findIndex((ids) => ids.includes(id));
        const known = found[block]?.data;
        return known && (known.of.get(id) ?? []).filter((each) => each.kind === kind && each.name === name);
      },
      cut: found.some((each) => each.data?.cut === true),
      error: found.find((each) => each.error !== null)?.error ?? null,
    }),
  });
}
