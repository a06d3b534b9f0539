import { useTimeRange } from "@/app/time-range";
import {
  ago,
  dateTime,
  duration,
  exactNumber,
  finite,
  MISSING,
  percent,
  shortNumber,
  usd,
} from "@/lib/format";
import { shownMetric } from "@/lib/scores";
import { text } from "@/strings";

/** A count, short; the exact value in its title. */
export function Count({ value }: { value: number | null | undefined }) {
  if (value === null || value === undefined) return MISSING;
  return <span title={exactNumber(value)}>{shortNumber(value)}</span>;
}

export function Usd({ value }: { value: number | string | null | undefined }) {
  const amount = finite(value);
  if (amount === null) return MISSING;
  return <span title={`$${exactNumber(amount)}`}>{usd(amount)}</span>;
}

export function Duration({ ms }: { ms: number | null | undefined }) {
  if (ms === null || ms === undefined) return MISSING;
  return <span title={`${exactNumber(ms)} ms`}>{duration(ms)}</span>;
}

export function Share({ value, n }: { value: number | null; n?: number }) {
  if (value === null) return MISSING;
  return <span title={n === undefined ? undefined : text.common.n(exactNumber(n))}>{percent(value)}</span>;
}

/** A metric's value, short; what is not finite by its name. */
export function MetricValue({ value }: { value: number | string }) {
  const number = finite(value);
  return <span title={number === null ? undefined : exactNumber(number)}>{shownMetric(value)}</span>;
}

/** A moment: in the page's zone, and in UTC in its title; `relative` says how long ago instead. Where it is `short` this
 * year goes without saying, and of another one the seconds are left out. */
export function Moment({
  ms,
  relative = false,
  short = false,
}: {
  ms: number;
  relative?: boolean;
  short?: boolean;
}) {
  const { zone } = useTimeRange();
  const local = dateTime(ms, zone, true);
  const title = `${local} ${zone}\n${dateTime(ms, "UTC", true)} ${text.common.utc}`;
  return (
    <time dateTime={new Date(ms).toISOString()} title={title}>
      {relative ? ago(ms, Date.now(), zone) : short ? shortOf(local, zone) : local.slice(0, 19)}
    </time>
  );
}

function shortOf(local: string, zone: string): string {
  const year = dateTime(Date.now(), zone).slice(0, 5);
  return local.startsWith(year) ? local.slice(5, 19) : local.slice(0, 16);
}
