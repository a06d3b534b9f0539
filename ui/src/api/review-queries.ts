/** What the pages of labeling sessions read, and that of a reviewer. Keys begin with the noun. */

import {
  infiniteQueryOptions,
  keepPreviousData,
  type QueryClient,
  queryOptions,
} from "@tanstack/react-query";
import { call } from "./client";
import type { LabelingItem } from "./schema";

const AT_ONCE = 100;
/** Others review while the page is looked at. */
const LOOK_MS = 15_000;

export type ItemState = LabelingItem["state"];

export const labelingSessionsQuery = (experiment: string) =>
  infiniteQueryOptions({
    queryKey: ["labeling-sessions", experiment],
    initialPageParam: "",
    placeholderData: keepPreviousData,
    queryFn: ({ signal, pageParam }) =>
      call(
        "list_labeling_sessions",
        { experiment: [experiment], limit: AT_ONCE, cursor: pageParam },
        { signal },
      ),
    getNextPageParam: (page) => page.cursor ?? undefined,
  });

export const labelingSessionQuery = (run_id: string) =>
  queryOptions({
    queryKey: ["labeling-session", run_id],
    refetchInterval: LOOK_MS,
    queryFn: ({ signal }) => call("get_labeling_session", { run_id }, { signal }),
  });

export const labelingProgressQuery = (run_id: string) =>
  queryOptions({
    queryKey: ["labeling-progress", run_id],
    refetchInterval: LOOK_MS,
    queryFn: ({ signal }) => call("get_labeling_progress", { run_id }, { signal }),
  });

/** What a session came to; asked for when it is looked at, since it takes the server some work. */
export const labelingReportQuery = (run_id: string) =>
  queryOptions({
    queryKey: ["labeling-report", run_id],
    staleTime: LOOK_MS,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => call("get_labeling_report", { run_id }, { signal }),
  });

export const labelingItemsQuery = (run_id: string, state: ItemState | null, removed: boolean) =>
  infiniteQueryOptions({
    queryKey: ["labeling-items", run_id, state, removed],
    initialPageParam: "",
    placeholderData: keepPreviousData,
    queryFn: ({ signal, pageParam }) => {
      const states = state === null ? null : [state];
      const params = { run_id, state: states, removed, limit: AT_ONCE, cursor: pageParam };
      return call("list_labeling_items", params, { signal });
    },
    getNextPageParam: (page) => page.cursor ?? undefined,
  });

export const labelingItemQuery = (item_id: string) =>
  queryOptions({
    queryKey: ["labeling-item", item_id],
    queryFn: ({ signal }) => call("get_labeling_item", { item_id }, { signal }),
  });

/** How far the standing rules of a session are. */
export const labelingRulesQuery = (run_id: string) =>
  queryOptions({
    queryKey: ["labeling-rules", run_id],
    queryFn: ({ signal }) => call("list_labeling_rules", { run_id }, { signal }),
  });

export const reviewLinkQuery = (run_id: string, reviewer: string | null) =>
  queryOptions({
    queryKey: ["review-link", run_id, reviewer],
    queryFn: ({ signal }) => call("get_review_link", { run_id, reviewer }, { signal }),
  });

export const labelSchemasQuery = (experiment: string) =>
  queryOptions({
    queryKey: ["label-schemas", experiment],
    queryFn: ({ signal }) => call("list_label_schemas", { experiment }, { signal }),
  });

/** Asks anew for everything about labeling sessions, after one of them was changed. */
export async function askLabelingAnew(client: QueryClient): Promise<void> {
  const keys = [
    "labeling-sessions",
    "labeling-session",
    "labeling-progress",
    "labeling-report",
    "labeling-items",
    "labeling-item",
    "labeling-rules",
  ];
  await Promise.all(keys.map((key) => client.invalidateQueries({ queryKey: [key] })));
}

/** The sessions that name a reviewer; null for somebody who is signed in. */
export const reviewSessionsQuery = (reviewer: string | null) =>
  infiniteQueryOptions({
    queryKey: ["review-sessions", reviewer],
    initialPageParam: "",
    placeholderData: keepPreviousData,
    queryFn: ({ signal, pageParam }) =>
      call("list_review_sessions", { reviewer, limit: AT_ONCE, cursor: pageParam }, { signal }),
    getNextPageParam: (page) => page.cursor ?? undefined,
  });

/** A session as its reviewer sees it; `reviewer` is null for somebody who is signed in. */
export const reviewSessionQuery = (run_id: string, reviewer: string | null) =>
  queryOptions({
    queryKey: ["review-session", run_id, reviewer],
    queryFn: ({ signal }) => call("get_review_session", { run_id, reviewer }, { signal }),
  });

/** An item as its reviewer sees it; not tried again, since it may be theirs no more. */
export const reviewQuery = (item_id: string, reviewer: string | null) =>
  queryOptions({
    queryKey: ["review", item_id, reviewer],
    gcTime: 0,
    retry: false,
    queryFn: ({ signal }) => call("get_review", { item_id, reviewer }, { signal }),
  });

/** The item that a reviewer is to review now. Asking claims it, so it is asked for when the page opens and when the
 * item in hand was dealt with, and at no other time; it is not remembered, since its draft would be an old one. */
export const nextReviewQuery = (run_id: string, reviewer: string | null) =>
  queryOptions({
    queryKey: ["review-next", run_id, reviewer],
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnReconnect: false,
    queryFn: () => call("claim_next_review", { run_id }, { body: { reviewer } }),
  });
