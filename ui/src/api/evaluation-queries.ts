/** What the pages of evaluations read. Keys begin with the noun. */

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { rasterType } from "@/lib/filepreview";
import { quote } from "@/lib/filtertext";
import { call, readBytes } from "./client";
import type { Evaluation } from "./schema";

const MINUTE_MS = 60_000;
/** The most that the server gives at once. */
const ROWS_AT_ONCE = 1_000;
const RUNNING_MS = 5_000;
/** Rows of a comparison that are listed, by scorer. */
export const MOST_COMPARED_ROWS = 1_000;

/** Runs of one name to choose from. */
const MOST_NAMED = 20;
/** The most points of a metric that the server gives at once. */
export const MOST_POINTS = 10_000;
/** Expectations of the traces of one block of rows that are asked for. */
const MOST_EXPECTATIONS = 1_000;

const ENDED: ReadonlySet<Evaluation["state"]> = new Set([
  "COMPLETED",
  "COMPLETED_WITH_ERRORS",
  "FAILED",
  "CANCELLED",
  "INTERRUPTED",
]);

export const runsQuery = (experiment: string, filter: string, order: string, limit = 50) =>
  infiniteQueryOptions({
    queryKey: ["runs", experiment, filter, order, limit],
    initialPageParam: "",
    placeholderData: keepPreviousData,
    queryFn: ({ signal, pageParam }) =>
      call("search_runs", { experiment: [experiment], filter, order, limit, cursor: pageParam }, { signal }),
    getNextPageParam: (page) => page.cursor ?? undefined,
  });

export const runQuery = (run_id: string) =>
  queryOptions({
    queryKey: ["run", run_id],
    queryFn: ({ signal }) => call("get_run", { run_id }, { signal }),
  });

/** The runs of an experiment that have a name, a few of them, newest first. */
export const runsNamedQuery = (experiment: string, name: string) =>
  queryOptions({
    queryKey: ["runs-named", experiment, name],
    queryFn: ({ signal }) =>
      call(
        "search_runs",
        { experiment: [experiment], filter: `name = ${quote(name)}`, limit: MOST_NAMED },
        { signal },
      ),
  });

/** The points of one metric of a run, by step and time: the first `MOST_POINTS`. */
export const metricHistoryQuery = (run_id: string, key: string) =>
  queryOptions({
    queryKey: ["run-metric", run_id, key],
    staleTime: MINUTE_MS / 4,
    queryFn: ({ signal }) => call("get_metric_history", { run_id, key, limit: MOST_POINTS }, { signal }),
  });

/** What is in a folder of a run's artifacts. */
export const artifactsQuery = (run_id: string, path: string) =>
  queryOptions({
    queryKey: ["run-artifacts", run_id, path],
    staleTime: MINUTE_MS / 4,
    queryFn: ({ signal }) => call("list_artifacts", { run_id, path }, { signal }),
  });

/** Of a file: what is looked at of a text, and the largest picture that is shown. */
export const MOST_TEXT_BYTES = 250_000;
export const MOST_IMAGE_BYTES = 8_000_000;

/** A file of a run as far as it is shown: of a picture all of it, of anything else the beginning. */
export const artifactQuery = (run_id: string, path: string) =>
  queryOptions({
    queryKey: ["run-artifact", run_id, path],
    staleTime: MINUTE_MS,
    gcTime: MINUTE_MS,
    retry: false,
    queryFn: async ({ signal }) => {
      const read = (most: number) => readBytes("get_artifact", { run_id, path }, most, signal);
      const first = await read(MOST_TEXT_BYTES);
      return !first.whole && rasterType(first.bytes) !== null ? read(MOST_IMAGE_BYTES) : first;
    },
  });

/** An evaluation as it stands; asked again while it runs. */
export const evaluationQuery = (run_id: string) =>
  queryOptions({
    queryKey: ["evaluation", run_id],
    staleTime: MINUTE_MS / 4,
    queryFn: ({ signal }) => call("get_evaluation", { run_id }, { signal }),
    refetchInterval: (query) => {
      const state = query.state.data?.state;
      return state === undefined || ENDED.has(state) ? false : RUNNING_MS;
    },
  });

