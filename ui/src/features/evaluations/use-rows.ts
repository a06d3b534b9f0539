import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { evaluationRowsQuery } from "@/api/evaluation-queries";
import type { EvaluationRow } from "@/api/schema";

/** So many rows are looked at in the browser; beyond them the page says so. */
const MOST_PAGES = 20;

export interface Rows {
  items: readonly EvaluationRow[];
  /** All of them are here. */
  complete: boolean;
  loading: boolean;
  pending: boolean;
  error: Error | null;
}

/** The rows of an evaluation, one page after another; enough of them to filter, sort and count at once. */
export function useRows(runId: string, done: number, enabled = true): Rows {
  const found = useInfiniteQuery({ ...evaluationRowsQuery(runId, done), enabled });
  const { hasNextPage, isFetching, fetchNextPage, isError } = found;
  const count = found.data?.pages.length ?? 0;
  const goOn = hasNextPage && !isError && count < MOST_PAGES;
  useEffect(() => {
    if (goOn && !isFetching) void fetchNextPage({ cancelRefetch: false });
  }, [goOn, isFetching, fetchNextPage]);
  const items = useMemo(() => found.data?.pages.flatMap((page) => page.items) ?? [], [found.data]);
  return {
    items,
    complete: found.data !== undefined && !hasNextPage,
    loading: goOn,
    pending: found.data === undefined && !isError,
    error: found.error,
  };
}

export function rowId(row: EvaluationRow): string {
  return `${row.row_key}~${row.repetition}`;
}

export function scoreOf(row: EvaluationRow, scorer: string) {
  return row.scores.find((score) => score.name === scorer);
}
