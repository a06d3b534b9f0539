import { NativeSelect, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { nearDuplicatesQuery } from "@/api/asset-queries";
import type { Dataset, NearDuplicateGroup } from "@/api/schema";
import { Empty } from "@/components/empty";
import { type GridColumn, GridTable } from "@/components/grid-table";
import { ProblemNote } from "@/components/problem-note";
import { SafeText } from "@/components/safe-text";
import { Snippet } from "@/components/snippet";
import { exactNumber, finite, oneLine, percent, percentAtLeast } from "@/lib/format";
import { shellWord } from "@/lib/shell";
import { text } from "@/strings";
import { AlikePanel } from "./alike-panel";
import classes from "./dataset-page.module.css";

const t = text.dataset.alike;
const THRESHOLDS = ["1", "0.95", "0.9", "0.8", "0.7", "0.6", "0.5"] as const;

const NONE: readonly NearDuplicateGroup[] = [];
const NOTHING: ReadonlySet<string> = new Set();

export function isThreshold(value: string): boolean {
  return THRESHOLDS.some((each) => each === value);
}

interface NearDuplicatesProps {
  dataset: Dataset;
  version: string;
  /** One of those that are offered. */
  threshold: string;
  /** A record of the group that is open. */
  opened: string | undefined;
  onChange: (next: { alike?: string; record?: string; version?: string }) => void;
}

/** The records of a version that say almost the same, in groups; one group open, its records beside each other. */
export function NearDuplicates({ dataset, version, threshold, opened, onChange }: NearDuplicatesProps) {
  const found = useQuery(nearDuplicatesQuery(dataset.dataset_id, version, Number(threshold)));
  const [removed, setRemoved] = useState<ReadonlySet<string>>(new Set());
  // What was removed is asked for no more, also before the groups are found anew. An older version still has it.
  const changes = version === "draft" || version === String(dataset.latest_version);
  const groups = withoutRecords(found.data?.groups ?? NONE, changes ? removed : NOTHING);
  const open = groups.find((each) => opened !== undefined && each.record_ids.includes(opened));
  const extra = groups.reduce((sum, each) => sum + each.record_ids.length - 1, 0);
  const share = percent(Number(threshold));
  return (
    <>
      <div className={classes.tools}>
        <NativeSelect
          label={t.threshold}
          data={THRESHOLDS.map((value) => ({ value, label: percent(Number(value)) }))}
          value={threshold}
          onChange={(event) => onChange({ alike: event.currentTarget.value, record: undefined })}
        />
        <p className="dim">{t.thresholdHint}</p>
      </div>
      {found.isError && <ProblemNote error={found.error} retry={() => void found.refetch()} />}
      {found.isPending && <Skeleton height={320} radius={8} />}
      {found.data !== undefined && (
        <div role="status">
          {groups.length > 0 && (
            <p>{t.found(groups.length, exactNumber(extra), exactNumber(found.data.records))}</p>
          )}
          {found.data.partial && (
            <>
              <p>{t.partial}</p>
              <Snippet code={t.command(shellWord(dataset.name), dataset.experiment_id, version)} />
            </>
          )}
        </div>
      )}
      {found.data !== undefined && groups.length === 0 && (
        <Empty title={t.none}>{t.noneHint(exactNumber(found.data.records), share)}</Empty>
      )}
      {groups.length > 0 && (
        <div className={classes.body}>
          <GridTable
            label={t.table}
            columns={COLUMNS}
            items={groups}
            keyOf={keyOf}
            opened={open === undefined ? undefined : keyOf(open)}
            onOpen={(group) => onChange({ record: group === undefined ? undefined : keyOf(group) })}
          />
          {open !== undefined && (
            <AlikePanel
              key={keyOf(open)}
              dataset={dataset}
              version={version}
              group={open}
              close={() => onChange({ record: undefined })}
              onRemoved={(id, next) => {
                setRemoved((before) => new Set([...before, id]));
                // The group stays open with what is left of it.
                const left = open.record_ids.filter((each) => each !== id);
                onChange({ record: left.length > 1 ? left[0] : undefined, version: next });
              }}
            />
          )}
        </div>
      )}
    </>
  );
}

/** The groups without some records; one record alone is no group. */
export function withoutRecords(
  groups: readonly NearDuplicateGroup[],
  ids: ReadonlySet<string>,
): readonly NearDuplicateGroup[] {
  return groups
    .map((each) => ({ ...each, record_ids: each.record_ids.filter((id) => !ids.has(id)) }))
    .filter(({ record_ids }) => record_ids.length > 1);
}

function keyOf(group: NearDuplicateGroup): string {
  return group.record_ids[0] ?? "";
}

const COLUMNS: readonly GridColumn<NearDuplicateGroup>[] = [
  {
    id: "records",
    label: t.records,
    track: "80px",
    least: 80,
    numeric: true,
    cell: ({ record_ids }) => exactNumber(record_ids.length),
  },
  {
    id: "similarity",
    label: t.similarity,
    track: "120px",
    least: 120,
    cell: ({ exact, similarity }) => {
      if (exact) return <strong title={t.exactHint}>{t.exact}</strong>;
      const alike = finite(similarity) ?? 0;
      const share = percentAtLeast(alike);
      return alike >= 1 ? (
        <strong title={t.sameTextHint}>{t.sameText}</strong>
      ) : (
        <span title={t.nearHint(share)}>{t.near(share)}</span>
      );
    },
  },
  {
    id: "preview",
    label: t.preview,
    track: "minmax(200px, 1fr)",
    least: 200,
    cell: ({ preview }) => <SafeText text={oneLine(preview, 300)} />,
  },
];
