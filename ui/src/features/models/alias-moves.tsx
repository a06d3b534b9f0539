import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { aliasEventsQuery, modelQuery } from "@/api/asset-queries";
import type { AliasEvent } from "@/api/schema";
import { Moment } from "@/components/figures";
import { RowsTable } from "@/components/rows-table";
import { SafeText } from "@/components/safe-text";
import { MISSING } from "@/lib/format";
import { text } from "@/strings";
import classes from "./models.module.css";

const t = text.models;
const NAMED_MS = 60_000;

/** Who moved which alias where, and why; nothing while none was moved. */
export function AliasMoves({ experimentId }: { experimentId: string }) {
  const found = useQuery(aliasEventsQuery(experimentId));
  if (found.data === undefined || found.data.length === 0) return null;
  return (
    <section className={classes.part}>
      <h2>{t.moves}</h2>
      <p className="dim">
        {t.movesHint} <a href="/api/v1/docs#set_model_alias">{t.movesMore}</a>
      </p>
      <RowsTable
        label={t.moves}
        heads={[t.at, t.alias, t.from, t.to, t.by, t.gate, t.reason].map((label) => ({ label }))}
        rows={found.data.map((each) => ({
          key: `${each.at_ms} ${each.alias} ${each.model_id}`,
          cells: [
            <Moment key="at" ms={each.at_ms} />,
            <SafeText key="alias" text={each.alias} />,
            <Version key="from" experimentId={experimentId} modelId={each.previous_model_id} />,
            <Version key="to" experimentId={experimentId} modelId={each.model_id} />,
            <SafeText key="by" text={each.by ?? MISSING} />,
            <Gate key="gate" experimentId={experimentId} event={each} />,
            <SafeText key="reason" text={each.reason} />,
          ],
        }))}
      />
    </section>
  );
}

/** The way to a version, by its name as soon as that is known; by its id where it is gone. */
function Version({ experimentId, modelId }: { experimentId: string; modelId: string | null }) {
  const found = useQuery({ ...modelQuery(modelId ?? ""), enabled: modelId !== null, staleTime: NAMED_MS });
  if (modelId === null) return MISSING;
  return (
    <Link
      to="/experiments/$experimentId/models"
      params={{ experimentId }}
      search={{ model: modelId }}
      preload={false}
      title={modelId}
      className={classes.version}
    >
      <SafeText text={found.data?.name || modelId} />
    </Link>
  );
}

/** The outcome of the gate: a link to the evaluation on which the server found it, else as it was said. */
function Gate({ experimentId, event }: { experimentId: string; event: AliasEvent }) {
  if (event.gate === null) return MISSING;
  if (event.gate_run_id === null) return t.gateSaid(event.gate);
  return (
    <Link
      to="/experiments/$experimentId/evaluations/$runId"
      params={{ experimentId, runId: event.gate_run_id }}
      preload={false}
    >
      {event.gate}
    </Link>
  );
}
