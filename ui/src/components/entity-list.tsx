/** What every list of entities shares: a filter, a table, and what stands where nothing is. */

import type { InfiniteData, UseInfiniteQueryResult, UseQueryResult } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { isFilterProblem, placeOf } from "@/api/client";
import { text } from "@/strings";
import { Empty } from "./empty";
import classes from "./entity-list.module.css";
import { FilterBar } from "./filter-bar";
import { Hints } from "./hints";
import { type ListColumn, ListTable } from "./list-table";
import { Page } from "./page";
import { ProblemNote } from "./problem-note";
import { Snippet } from "./snippet";
import type { Entity } from "./use-completion";

/** What was found so far; no items until the first answer. */
export interface Found<T> {
  items: readonly T[] | undefined;
  hints: readonly string[];
  /** These are of the filter before, since that of the address cannot be read. */
  stale: boolean;
  error: unknown;
  retry: () => void;
  more: boolean;
  loadingMore: boolean;
  onMore: () => void;
}

/** What a query finds page by page. */
export function pagesOf<T>(
  query: UseInfiniteQueryResult<InfiniteData<{ items: T[]; hints: string[] }>>,
  stale = false,
): Found<T> {
  return {
    items: query.data?.pages.flatMap((page) => page.items),
    hints: query.data?.pages[0]?.hints ?? [],
    stale,
    error: query.error,
    retry: () => void query.refetch(),
    more: query.hasNextPage,
    loadingMore: query.isFetchingNextPage,
    onMore: () => void query.fetchNextPage(),
  };
}

/** What a query finds at once. */
export function wholeOf<T>(query: UseQueryResult<T[]>): Found<T> {
  return {
    items: query.data,
    hints: [],
    stale: false,
    error: query.error,
    retry: () => void query.refetch(),
    more: false,
    loadingMore: false,
    onMore: () => undefined,
  };
}

interface EntityListProps<T> {
  title: string;
  aside?: ReactNode;
  /** What these are, in a line below the title. */
  hint?: string;
  /** How the list is filtered; left out where it is not. */
  filter?: { experimentId: string; entity: Entity; hint: string };
  /** Whether something beside the filter narrows the list, as the time range does. */
  narrowed?: boolean;
  texts: { empty: string; emptyHint: string; noneFound?: string };
  /** Code that makes the first one. */
  code?: string;
  found: Found<T>;
  columns: readonly ListColumn<T>[];
  keyOf: (item: T) => string;
  /** Stands between the filter and the table. */
  above?: ReactNode;
  /** Stands below the table. */
  children?: ReactNode;
}

/** The page of a list. Filter and order are those of the address. */
export function EntityList<T>(props: EntityListProps<T>) {
  const { title, filter: filtered, found, above, children } = props;
  const { filter = "", order = "" } = useSearch({ strict: false });
  const navigate = useNavigate();
  const change = (next: { filter?: string; order?: string }) =>
    void navigate({ to: ".", search: (before) => ({ ...before, ...next }) });
  const { items, error } = found;
  const failed = error !== null;
  // The filter bar says what is wrong with a filter, at its place.
  const told = filter !== "" && isFilterProblem(error);
  const untouched = filter === "" && props.narrowed !== true;
  return (
    <Page title={title} aside={props.aside}>
      {props.hint !== undefined && <p className="dim">{props.hint}</p>}
      {filtered !== undefined && (
        <FilterBar
          experimentId={filtered.experimentId}
          entity={filtered.entity}
          value={filter}
          placeholder={filtered.hint}
          stale={found.stale}
          onChange={(next) => change({ filter: next || undefined })}
        />
      )}
      {failed && !told && (
        <ProblemNote error={error} retry={placeOf(error) === null ? found.retry : undefined} />
      )}
      {items?.length === 0 && untouched && (
        <Empty title={props.texts.empty}>
          <p>{props.texts.emptyHint}</p>
          {props.code !== undefined && <Snippet code={props.code} />}
        </Empty>
      )}
      {items?.length === 0 && !untouched && (
        <Empty title={props.texts.noneFound ?? props.texts.empty}>
          <Hints hints={[...found.hints]} otherwise={text.traces.emptyHint} />
        </Empty>
      )}
      {items?.length !== 0 && !(failed && items === undefined) && (
        <div className={classes.list}>
          {above}
          <ListTable
            label={title}
            columns={props.columns}
            items={items}
            keyOf={props.keyOf}
            order={order}
            onOrder={(next) => change({ order: next || undefined })}
            more={found.more}
            loadingMore={found.loadingMore}
            onMore={found.onMore}
          />
        </div>
      )}
      {(items !== undefined || failed) && children}
    </Page>
  );
}
