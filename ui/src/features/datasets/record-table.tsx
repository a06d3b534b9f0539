import { Skeleton } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { recordsQuery } from "@/api/asset-queries";
import { isFilterProblem } from "@/api/client";
import { recordQuery } from "@/api/evaluation-queries";
import type { Dataset, DatasetRecord } from "@/api/schema";
import { Empty } from "@/components/empty";
import { Moment } from "@/components/figures";
import { FilterBar } from "@/components/filter-bar";
import { type GridColumn, GridTable } from "@/components/grid-table";
import { Hints } from "@/components/hints";
import { ProblemNote } from "@/components/problem-note";
import { SafeText } from "@/components/safe-text";
import { useReadableFilter } from "@/components/use-readable-filter";
import { MISSING, oneLine } from "@/lib/format";
import { jsonLine } from "@/lib/preview";
import { text } from "@/strings";
import classes from "./dataset-page.module.css";
import { RecordPanel } from "./record-panel";

const t = text.dataset;
const MOST_SHOWN = 300;

interface RecordTableProps {
  experimentId: string;
  dataset: Dataset;
  version: string;
  filter: string;
  /** The record whose details are open. */
  opened: string | undefined;
  onChange: (next: { filter?: string; record?: string }) => void;
  /** Called with a record that was rewritten in the draft; left out where none can be. */
  edited: ((recordId: string) => void) | undefined;
}

/** The records of a version, page after page; one of them open beside the list. */
export function RecordTable({
  experimentId,
  dataset,
  version,
  filter,
  opened,
  onChange,
  edited,
}: RecordTableProps) {
  const datasetId = dataset.dataset_id;
  const readable = useReadableFilter(filter, `${datasetId} ${version}`);
  const found = readable.noting(useInfiniteQuery(recordsQuery(datasetId, version, readable.filter)));
  const items = found.data?.pages.flatMap((page) => page.items);
  const listed = items?.find((record) => record.record_id === opened);
  const single = useQuery({
    ...recordQuery(datasetId, opened ?? "", version),
    enabled: opened !== undefined && listed === undefined,
    retry: false,
  });
  const open = listed ?? (opened === undefined ? undefined : single.data);
  const { fetchNextPage, hasNextPage, isFetching } = found;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage({ cancelRefetch: false });
  }, [fetchNextPage, hasNextPage, isFetching]);
  const wrongFilter = filter !== "" && isFilterProblem(found.error);
  return (
    <>
      <FilterBar
        experimentId={experimentId}
        entity="record"
        value={filter}
        placeholder={t.filterHint}
        stale={readable.stale}
        onChange={(next) => onChange({ filter: next || undefined, record: undefined })}
      />
      {found.isError && !wrongFilter && (
        <ProblemNote error={found.error} retry={() => void found.refetch()} />
      )}
      {items === undefined && !found.isError && <Skeleton height={320} radius={8} mt={10} />}
      {items?.length === 0 && (
        <Empty title={readable.filter === "" ? t.noRecords : t.noneFound}>
          <Hints hints={found.data?.pages[0]?.hints ?? []} otherwise="" />
        </Empty>
      )}
      {items !== undefined && items.length > 0 && (
        <div className={classes.body}>
          <GridTable
            label={t.records}
            columns={COLUMNS}
            items={items}
            keyOf={(record) => record.record_id}
            opened={opened}
            onOpen={(record) => onChange({ record: record?.record_id })}
            foot={hasNextPage ? text.traces.loadMore : t.end}
            onEnd={onEnd}
          />
          {open !== undefined && (
            <RecordPanel
              key={open.record_id}
              experimentId={experimentId}
              dataset={dataset}
              version={version}
              record={open}
              edited={edited}
              close={() => onChange({ record: undefined })}
            />
          )}
        </div>
      )}
    </>
  );
}

function shown(value: unknown) {
  if (value === null || value === undefined) return MISSING;
  const written = typeof value === "string" ? value : JSON.stringify(value);
  return written === "{}" ? (
    MISSING
  ) : (
    <SafeText text={oneLine(jsonLine(written.slice(0, 2_000)), MOST_SHOWN)} />
  );
}

const COLUMNS: readonly GridColumn<DatasetRecord>[] = [
  {
    id: "id",
    label: t.external,
    track: "130px",
    least: 130,
    cell: (record) => <SafeText text={record.external_id ?? record.record_id} />,
  },
  {
    id: "inputs",
    label: t.inputs,
    track: "minmax(180px, 3fr)",
    least: 180,
    cell: (record) => shown(record.inputs),
  },
  {
    id: "expectations",
    label: t.expectations,
    track: "minmax(120px, 2fr)",
    least: 120,
    cell: (record) => shown(record.expectations),
  },
  {
    id: "split",
    label: t.split,
    track: "80px",
    least: 80,
    cell: ({ split }) => (split === null ? MISSING : <SafeText text={split} />),
  },
  {
    id: "updated",
    label: t.changed,
    track: "90px",
    least: 90,
    cell: ({ updated_ms }) => <Moment ms={updated_ms} relative />,
  },
];
