/** What the page of issues reads. Keys begin with the noun. */

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { quote } from "@/lib/filtertext";
import { call } from "./client";
import type { Assessment, Issue, Trace } from "./schema";

const MINUTE_MS = 60_000;
const AT_ONCE = 100;
/** Traces of an issue that are asked for together, and references to it from them: a trace may have several. */
const TRACES_AT_ONCE = 25;
const MOST_REFERENCES = 1_000;

interface IssueList {
  experiment: string;
  status: Issue["status"] | null;
  severity: Issue["severity"];
}

export const issuesQuery = ({ experiment, status, severity }: IssueList) =>
  infiniteQueryOptions({
    queryKey: ["issues", experiment, status, severity],
    initialPageParam: "",
    placeholderData: keepPreviousData,
    queryFn: ({ signal, pageParam }) =>
      call(
        "list_issues",
        { experiment: [experiment], status, severity, limit: AT_ONCE, cursor: pageParam },
        { signal },
      ),
    getNextPageParam: (page) => page.cursor ?? undefined,
  });

export const issueQuery = (issue_id: string) =>
  queryOptions({
    queryKey: ["issue", issue_id],
    staleTime: MINUTE_MS,
    retry: false,
    queryFn: ({ signal }) => call("get_issue", { issue_id }, { signal }),
  });

/** A trace that an issue was seen in, and what was said of it there, the newest first. */
export interface IssueTrace {
  trace: Trace;
  references: readonly Assessment[];
}

/** The traces that refer to an issue, newest first, each with the judgments that do. */
export const issueTracesQuery = (experiment: string, issue_id: string) =>
  infiniteQueryOptions({
    queryKey: ["issue-traces", experiment, issue_id],
    initialPageParam: "",
    queryFn: async ({ signal, pageParam }) => {
      const asked = {
        experiment: [experiment],
        filter: tracesOfIssue(issue_id),
        limit: TRACES_AT_ONCE,
        cursor: pageParam,
      };
      const { items, cursor } = await call("search_traces", asked, { signal });
      const references = items.length === 0 ? [] : await referencesOf(experiment, issue_id, items, signal);
      const found = items.map((trace) => ({
        trace,
        references: references.filter(({ target }) => target.trace_id === trace.trace_id),
      }));
      return { items: found, cursor };
    },
    getNextPageParam: (page) => page.cursor ?? undefined,
  });

/** The filter of traces that finds those that refer to an issue. */
export function tracesOfIssue(issue_id: string): string {
  return `assessment(${reference(issue_id)})`;
}

function reference(issue_id: string): string {
  return `kind = 'ISSUE_REF' AND name = ${quote(issue_id)} AND valid = true`;
}

async function referencesOf(
  experiment: string,
  issue_id: string,
  traces: readonly Trace[],
  signal: AbortSignal,
): Promise<readonly Assessment[]> {
  const ids = traces.map(({ trace_id }) => quote(trace_id)).join(", ");
  const filter = `${reference(issue_id)} AND trace IN (${ids})`;
  const found = await call(
    "search_assessments",
    { experiment: [experiment], filter, limit: MOST_REFERENCES },
    { signal },
  );
  return found.items;
}
