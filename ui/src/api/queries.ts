/** What pages read, as query options: one key and one function for each kind of answer. Keys begin with the noun. */

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { quote } from "@/lib/filtertext";
import { isoOfNs } from "@/lib/format";
import { call, setCsrfToken } from "./client";
import type { AggregateBody, Operations, Session } from "./schema";

const MINUTE_MS = 60_000;
export const PAGE_SIZE = 100;
/** First turns that are asked for together: a session has one, or a few that began in one moment. */
const MOST_OPENINGS = 300;
/** Ids stand in the address, which servers and proxies bound. */
const SPANS_AT_ONCE = 150;

/** Who is asking; also hands the CSRF token to the client. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  staleTime: 5 * MINUTE_MS,
  queryFn: async ({ signal }) => {
    const me = await call("get_me", {}, { signal });
    setCsrfToken(me.csrf_token);
    return me;
  },
});

export const serverQuery = queryOptions({
  queryKey: ["server"],
  staleTime: MINUTE_MS,
  queryFn: ({ signal }) => call("get_server", {}, { signal }),
});

export type Lifecycle = "ACTIVE" | "DELETED" | "ALL";

export const experimentsQuery = (lifecycle: Lifecycle, filter = "") =>
  queryOptions({
    queryKey: ["experiments", lifecycle, filter],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => call("search_experiments", { lifecycle, filter, limit: 1000 }, { signal }),
  });

export const experimentQuery = (experiment_id: string) =>
  queryOptions({
    queryKey: ["experiment", experiment_id],
    staleTime: MINUTE_MS,
    queryFn: ({ signal }) => call("get_experiment", { experiment_id }, { signal }),
  });

export const spendingQuery = (experiment_id: string) =>
  queryOptions({
    queryKey: ["experiment", experiment_id, "budget"],
    staleTime: MINUTE_MS / 2,
    queryFn: ({ signal }) => call("get_budget", { experiment_id }, { signal }),
  });

export interface TraceList {
  experiment: string;
  filter: string;
  order?: string;
}

export const tracesQuery = (list: TraceList, limit = PAGE_SIZE) =>
  infiniteQueryOptions({
    queryKey: ["traces", list, limit],
    initialPageParam: "",
    placeholderData: keepPreviousData,
    queryFn: ({ signal, pageParam }) =>
      call("search_traces", traceParams(list, limit, pageParam), { signal }),
    getNextPageParam: (page) => page.cursor ?? undefined,
  });

export const someTracesQuery = (list: TraceList, limit: number) =>
  queryOptions({
    queryKey: ["some-traces", list, limit],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => call("search_traces", traceParams(list, limit, ""), { signal }),
  });

function traceParams(list: TraceList, limit: number, cursor: string): Operations["search_traces"]["params"] {
  return { experiment: [list.experiment], filter: list.filter, order: list.order, limit, cursor };
}

export const countQuery = (list: TraceList) =>
  queryOptions({
    queryKey: ["count", list.experiment, list.filter],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      call("count_traces", { experiment: [list.experiment], filter: list.filter }, { signal }),
  });

export const facetQuery = (list: TraceList, field: string, limit = 10) =>
  queryOptions({
    queryKey: ["facet", list.experiment, list.filter, field, limit],
    placeholderData: keepPreviousData,
    staleTime: MINUTE_MS,
    queryFn: ({ signal }) =>
      call(
        "get_trace_facet",
        { experiment: [list.experiment], filter: list.filter, field, limit },
        { signal },
      ),
  });

export const breakdownQuery = (params: Operations["break_down_spans"]["params"]) =>
  queryOptions({
    queryKey: ["breakdown", params],
    placeholderData: keepPreviousData,
    staleTime: MINUTE_MS / 2,
    queryFn: ({ signal }) => call("break_down_spans", params, { signal }),
  });

export const aggregateQuery = (body: AggregateBody) =>
  queryOptions({
    queryKey: ["aggregate", body],
    placeholderData: keepPreviousData,
    staleTime: MINUTE_MS / 2,
    queryFn: ({ signal }) => call("aggregate_traces", {}, { body, signal }),
  });

export const traceQuery = (trace_id: string) =>
  queryOptions({
    queryKey: ["trace", trace_id],
    queryFn: ({ signal }) => call("get_trace", { trace_id }, { signal }),
    refetchInterval: (query) => (query.state.data?.trace.state === "IN_PROGRESS" ? 3_000 : false),
  });

export const spanQuery = (trace_id: string, span_id: string) =>
  queryOptions({
    queryKey: ["span", trace_id, span_id],
    staleTime: MINUTE_MS,
    queryFn: async ({ signal }) => {
      const spans = await call("get_spans", { trace_id, ids: [span_id] }, { signal });
      return spans[0] ?? null;
    },
  });

/** Which spans of a trace have the words in their content; asked anew when more spans have come. */
export const foundSpansQuery = (trace_id: string, words: string, span_count: number) =>
  queryOptions({
    queryKey: ["found-spans", trace_id, words, span_count],
    staleTime: MINUTE_MS,
    queryFn: ({ signal }) => call("find_spans", { trace_id, text: words }, { signal }),
  });

