import { Button, NativeSelect, Skeleton } from "@mantine/core";
import { IconCopy } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useState } from "react";
import { datasetVersionsQuery } from "@/api/asset-queries";
import { datasetQuery } from "@/api/evaluation-queries";
import { useMayIn } from "@/api/permissions";
import type { Dataset, DatasetVersion } from "@/api/schema";
import { Facts } from "@/components/facts";
import { Count, Moment } from "@/components/figures";
import { Page } from "@/components/page";
import { ProblemNote } from "@/components/problem-note";
import { SafeText } from "@/components/safe-text";
import { quote } from "@/lib/filtertext";
import { exactNumber } from "@/lib/format";
import { text } from "@/strings";
import classes from "./dataset-page.module.css";
import { DifferenceTable } from "./difference-table";
import { isThreshold, NearDuplicates } from "./near-duplicates";
import { PublishDraft } from "./publish-draft";
import { NewRecord } from "./record-form";
import { RecordTable } from "./record-table";

const t = text.dataset;
const FROM = "/experiments/$experimentId/datasets/$datasetId";

/** One dataset: the records of a version, or what differs between two. */
export function DatasetPage() {
  const { experimentId, datasetId } = useParams({ from: FROM });
  const dataset = useQuery(datasetQuery(datasetId));
  const versions = useQuery(datasetVersionsQuery(datasetId));
  const name = dataset.data?.name ?? datasetId;
  return (
    <Page
      title={name}
      full
      heading={
        <>
          <Link to="/experiments/$experimentId/datasets" params={{ experimentId }}>
            {text.datasets.title}
          </Link>{" "}
          <span className="dim">/</span> <SafeText text={name} />
        </>
      }
    >
      {dataset.isError && (
        <>
          <ProblemNote error={dataset.error} retry={() => void dataset.refetch()} />
          <p>{t.gone}</p>
        </>
      )}
      {versions.isError && !dataset.isError && <ProblemNote error={versions.error} />}
      {dataset.data !== undefined && versions.data !== undefined ? (
        <Loaded key={datasetId} dataset={dataset.data} versions={versions.data.items} />
      ) : (
        !dataset.isError && <Skeleton height={200} radius={8} />
      )}
    </Page>
  );
}

interface LoadedProps {
  dataset: Dataset;
  versions: readonly DatasetVersion[];
}

function Loaded({ dataset, versions }: LoadedProps) {
  const { version, against, filter = "", record, alike } = useSearch({ from: FROM });
  const navigate = useNavigate({ from: FROM });
  const change = useCallback(
    (next: { version?: string; against?: string; filter?: string; record?: string; alike?: string }) =>
      void navigate({ search: (before) => ({ ...before, ...next }) }),
    [navigate],
  );
  const may = useMayIn(dataset.experiment_id);
  const [adding, setAdding] = useState(false);
  const toDraft = (id: string) =>
    change({ version: "draft", record: id, against: undefined, alike: undefined, filter: undefined });
  const usual = dataset.latest_version > 0 ? String(dataset.latest_version) : "draft";
  const shown = version ?? usual;
  const published = versions.find((each) => String(each.version) === shown);
  const offered = versions.map(({ version: number }) => ({
    value: String(number),
    label: number === dataset.latest_version ? t.latest(number) : String(number),
  }));
  if (dataset.draft_changes > 0 || shown === "draft") offered.unshift({ value: "draft", label: t.draft });
  if (!offered.some(({ value }) => value === shown)) offered.push({ value: shown, label: shown });
  return (
    <>
      {dataset.description !== "" && (
        <p className={`${classes.description} dim`}>
          <SafeText text={dataset.description} />
        </p>
      )}
      <div className={classes.tools}>
        <NativeSelect
          label={t.version}
          data={offered}
          value={shown}
          onChange={(event) => {
            const next = event.currentTarget.value;
            change({ version: next === usual ? undefined : next, record: undefined });
          }}
        />
        <NativeSelect
          label={t.against}
          data={[{ value: "", label: t.noComparison }, ...offered.filter(({ value }) => value !== shown)]}
          value={against ?? ""}
          onChange={(event) =>
            change({
              against: event.currentTarget.value || undefined,
              record: undefined,
              alike: undefined,
            })
          }
        />
        <Button
          variant="default"
          aria-pressed={alike !== undefined}
          leftSection={<IconCopy size={14} aria-hidden />}
          onClick={() =>
            change({
              alike: alike === undefined ? "0.8" : undefined,
              against: undefined,
              record: undefined,
            })
          }
        >
          {alike === undefined ? t.alike.find : t.alike.leave}
        </Button>
        {may("dataset.write") && (
          <Button variant="default" onClick={() => setAdding(true)}>
            {t.form.create}
          </Button>
        )}
        {adding && <NewRecord dataset={dataset} saved={toDraft} close={() => setAdding(false)} />}
        <PublishDraft
          dataset={dataset}
          published={() => change({ version: undefined, record: undefined, against: undefined })}
        />
      </div>
      <VersionFacts dataset={dataset} version={published} />
      {alike !== undefined ? (
        <NearDuplicates
          dataset={dataset}
          version={shown}
          threshold={isThreshold(alike) ? alike : "0.8"}
          opened={record}
          onChange={change}
        />
      ) : against !== undefined ? (
        <DifferenceTable
          datasetId={dataset.dataset_id}
          before={against}
          after={shown}
          opened={record}
          onOpen={(id) => change({ record: id })}
        />
      ) : (
        <RecordTable
          experimentId={dataset.experiment_id}
          dataset={dataset}
          version={shown}
          filter={filter}
          opened={record}
          onChange={change}
          edited={
            may("dataset.write") && shown === (dataset.draft_changes > 0 ? "draft" : usual)
              ? toDraft
              : undefined
          }
        />
      )}
    </>
  );
}

function VersionFacts({ dataset, version }: { dataset: Dataset; version: DatasetVersion | undefined }) {
  const experimentId = dataset.experiment_id;
  const splits = Object.entries(version?.splits ?? {}).map(
    ([name, count]) => `${name} ${exactNumber(count)}`,
  );
  return (
    <Facts
      facts={[
        [t.total, version === undefined ? null : <Count key="n" value={version.total} />],
        [t.changed, version === undefined ? null : <Moment key="m" ms={version.created_ms} />],
        [t.message, version?.message ? <SafeText key="t" text={version.message} /> : null],
        [t.author, version?.author ?? null],
        [
          t.versions,
          version === undefined ? null : t.changes(version.added, version.changed, version.removed),
        ],
        [t.splits, splits.length === 0 ? null : <SafeText key="s" text={splits.join(", ")} />],
        [t.labels, version?.labels.join(", ")],
        [t.digest, version === undefined ? null : <code key="d">{version.digest.slice(0, 12)}</code>],
        [
          text.evaluations.title,
          <Link
            key="e"
            to="/experiments/$experimentId/evaluations"
            params={{ experimentId }}
            search={{ filter: `dataset = ${quote(dataset.dataset_id)}` }}
          >
            {t.evaluations}
          </Link>,
        ],
      ]}
    />
  );
}
