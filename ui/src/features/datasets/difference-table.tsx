import { Skeleton } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { recordDifferencesQuery } from "@/api/asset-queries";
import type { DatasetRecord, RecordDifference } from "@/api/schema";
import { Empty } from "@/components/empty";
import { type GridColumn, GridTable } from "@/components/grid-table";
import { ProblemNote } from "@/components/problem-note";
import { SafeText } from "@/components/safe-text";
import { Part, SidePanel } from "@/components/side-panel";
import { MISSING, oneLine } from "@/lib/format";
import { jsonLine } from "@/lib/preview";
import { text } from "@/strings";
import classes from "./dataset-page.module.css";
import { RecordContent } from "./record-panel";

const t = text.dataset;

interface DifferenceTableProps {
  datasetId: string;
  before: string;
  after: string;
  opened: string | undefined;
  onOpen: (recordId: string | undefined) => void;
}

/** The records that two versions do not have the same; one of them open, as it was and as it is. */
export function DifferenceTable({ datasetId, before, after, opened, onOpen }: DifferenceTableProps) {
  const found = useInfiniteQuery(recordDifferencesQuery(datasetId, before, after));
  const items = found.data?.pages.flatMap((page) => page.items);
  const open = items?.find((each) => each.record_id === opened);
  const { fetchNextPage, hasNextPage, isFetching } = found;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage({ cancelRefetch: false });
  }, [fetchNextPage, hasNextPage, isFetching]);
  if (found.isError) return <ProblemNote error={found.error} retry={() => void found.refetch()} />;
  if (items === undefined) return <Skeleton height={320} radius={8} />;
  if (items.length === 0) return <Empty title={t.none} />;
  return (
    <div className={classes.body}>
      <GridTable
        label={t.against}
        columns={COLUMNS}
        items={items}
        keyOf={(each) => each.record_id}
        opened={opened}
        onOpen={(each) => onOpen(each?.record_id)}
        foot={hasNextPage ? text.traces.loadMore : t.end}
        onEnd={onEnd}
      />
      {open !== undefined && (
        <SidePanel
          title={open.record_id}
          heading={<SafeText text={(open.after ?? open.before)?.external_id ?? open.record_id} />}
          close={() => onOpen(undefined)}
        >
          {open.before !== null && (
            <Part title={t.before}>
              <RecordContent record={open.before} />
            </Part>
          )}
          {open.after !== null && (
            <Part title={t.after}>
              <RecordContent record={open.after} />
            </Part>
          )}
        </SidePanel>
      )}
    </div>
  );
}

const COLUMNS: readonly GridColumn<RecordDifference>[] = [
  {
    id: "kind",
    label: t.changed,
    track: "90px",
    least: 90,
    cell: ({ kind }) => (
      <span className={classes.kind} data-kind={kind}>
        {t.kinds[kind]}
      </span>
    ),
  },
  {
    id: "id",
    label: t.external,
    track: "130px",
    least: 130,
    cell: (each) => <SafeText text={(each.after ?? each.before)?.external_id ?? each.record_id} />,
  },
  {
    id: "before",
    label: t.before,
    track: "minmax(150px, 1fr)",
    least: 150,
    cell: (each) => line(each.before),
  },
  { id: "after", label: t.after, track: "minmax(150px, 1fr)", least: 150, cell: (each) => line(each.after) },
];

function line(record: DatasetRecord | null) {
  if (record === null) return MISSING;
  const written = JSON.stringify({ ...record.inputs, ...record.expectations });
  return <SafeText text={oneLine(jsonLine(written.slice(0, 2_000)), 300)} />;
}