export const historyQuery = (assessment_id: string) =>
  queryOptions({
    queryKey: ["history", assessment_id],
    queryFn: ({ signal }) => call("get_assessment_history", { assessment_id }, { signal }),
  });

export const sessionsQuery = (list: TraceList) =>
  infiniteQueryOptions({
    queryKey: ["sessions", list],
    initialPageParam: "",
    placeholderData: keepPreviousData,
    queryFn: ({ signal, pageParam }) =>
      call("search_sessions", traceParams(list, PAGE_SIZE, pageParam), { signal }),
    getNextPageParam: (page) => page.cursor ?? undefined,
  });

/** The first turns of sessions, by session; those whose first trace is gone are left out. */
export const openingsQuery = (experiment: string, sessions: readonly Session[]) =>
  queryOptions({
    queryKey: ["openings", experiment, sessions.map((each) => [each.session, each.first_ns])],
    staleTime: 5 * MINUTE_MS,
    queryFn: async ({ signal }) => {
      const names = sessions.map((each) => quote(each.session)).join(", ");
      const starts = sessions.map((each) => quote(isoOfNs(each.first_ns))).join(", ");
      const filter = `session IN (${names}) AND start IN (${starts})`;
      const params = { experiment: [experiment], filter, limit: MOST_OPENINGS };
      const page = await call("search_traces", params, { signal });
      return new Map(page.items.map((trace) => [trace.session ?? "", trace]));
    },
  });

export const sessionQuery = (experiment: string, session: string) =>
  queryOptions({
    queryKey: ["session", experiment, session],
    queryFn: ({ signal }) => call("get_session", { experiment, session }, { signal }),
  });

export const usersQuery = (list: TraceList) =>
  infiniteQueryOptions({
    queryKey: ["users", list],
    initialPageParam: "",
    placeholderData: keepPreviousData,
    queryFn: ({ signal, pageParam }) =>
      call("search_users", traceParams(list, PAGE_SIZE, pageParam), { signal }),
    getNextPageParam: (page) => page.cursor ?? undefined,
  });

export const assessmentsQuery = (experiment: string, filter: string, limit = 200) =>
  queryOptions({
    queryKey: ["assessments", experiment, filter, limit],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      call("search_assessments", { experiment: [experiment], filter, limit }, { signal }),
  });

/** Which judgments an experiment has: their names, with the most frequent values of each. */
export const assessmentNamesQuery = (experiment: string) =>
  queryOptions({
    queryKey: ["assessment-names", experiment],
    placeholderData: keepPreviousData,
    staleTime: MINUTE_MS,
    queryFn: ({ signal }) => call("list_assessment_names", { experiment: [experiment] }, { signal }),
  });

export const completionQuery = (
  text: string,
  position: number,
  entity: Operations["complete_filter"]["params"]["entity"],
) =>
  queryOptions({
    queryKey: ["completion", entity, text, position],
    placeholderData: keepPreviousData,
    staleTime: MINUTE_MS,
    queryFn: ({ signal }) => call("complete_filter", { text, position, entity }, { signal }),
  });

export const accountsQuery = queryOptions({
  queryKey: ["accounts"],
  queryFn: ({ signal }) => call("list_accounts", {}, { signal }),
});

export const keysQuery = queryOptions({
  queryKey: ["keys"],
  queryFn: ({ signal }) => call("list_keys", {}, { signal }),
});

/** Some whole spans of a trace, in the trace's order. */
export const stepsQuery = (trace_id: string, ids: readonly string[]) =>
  queryOptions({
    queryKey: ["spans", trace_id, ids],
    staleTime: MINUTE_MS,
    queryFn: async ({ signal }) => {
      const found = [];
      for (let from = 0; from < ids.length; from += SPANS_AT_ONCE) {
        const part = ids.slice(from, from + SPANS_AT_ONCE);
        found.push(...(await call("get_spans", { trace_id, ids: part }, { signal })));
      }
      return found;
    },
  });

export const auditQuery = (filter: string) =>
  infiniteQueryOptions({
    queryKey: ["audit", filter],
    initialPageParam: "",
    placeholderData: keepPreviousData,
    queryFn: ({ signal, pageParam }) =>
      call("search_audit", { filter, limit: PAGE_SIZE, cursor: pageParam }, { signal }),
    getNextPageParam: (page) => page.cursor ?? undefined,
  });
