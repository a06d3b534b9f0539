/** What the lists of datasets, versions and prompts share: a filter, a table, and what stands where nothing is. */

import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { isFilterProblem } from "@/api/client";
import { text } from "@/strings";
import { Empty } from "./empty";
import { FilterBar } from "./filter-bar";
import { Hints } from "./hints";
import { type ListColumn, ListTable } from "./list-table";
import { Page } from "./page";
import { ProblemNote } from "./problem-note";
import { Snippet } from "./snippet";
import type { Entity } from "./use-completion";

interface AssetListProps<T> {
  experimentId: string;
  title: string;
  entity: Entity;
  texts: { filterHint: string; empty: string; emptyHint: string; noneFound: string };
  /** Code that makes the first one. */
  code: string;
  found: UseInfiniteQueryResult<InfiniteData<{ items: T[]; hints: string[] }>>;
  columns: readonly ListColumn<T>[];
  keyOf: (item: T) => string;
  /** Stands between the filter and the table. */
  above?: ReactNode;
  /** Stands below the table. */
  children?: ReactNode;
}

export function AssetList<T>(props: AssetListProps<T>) {
  const { experimentId, title, entity, texts, found, above, children } = props;
  const { filter = "", order = "" } = useSearch({ strict: false });
  const navigate = useNavigate();
  const change = (next: { filter?: string; order?: string }) =>
    void navigate({ to: ".", search: (before) => ({ ...before, ...next }) });
  const items = found.data?.pages.flatMap((page) => page.items);
  const wrongFilter = filter !== "" && isFilterProblem(found.error);
  return (
    <Page title={title}>
      <FilterBar
        experimentId={experimentId}
        entity={entity}
        value={filter}
        placeholder={texts.filterHint}
        onChange={(next) => change({ filter: next || undefined })}
      />
      {found.isError && !wrongFilter && (
        <ProblemNote error={found.error} retry={() => void found.refetch()} />
      )}
      {items?.length === 0 && filter === "" && (
        <Empty title={texts.empty}>
          <p>{texts.emptyHint}</p>
          <Snippet code={props.code} />
        </Empty>
      )}
      {items?.length === 0 && filter !== "" && (
        <Empty title={texts.noneFound}>
          <Hints hints={found.data?.pages[0]?.hints ?? []} otherwise={text.traces.emptyHint} />
        </Empty>
      )}
      {items?.length !== 0 && !found.isError && (
        <>
          {above}
          <ListTable
            label={title}
            columns={props.columns}
            items={items}
            keyOf={props.keyOf}
            order={order}
            onOrder={(next) => change({ order: next || undefined })}
            more={found.hasNextPage}
            loadingMore={found.isFetchingNextPage}
            onMore={() => void found.fetchNextPage()}
          />
        </>
      )}
      {(items !== undefined || found.isError) && children}
    </Page>
  );
}
