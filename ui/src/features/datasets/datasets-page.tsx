import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { datasetsQuery } from "@/api/asset-queries";
import { useMayIn } from "@/api/permissions";
import type { Dataset } from "@/api/schema";
import { EntityList, pagesOf } from "@/components/entity-list";
import { Count, Moment } from "@/components/figures";
import type { ListColumn } from "@/components/list-table";
import { SafeText } from "@/components/safe-text";
import { useReadableFilter } from "@/components/use-readable-filter";
import { exactNumber, MISSING } from "@/lib/format";
import { text } from "@/strings";
import { DatasetForm } from "./dataset-form";

const t = text.datasets;
const FROM = "/experiments/$experimentId/datasets";

/** The datasets of an experiment, and those that others share with it. */
export function DatasetsPage() {
  const { experimentId } = useParams({ from: FROM });
  const { filter = "", order = "" } = useSearch({ from: FROM });
  const shown = useReadableFilter(filter, experimentId);
  const found = shown.noting(
    useInfiniteQuery(datasetsQuery({ experiment: experimentId, filter: shown.filter, order })),
  );
  const may = useMayIn(experimentId);
  const [making, setMaking] = useState(false);
  return (
    <EntityList
      title={t.title}
      aside={
        <>
          {may("dataset.write") && <Button onClick={() => setMaking(true)}>{t.create}</Button>}
          {making && <DatasetForm experimentId={experimentId} close={() => setMaking(false)} />}
        </>
      }
      filter={{ experimentId, entity: "dataset", hint: t.filterHint }}
      texts={t}
      code={t.emptyCode(experimentId)}
      found={pagesOf(found, shown.stale)}
      columns={COLUMNS(experimentId)}
      keyOf={(each) => each.dataset_id}
    />
  );
}

const COLUMNS = (experimentId: string): readonly ListColumn<Dataset>[] => [
  {
    id: "name",
    label: t.columns.name,
    sort: "name",
    cell: ({ dataset_id, name }) => (
      <Link
        to="/experiments/$experimentId/datasets/$datasetId"
        params={{ experimentId, datasetId: dataset_id }}
        preload={false}
      >
        <SafeText text={name} />
      </Link>
    ),
  },
  {
    id: "records",
    label: t.columns.records,
    numeric: true,
    cell: ({ record_count }) => <Count value={record_count} />,
  },
  {
    id: "version",
    label: t.columns.version,
    numeric: true,
    sort: "version",
    cell: ({ latest_version }) => (latest_version === 0 ? t.unpublished : latest_version),
  },
  {
    id: "draft",
    label: t.columns.draft,
    cell: ({ draft_changes }) => (draft_changes === 0 ? MISSING : t.draftOf(exactNumber(draft_changes))),
  },
  { id: "identity", label: t.columns.identity, cell: ({ identity }) => t.identities[identity] },
  {
    id: "description",
    label: t.columns.description,
    cell: ({ description }) => <SafeText text={description} />,
  },
  {
    id: "updated",
    label: t.columns.updated,
    sort: "updated",
    cell: ({ updated_ms }) => <Moment ms={updated_ms} relative />,
  },
];
