/** What the pages of labeling sessions read, and that of a reviewer. Keys begin with the noun. */

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { call } from "./client";

const AT_ONCE = 100;

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

/** A session as its reviewer sees it; `reviewer` is null for somebody who is signed in. */
export const reviewSessionQuery = (run_id: string, reviewer: string | null) =>
  queryOptions({
    queryKey: ["review-session", run_id, reviewer],
    queryFn: ({ signal }) => call("get_review_session", { run_id, reviewer }, { signal }),
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
