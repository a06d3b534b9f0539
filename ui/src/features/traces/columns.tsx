/** The columns of the list of traces: what each shows, how wide it is, and by which field the server sorts it. */

import { IconAlertTriangle } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Assessment, AssessmentName, Trace } from "@/api/schema";
import { Count, Duration, Moment, Usd } from "@/components/figures";
import { JudgedCell } from "@/components/judged-cell";
import { SafeText } from "@/components/safe-text";
import { State } from "@/components/state";
import { VersionName } from "@/components/version-name";
import { reasonOf } from "@/lib/failures";
import { bytes, MISSING, nsToMs, nullableNsToMs, oneLine } from "@/lib/format";
import { visibleText } from "@/lib/hidden";
import { type JudgedColumn, judgedColumn, judgedId } from "@/lib/judged";
import { jsonLine } from "@/lib/preview";
import { text } from "@/strings";
import classes from "./columns.module.css";

export interface Column {
  /** That of a column of the list's own, or what `judgedId` gives. */
  id: string;
  label: string;
  /** A CSS grid track. */
  track: string;
  /** Width in px that the track takes at least, for scrolling. */
  least: number;
  sort?: string;
  numeric?: boolean;
  /** The judgments that it shows, where it shows some. */
  judged?: JudgedColumn;
  cell: (trace: Trace, judged?: readonly Assessment[]) => ReactNode;
}
type OwnColumn = Omit<Column, "id" | "label"> & { id: keyof typeof text.traces.column };

function plain(value: string | null): ReactNode {
  return value === null || value === "" ? <span className="dim">{MISSING}</span> : <SafeText text={value} />;
}

function preview(value: string | null): ReactNode {
  if (value === null || value === "") return <span className="dim">{MISSING}</span>;
  return (
    <span title={visibleText(value.slice(0, 1000))}>
      <SafeText text={oneLine(jsonLine(value.slice(0, 1000)), 300)} />
    </span>
  );
}

/** Spans failed in a trace that did not: easily overlooked. */
function Within({ count }: { count: number }) {
  const label = text.traces.failedWithin(count);
  return (
    <span title={label} role="img" aria-label={label}>
      {" "}
      <IconAlertTriangle size={13} color="var(--bad)" aria-hidden />
    </span>
  );
}

function failed({ state, status_message }: Trace): boolean {
  return state === "ERROR" && status_message !== "";
}

/** Why a trace failed, in the place of what it should have answered. */
function Failure({ trace }: { trace: Trace }) {
  const message = trace.status_message.slice(0, 1000);
  const label = text.traces.failedWith(visibleText(message));
  return (
    <span title={trace.response ? `${label}\n${visibleText(trace.response.slice(0, 1000))}` : label}>
      <IconAlertTriangle size={13} color="var(--bad)" role="img" aria-label={text.traces.failed} />{" "}
      <span className="bad">
        <SafeText text={oneLine(reasonOf(message), 300)} />
      </span>
    </span>
  );
}

const OWN: readonly OwnColumn[] = [
  {
    id: "state",
    track: "52px",
    least: 52,
    sort: "state",
    cell: (trace) => (
      <>
        <State state={trace.state} compact />
        {trace.state !== "ERROR" && trace.error_count > 0 && <Within count={trace.error_count} />}
      </>
    ),
  },
  {
    id: "start",
    track: "116px",
    least: 116,
    sort: "start",
    cell: (trace) => <Moment ms={nsToMs(trace.start_ns)} short />,
  },
  {
    id: "name",
    track: "minmax(116px, 1fr)",
    least: 116,
    sort: "name",
    cell: (trace) => (
      <Link
        to="/experiments/$experimentId/traces/$traceId"
        params={{ experimentId: trace.experiment_id, traceId: trace.trace_id }}
        preload={false}
        tabIndex={-1}
      >
        <SafeText text={trace.name || trace.trace_id} />
      </Link>
    ),
  },
  { id: "request", track: "minmax(110px, 2fr)", least: 110, cell: (trace) => preview(trace.request) },
  {
    id: "response",
    track: "minmax(140px, 3fr)",
    least: 140,
    cell: (trace) => (failed(trace) ? <Failure trace={trace} /> : preview(trace.response)),
  },
  {
    id: "duration",
    track: "66px",
    least: 66,
    sort: "duration",
    numeric: true,
    cell: (trace) => <Duration ms={nullableNsToMs(trace.duration_ns)} />,
  },
  {
    id: "tokens",
    track: "56px",
    least: 56,
    sort: "tokens.total",
    numeric: true,
    cell: (trace) => <Count value={trace.tokens.total === 0 ? null : trace.tokens.total} />,
  },
  {
    id: "cost",
    track: "72px",
    least: 72,
    sort: "cost",
    numeric: true,
    cell: (trace) => <Usd value={trace.cost_usd} />,
  },
  {
    id: "spans",
    track: "52px",
    least: 52,
    sort: "span_count",
    numeric: true,
    cell: (trace) => <Count value={trace.span_count} />,
  },
  {
    id: "errors",
    track: "64px",
    least: 64,
    sort: "error_count",
    numeric: true,
    cell: (trace) => <Count value={trace.error_count === 0 ? null : trace.error_count} />,
  },
  {
    id: "session",
    track: "minmax(110px, 0.8fr)",
    least: 110,
    sort: "session",
    cell: (trace) =>
      trace.session === null ? (
        plain(null)
      ) : (
        <Link
          to="/experiments/$experimentId/sessions/$session"
          params={{ experimentId: trace.experiment_id, session: trace.session }}
          preload={false}
          tabIndex={-1}
        >
          <SafeText text={trace.session} />
        </Link>
      ),
  },
  {
    id: "user",
    track: "minmax(100px, 0.8fr)",
    least: 100,
    sort: "user",
    cell: (trace) => plain(trace.user),
  },
  {
    id: "environment",
    track: "100px",
    least: 100,
    sort: "environment",
    cell: (trace) => plain(trace.environment),
  },
  {
    id: "service",
    track: "minmax(110px, 0.8fr)",
    least: 110,
    sort: "service",
    cell: (trace) => plain(trace.service),
  },
  {
    id: "client",
    track: "minmax(110px, 0.8fr)",
    least: 110,
    sort: "client",
    cell: (trace) => plain(trace.client),
  },
  {
    id: "model",
    track: "minmax(100px, 0.5fr)",
    least: 100,
    sort: "model",
    cell: ({ experiment_id, model_id }) =>
      model_id === null || model_id === "" ? (
        plain(null)
      ) : (
        <VersionName experimentId={experiment_id} modelId={model_id} />
      ),
  },
  {
    id: "tags",
    track: "minmax(130px, 1fr)",
    least: 130,
    cell: (trace) => {
      const tags = Object.entries(trace.tags).map(([key, value]) => `${key}=${value}`);
      return plain(tags.join(", "));
    },
  },
  {
    id: "message",
    track: "minmax(160px, 1.6fr)",
    least: 160,
    cell: (trace) => preview(trace.status_message),
  },
  {
    id: "size",
    track: "78px",
    least: 78,
    sort: "size",
    numeric: true,
    cell: (trace) => bytes(trace.size_bytes),
  },
  { id: "id", track: "150px", least: 150, sort: "id", cell: (trace) => plain(trace.trace_id) },
];

