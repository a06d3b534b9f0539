import { Link } from "@tanstack/react-router";
import type { LabelingItem, LabelingSession, Trace } from "@/api/schema";
import { SafeText } from "@/components/safe-text";
import { oneLine } from "@/lib/format";
import { jsonLine } from "@/lib/preview";
import { text } from "@/strings";

const t = text.labelingItems;
const MOST_SHOWN = 300;

/** What an item is about, in a line: what went into its trace, else the names of what it is. */
export function TargetLine({ item, trace }: { item: LabelingItem; trace: Trace | undefined }) {
  const { target } = item;
  const request = trace?.request ?? null;
  return (
    <>
      {target.kind !== "TRACE" && <span className="dim">{t.kinds[target.kind]} </span>}
      <SafeText text={request === null ? nameOf(item) : oneLine(jsonLine(request), MOST_SHOWN)} />
    </>
  );
}

/** The names of what an item is about. */
export function nameOf({ target, item_id }: LabelingItem): string {
  const names = [
    target.session,
    target.record_id,
    target.row_key,
    target.row_key === null ? target.trace_id : null,
    target.other_trace_id,
  ];
  return names.filter((each) => each !== null).join(` ${t.and} `) || item_id;
}

/** Ways to what an item is about. */
export function TargetLinks({ experimentId, item }: { experimentId: string; item: LabelingItem }) {
  const { target } = item;
  const traces = [target.trace_id, target.other_trace_id].filter((id) => id !== null);
  return (
    <>
      {traces.map((traceId) => (
        <Link
          key={traceId}
          to="/experiments/$experimentId/traces/$traceId"
          params={{ experimentId, traceId }}
          preload={false}
        >
          {t.open} {traces.length > 1 && <SafeText text={traceId} />}
        </Link>
      ))}
      {target.session !== null && (
        <Link
          to="/experiments/$experimentId/sessions/$session"
          params={{ experimentId, session: target.session }}
          preload={false}
        >
          {t.openSession}
        </Link>
      )}
      {target.dataset_id !== null && (
        <Link
          to="/experiments/$experimentId/datasets/$datasetId"
          params={{ experimentId, datasetId: target.dataset_id }}
          search={{ record: target.record_id ?? undefined }}
          preload={false}
        >
          {t.openDataset}
        </Link>
      )}
      {target.run_id !== null && (
        <Link
          to="/experiments/$experimentId/evaluations/$runId"
          params={{ experimentId, runId: target.run_id }}
          search={{
            row: target.row_key === null ? undefined : `${target.row_key}~${target.repetition ?? 0}`,
          }}
          preload={false}
        >
          {t.openEvaluation}
        </Link>
      )}
    </>
  );
}

interface ItemLinkProps {
  session: LabelingSession;
  itemId: string;
  /** What it is about, where that is known. */
  title: string | undefined;
}

/** The way to an item, among the others of its session. */
export function ItemLink({ session, itemId, title }: ItemLinkProps) {
  const { experiment_id: experimentId, run_id: runId } = session.run;
  return (
    <Link
      to="/experiments/$experimentId/labeling/$runId"
      params={{ experimentId, runId }}
      search={{ item: itemId }}
      preload={false}
    >
      {/* As the list of items names it. */}
      <SafeText text={title === undefined ? itemId.slice(0, 11) : oneLine(jsonLine(title), MOST_SHOWN)} />
    </Link>
  );
}
