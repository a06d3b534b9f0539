import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { runQuery, runsNamedQuery } from "@/api/evaluation-queries";
import type { Run, RunInput } from "@/api/schema";
import { Facts } from "@/components/facts";
import { Duration, MetricValue, Moment } from "@/components/figures";
import { ProblemNote } from "@/components/problem-note";
import { RowButton } from "@/components/row-button";
import { RowsTable } from "@/components/rows-table";
import { SafeText } from "@/components/safe-text";
import { Part, SidePanel } from "@/components/side-panel";
import { TextEntries } from "@/components/text-entries";
import { VersionName } from "@/components/version-name";
import { isMissing } from "@/components/way-back";
import { quote } from "@/lib/filtertext";
import { exactNumber } from "@/lib/format";
import { text } from "@/strings";
import { Artifacts } from "./artifacts";
import { MetricHistory } from "./metric-history";

const t = text.runs;

interface RunPanelProps {
  experimentId: string;
  /** The run's id, or a name that one run alone has. */
  run: string;
  open: (id: string) => void;
  close: () => void;
}

/** One run: what it was given, what was measured, and where what it made is. */
export function RunPanel({ experimentId, run, open, close }: RunPanelProps) {
  const byId = useQuery(runQuery(run));
  const missing = isMissing(byId.error);
  const named = useQuery({ ...runsNamedQuery(experimentId, run), enabled: missing });
  const items = named.data?.items ?? [];
  const [first] = items;
  const found = byId.data ?? (items.length === 1 ? first : undefined);
  const name = found?.name || run;
  return (
    <SidePanel title={name} heading={<SafeText text={name} />} close={close} place="below">
      {byId.isError && !(missing && named.isPending) && items.length === 0 && (
        <ProblemNote error={named.error ?? byId.error} />
      )}
      {(byId.isPending || (missing && named.isPending)) && <Skeleton height={160} />}
      {items.length > 1 && (
        <>
          <p>{t.severalNamed}</p>
          <ul>
            {items.map(({ run_id }) => (
              <li key={run_id}>
                <RowButton onClick={() => open(run_id)}>{run_id}</RowButton>
              </li>
            ))}
          </ul>
        </>
      )}
      {found !== undefined && <Loaded run={found} />}
    </SidePanel>
  );
}

function Loaded({ run }: { run: Run }) {
  const experimentId = run.experiment_id;
  return (
    <>
      <Facts
        facts={[
          [t.id, <code key="i">{run.run_id}</code>],
          [t.columns.kind, <Kind key="k" run={run} />],
          [t.columns.status, t.statuses[run.status]],
          [t.columns.started, <Moment key="s" ms={run.start_ms} />],
          [
            t.columns.duration,
            run.end_ms === null ? null : <Duration key="d" ms={run.end_ms - run.start_ms} />,
          ],
          [t.columns.by, run.created_by === null ? null : <SafeText key="b" text={run.created_by} />],
          [t.parent, run.parent_run_id],
          [
            text.traces.title,
            <Link
              key="t"
              to="/experiments/$experimentId/traces"
              params={{ experimentId }}
              search={{ filter: `run = ${quote(run.run_id)}` }}
            >
              {t.traces}
            </Link>,
          ],
        ]}
      />
      <Metrics run={run} />
      <TextEntries title={t.columns.params} entries={run.params} />
      <TextEntries title={t.tags} entries={run.tags} />
      <Artifacts runId={run.run_id} />
      <Inputs run={run} />
      {run.outputs.length > 0 && (
        <Part title={t.outputs}>
          {run.outputs.map(({ model_id, step }) => (
            <div key={`${model_id} ${step}`}>
              <ModelLink experimentId={experimentId} modelId={model_id} />
            </div>
          ))}
        </Part>
      )}
    </>
  );
}

/** The kind of a run; where runs of it have a page of their own, the way there. */
function Kind({ run }: { run: Run }) {
  const params = { experimentId: run.experiment_id, runId: run.run_id };
  if (run.kind === "EVALUATION")
    return (
      <Link to="/experiments/$experimentId/evaluations/$runId" params={params}>
        {t.kinds[run.kind]}
      </Link>
    );
  if (run.kind === "LABELING")
    return (
      <Link to="/experiments/$experimentId/labeling/$runId" params={params}>
        {t.kinds[run.kind]}
      </Link>
    );
  return t.kinds[run.kind];
}

function Metrics({ run }: { run: Run }) {
  const [opened, setOpened] = useState<string>();
  const metrics = Object.values(run.metrics);
  if (metrics.length === 0) return null;
  return (
    <Part title={t.columns.metrics}>
      <RowsTable
        label={t.columns.metrics}
        heads={[
          { label: t.metric },
          { label: t.value, numeric: true },
          { label: t.step, numeric: true },
          { label: t.at },
        ]}
        rows={metrics.map((metric) => ({
          key: metric.key,
          cells: [
            <RowButton
              key="k"
              opened={opened === metric.key}
              onClick={() => setOpened(opened === metric.key ? undefined : metric.key)}
            >
              <SafeText text={metric.key} />
            </RowButton>,
            <MetricValue key="v" value={metric.value} />,
            exactNumber(metric.step),
            <Moment key="m" ms={metric.timestamp_ms} />,
          ],
        }))}
      />
      {opened !== undefined && <MetricHistory key={opened} runId={run.run_id} name={opened} />}
    </Part>
  );
}

function Inputs({ run }: { run: Run }) {
  if (run.inputs.length === 0) return null;
  return (
    <Part title={t.inputs}>
      {run.inputs.map((input, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: inputs have no identity but their place
        <div key={index}>
          <Input experimentId={run.experiment_id} input={input} />{" "}
          {input.context !== null && (
            <span className="dim">
              <SafeText text={input.context} />
            </span>
          )}
        </div>
      ))}
    </Part>
  );
}

function Input({ experimentId, input }: { experimentId: string; input: RunInput }) {
  if (input.model_id !== null) return <ModelLink experimentId={experimentId} modelId={input.model_id} />;
  const version = input.version === null ? undefined : String(input.version);
  const name = input.name ?? input.dataset_id ?? input.digest ?? "";
  if (input.dataset_id === null) return <SafeText text={name} />;
  return (
    <Link
      to="/experiments/$experimentId/datasets/$datasetId"
      params={{ experimentId, datasetId: input.dataset_id }}
      search={{ version }}
      preload={false}
    >
      <SafeText text={name} />
    </Link>
  );
}

function ModelLink({ experimentId, modelId }: { experimentId: string; modelId: string }) {
  return (
    <Link
      to="/experiments/$experimentId/models"
      params={{ experimentId }}
      search={{ model: modelId }}
      preload={false}
    >
      <VersionName experimentId={experimentId} modelId={modelId} />
    </Link>
  );
}