export const COLUMNS: readonly Column[] = OWN.map((each) => ({
  ...each,
  label: text.traces.column[each.id],
}));

/** A column of the judgments of a name; its cell leads into the trace. */
function judgedColumnOf(judged: JudgedColumn): Column {
  return {
    id: judgedId(judged),
    label: visibleText(judged.name),
    track: "minmax(84px, 0.5fr)",
    least: 84,
    judged,
    cell: (trace, found) => (
      <Link
        className={classes.judged}
        to="/experiments/$experimentId/traces/$traceId"
        params={{ experimentId: trace.experiment_id, traceId: trace.trace_id }}
        preload={false}
        tabIndex={-1}
      >
        <JudgedCell judged={found} />
      </Link>
    ),
  };
}

/** The columns that judgments of traces can have, the most frequent first. */
export function judgedColumns(names: readonly AssessmentName[]): readonly Column[] {
  return names
    .filter((each) => each.kind !== "ISSUE_REF" && each.count > each.session_count)
    .map(({ kind, name }) => judgedColumnOf({ kind: kind as JudgedColumn["kind"], name }));
}

const USUAL = 4;
/** Judgments stand before the first of these. */
const AFTER_JUDGED: readonly string[] = OWN.map((each) => each.id).slice(
  OWN.findIndex((each) => each.id === "response") + 1,
);

export const PRESETS: Record<string, readonly OwnColumn["id"][]> = {
  standard: ["state", "start", "name", "request", "response", "duration", "tokens", "cost"],
  quality: ["state", "start", "name", "request", "response", "session", "model", "tags"],
  cost: ["start", "name", "model", "duration", "tokens", "cost", "spans", "size"],
  debug: [
    "state",
    "start",
    "name",
    "message",
    "errors",
    "spans",
    "duration",
    "service",
    "client",
    "environment",
  ],
};

const NARROW_FIRST: readonly string[] = ["state", "message", "response"];
/** What is left of 400 px beside the boxes, the state and the frame. */
const NARROW_PX = 210;

/** The columns that an address names: a preset or ids joined by commas; the standard ones when it names none. That for
 * quality has the most frequent feedback of `names`, too. */
export function columnsOf(given: string | undefined, names: readonly AssessmentName[]): readonly Column[] {
  const ids: readonly string[] = PRESETS[given ?? "standard"] ?? (given ?? "").split(",");
  const own = COLUMNS.filter((column) => ids.includes(column.id));
  const judged =
    given === "quality"
      ? judgedColumns(names)
          .filter((column) => column.judged?.kind === "FEEDBACK")
          .slice(0, USUAL)
      : ids.flatMap((id) => judgedColumn(id) ?? []).map(judgedColumnOf);
  if (own.length + judged.length === 0) return columnsOf(undefined, names);
  const before = own.filter((column) => !AFTER_JUDGED.includes(column.id));
  return [...before, ...judged, ...own.slice(before.length)];
}

/** Columns as a narrow window has them: how a trace went and what came of it first, so wide that a reason can be read. */
export function narrowed(columns: readonly Column[]): readonly Column[] {
  const first = NARROW_FIRST.flatMap((id) => columns.filter((column) => column.id === id));
  const rest = columns.filter((column) => !first.includes(column));
  const wide = { track: `minmax(${NARROW_PX}px, 1fr)`, least: NARROW_PX };
  return [...first.map((column) => (column.id === "state" ? column : { ...column, ...wide })), ...rest];
}

/** What an address says for these columns: the name of a preset where they are one. */
export function columnsText(
  columns: readonly Column[],
  names: readonly AssessmentName[],
): string | undefined {
  const key = keyOf(columns);
  const preset = Object.keys(PRESETS).find((name) => keyOf(columnsOf(name, names)) === key);
  return preset === "standard" ? undefined : (preset ?? columns.map((column) => column.id).join(","));
}

function keyOf(columns: readonly Column[]): string {
  return columns
    .map((column) => column.id)
    .sort()
    .join(",");
}
