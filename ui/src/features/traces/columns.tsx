/** The columns of the list of traces: what each shows, how wide it is, and by which field the server sorts it. */

import { IconAlertTriangle } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Trace } from "@/api/schema";
import { Count, Duration, Moment, Usd } from "@/components/figures";
import { SafeText } from "@/components/safe-text";
import { State } from "@/components/state";
import { VersionName } from "@/components/version-name";
import { bytes, MISSING, nsToMs, nullableNsToMs, oneLine } from "@/lib/format";
import { visibleText } from "@/lib/hidden";
import { jsonLine } from "@/lib/preview";
import { text } from "@/strings";

export interface Column {
  id: keyof typeof text.traces.column;
  /** A CSS grid track. */
  track: string;
  /** Width in px that the track takes at least, for scrolling. */
  least: number;
  sort?: string;
  numeric?: boolean;
  cell: (trace: Trace) => ReactNode;
}

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
        <SafeText text={oneLine(message, 300)} />
      </span>
    </span>
  );
}

export const COLUMNS: readonly Column[] = [
  {
    id: "state",
    track: "76px",
    least: 76,
    sort: "state",
    cell: (trace) => (
      <>
        <State state={trace.state} />
        {trace.state !== "ERROR" && trace.error_count > 0 && <Within count={trace.error_count} />}
      </>
    ),
  },
  {
    id: "start",
    track: "148px",
    least: 148,
    sort: "start",
    cell: (trace) => <Moment ms={nsToMs(trace.start_ns)} />,
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
  { id: "request", track: "minmax(110px, 2.6fr)", least: 110, cell: (trace) => preview(trace.request) },
  {
    id: "response",
    track: "minmax(96px, 2.4fr)",
    least: 96,
    cell: (trace) => (failed(trace) ? <Failure trace={trace} /> : preview(trace.response)),
  },
  {
    id: "duration",
    track: "76px",
    least: 76,
    sort: "duration",
    numeric: true,
    cell: (trace) => <Duration ms={nullableNsToMs(trace.duration_ns)} />,
  },
  {
    id: "tokens",
    track: "64px",
    least: 64,
    sort: "tokens.total",
    numeric: true,
    cell: (trace) => <Count value={trace.tokens.total === 0 ? null : trace.tokens.total} />,
  },
  {
    id: "cost",
    track: "84px",
    least: 84,
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

export const PRESETS: Record<string, readonly Column["id"][]> = {
  standard: ["state", "start", "name", "request", "response", "duration", "tokens", "cost"],
  quality: ["state", "start", "name", "request", "response", "user", "session", "model", "tags"],
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

const NARROW_FIRST: readonly Column["id"][] = ["state", "message", "response"];
/** What is left of 400 px beside the boxes, the state and the frame. */
const NARROW_PX = 210;

/** The columns that an address names: a preset or ids joined by commas; the standard ones when it names none. */
export function columnsOf(given: string | undefined): readonly Column[] {
  const ids = PRESETS[given ?? "standard"] ?? (given ?? "").split(",");
  const found = COLUMNS.filter((column) => (ids as readonly string[]).includes(column.id));
  return found.length > 0 ? found : columnsOf(undefined);
}

/** Columns as a narrow window has them: how a trace went and what came of it first, so wide that a reason can be read. */
export function narrowed(columns: readonly Column[]): readonly Column[] {
  const first = NARROW_FIRST.flatMap((id) => columns.filter((column) => column.id === id));
  const rest = columns.filter((column) => !first.includes(column));
  const wide = { track: `minmax(${NARROW_PX}px, 1fr)`, least: NARROW_PX };
  return [...first.map((column) => (column.id === "state" ? column : { ...column, ...wide })), ...rest];
}

/** What an address says for these columns: the name of a preset where they are one. */
export function columnsText(ids: readonly Column["id"][]): string | undefined {
  const key = [...ids].sort().join(",");
  const preset = Object.keys(PRESETS).find((name) => [...(PRESETS[name] ?? [])].sort().join(",") === key);
  return preset === "standard" ? undefined : (preset ?? ids.join(","));
}
