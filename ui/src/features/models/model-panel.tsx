import { Skeleton } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { aliasEventsQuery, modelQuery } from "@/api/asset-queries";
import { call } from "@/api/client";
import { useMayIn } from "@/api/permissions";
import { experimentQuery } from "@/api/queries";
import type { Model } from "@/api/schema";
import { AliasForm } from "@/components/alias-form";
import { FactList, Facts } from "@/components/facts";
import { MetricValue, Moment } from "@/components/figures";
import { ProblemNote } from "@/components/problem-note";
import { RowsTable } from "@/components/rows-table";
import { SafeText } from "@/components/safe-text";
import { Part, SidePanel } from "@/components/side-panel";
import { TextEntries } from "@/components/text-entries";
import { quote } from "@/lib/filtertext";
import { text } from "@/strings";
import { GatedMove } from "./gated-move";

const t = text.models;

/** One version: what it is made of, how it measured, and what ran with it. */
export function ModelPanel({ modelId, close }: { modelId: string; close: () => void }) {
  const found = useQuery(modelQuery(modelId));
  const model = found.data;
  const name = model?.name || modelId;
  return (
    <SidePanel title={name} heading={<SafeText text={name} />} close={close} place="below">
      {found.isError && <ProblemNote error={found.error} />}
      {found.isPending && <Skeleton height={160} />}
      {model !== undefined && <Loaded model={model} />}
    </SidePanel>
  );
}

function Loaded({ model }: { model: Model }) {
  const experimentId = model.experiment_id;
  const filter = `model = ${quote(model.model_id)}`;
  const git = model.git;
  const may = useMayIn(experimentId);
  const client = useQueryClient();
  const moves = useQuery(aliasEventsQuery(experimentId));
  const gated = useQuery(experimentQuery(experimentId)).data?.settings.gated_aliases ?? [];
  const known = [...new Set([...gated, ...(moves.data ?? []).map((each) => each.alias)])].sort();
  const moved = () =>
    Promise.all(
      ["models", "model", "alias-events"].map((key) => client.invalidateQueries({ queryKey: [key] })),
    );
  return (
    <>
      <Facts
        facts={[
          [t.id, <code key="i">{model.model_id}</code>],
          [t.columns.status, t.statuses[model.status]],
          [
            t.message,
            model.status_message === null ? null : <SafeText key="s" text={model.status_message} />,
          ],
          [t.columns.created, <Moment key="c" ms={model.created_ms} />],
          [t.by, model.created_by],
          [t.parent, model.parent_model_id],
          [
            t.columns.aliases,
            model.aliases.length === 0 ? null : <SafeText key="a" text={model.aliases.join(", ")} />,
          ],
          [
            text.traces.title,
            <Link
              key="t"
              to="/experiments/$experimentId/traces"
              params={{ experimentId }}
              search={{ filter }}
            >
              {t.traces}
            </Link>,
          ],
          [
            text.evaluations.title,
            <Link
              key="e"
              to="/experiments/$experimentId/evaluations"
              params={{ experimentId }}
              search={{ filter }}
            >
              {t.evaluations}
            </Link>,
          ],
        ]}
      />
      {may("model.write") && (
        <AliasForm
          known={known}
          target={model.name || model.model_id}
          move={(alias, reason) => {
            const body = { experiment: experimentId, model_id: model.model_id, reason };
            return call("set_model_alias", { alias }, { body });
          }}
          moved={moved}
          otherwise={(alias, reason, done) =>
            gated.includes(alias) ? (
              <GatedMove
                key={alias}
                alias={alias}
                reason={reason}
                model={model}
                earlier={moves.data ?? []}
                done={done}
              />
            ) : null
          }
        />
      )}
      <TextEntries title={t.params} entries={model.params} />
      <TextEntries title={t.tags} entries={model.tags} />
      {model.prompt_versions.length > 0 && (
        <Part title={t.prompts}>
          {model.prompt_versions.map(({ name, version }) => (
            <div key={name}>
              <Link
                to="/experiments/$experimentId/prompts/$name"
                params={{ experimentId, name }}
                search={{ version: String(version) }}
              >
                <SafeText text={`${name} ${version}`} />
              </Link>
            </div>
          ))}
        </Part>
      )}
      {git !== null && (
        <Part title={t.git}>
          <FactList
            facts={[
              [t.commit, <code key="c">{`${git.commit ?? ""} ${git.dirty ? t.dirty : ""}`}</code>],
              [t.branch, <SafeText key="b" text={git.branch ?? ""} />],
            ]}
          />
        </Part>
      )}
      {model.metrics.length > 0 && <Metrics model={model} />}
    </>
  );
}

function Metrics({ model }: { model: Model }) {
  return (
    <Part title={t.metrics}>
      <RowsTable
        label={t.metrics}
        heads={[{ label: t.metric }, { label: t.value, numeric: true }, { label: t.at }]}
        rows={model.metrics.map((metric) => ({
          key: `${metric.key} ${metric.step} ${metric.timestamp_ms}`,
          cells: [
            <SafeText key="k" text={metric.key} />,
            <MetricValue key="v" value={metric.value} />,
            <Moment key="m" ms={metric.timestamp_ms} />,
          ],
        }))}
      />
    </Part>
  );
}