/** What the scores of an evaluation come to, also by the values of a slice; `done` tells a running one's answers apart. */
export const summaryQuery = (run_id: string, done: number, slice = "") =>
  queryOptions({
    queryKey: ["evaluation-summary", run_id, done, slice],
    placeholderData: keepPreviousData,
    staleTime: MINUTE_MS,
    retry: false,
    queryFn: ({ signal }) =>
      call("get_evaluation_summary", { run_id, slice: slice === "" ? null : [slice] }, { signal }),
  });

/** The rows of an evaluation; `done` tells a running one's answers apart. */
export const evaluationRowsQuery = (run_id: string, done: number) =>
  infiniteQueryOptions({
    queryKey: ["evaluation-rows", run_id, done],
    initialPageParam: "",
    placeholderData: keepPreviousData,
    staleTime: MINUTE_MS,
    queryFn: ({ signal, pageParam }) =>
      call("list_evaluation_rows", { run_id, limit: ROWS_AT_ONCE, cursor: pageParam }, { signal }),
    getNextPageParam: (page) => page.cursor ?? undefined,
  });

export const comparisonQuery = (baseline: string, candidates: readonly string[]) =>
  queryOptions({
    queryKey: ["comparison", baseline, candidates],
    placeholderData: keepPreviousData,
    staleTime: MINUTE_MS,
    queryFn: ({ signal }) =>
      call(
        "compare_evaluations",
        {},
        { body: { baseline, candidates: [...candidates], max_rows: MOST_COMPARED_ROWS }, signal },
      ),
  });

/** What went into some traces and what came out, by their ids. */
export const previewsQuery = (experiment: string, ids: readonly string[]) =>
  queryOptions({
    queryKey: ["previews", experiment, ids],
    staleTime: 5 * MINUTE_MS,
    queryFn: async ({ signal }) => {
      const params = { experiment: [experiment], filter: oneOf("id", ids), limit: ids.length };
      const page = await call("search_traces", params, { signal });
      return new Map(page.items.map((trace) => [trace.trace_id, trace]));
    },
  });

/** What the records of a dataset's version expect, by their ids; those that expect nothing are left out. */
export const expectedOfRecordsQuery = (dataset_id: string, version: string, ids: readonly string[]) =>
  queryOptions({
    queryKey: ["expected-of-records", dataset_id, version, ids],
    staleTime: 5 * MINUTE_MS,
    retry: false,
    queryFn: async ({ signal }) => {
      const params = { dataset_id, version, filter: oneOf("id", ids), limit: ids.length };
      const page = await call("search_records", params, { signal });
      const given = page.items.filter(({ expectations }) => Object.keys(expectations).length > 0);
      return new Map<string, Record<string, unknown>>(
        given.map((each) => [each.record_id, each.expectations]),
      );
    },
  });

/** What people and code expect of some traces, by their ids; those of which nothing is expected are left out. */
export const expectedOfTracesQuery = (experiment: string, ids: readonly string[]) =>
  queryOptions({
    queryKey: ["expected-of-traces", experiment, ids],
    staleTime: 5 * MINUTE_MS,
    queryFn: async ({ signal }) => {
      const filter = `kind = 'EXPECTATION' AND valid = true AND ${oneOf("trace", ids)}`;
      const params = { experiment: [experiment], filter, limit: MOST_EXPECTATIONS };
      const page = await call("search_assessments", params, { signal });
      const found = new Map<string, Record<string, unknown>>();
      // The newest come first, and stand.
      for (const { name, target, value } of page.items) {
        if (target.trace_id === null || target.span_id !== null) continue;
        found.set(target.trace_id, { [name]: value, ...found.get(target.trace_id) });
      }
      return found;
    },
  });

export const recordQuery = (dataset_id: string, record_id: string, version: string) =>
  queryOptions({
    queryKey: ["record", dataset_id, record_id, version],
    staleTime: MINUTE_MS,
    queryFn: ({ signal }) => call("get_record", { dataset_id, record_id, version }, { signal }),
  });

export const datasetQuery = (dataset_id: string) =>
  queryOptions({
    queryKey: ["dataset", dataset_id],
    staleTime: MINUTE_MS,
    queryFn: ({ signal }) => call("get_dataset", { dataset_id }, { signal }),
  });

function oneOf(field: string, values: readonly string[]): string {
  return `${field} IN (${values.map(quote).join(", ")})`;
}
