/** Measured values as the report shows them: never without what they may be off by, and of how many. */

import type { Coefficient, Interval } from "@/api/schema";
import { Count } from "@/components/figures";
import { IntervalBar } from "@/components/interval-bar";
import type { Head } from "@/components/rows-table";
import { exactNumber, finite, MISSING, percent } from "@/lib/format";
import { short } from "@/lib/scores";
import { text } from "@/strings";

const t = text.report;

export type Measured = Coefficient["value"];
type Way = "share" | "number";

interface MeasureProps {
  value: Measured;
  interval: Interval | null;
  n: number;
  /** Shares are shown in percent. */
  as?: Way;
  /** What the ends of the picture stand for; without them there is none. */
  ends?: readonly [number, number];
}

/** Four cells: the value, its interval as a picture and in numbers, and n. */
export function measureCells({ value, interval, n, as = "share", ends }: MeasureProps) {
  const [known, low, high] = [finite(value), finite(interval?.low), finite(interval?.high)];
  return [
    <strong key="v">
      <Figure value={value} as={as} />
    </strong>,
    known === null || low === null || high === null || ends === undefined ? null : (
      <IntervalBar
        key="b"
        from={ends[0]}
        to={ends[1]}
        value={known}
        low={low}
        high={high}
        zero={ends[0] < 0}
      />
    ),
    <Between key="i" interval={interval} as={as} />,
    <Count key="n" value={n} />,
  ];
}

/** The headings of such cells. */
export function measureHeads(value: string, hint?: string): Head[] {
  return [
    { label: value, numeric: true, hint },
    { label: t.picture, unlabelled: true },
    { label: t.interval, numeric: true },
    { label: t.n, numeric: true },
  ];
}

export function Figure({ value, as = "number" }: { value: Measured; as?: Way }) {
  const known = finite(value);
  if (known === null) return MISSING;
  return <span title={exactNumber(known)}>{as === "share" ? percent(known) : short(known)}</span>;
}

export function Between({ interval, as = "number" }: { interval: Interval | null; as?: Way }) {
  const [low, high] = [finite(interval?.low), finite(interval?.high)];
  if (low === null || high === null) return MISSING;
  const shown = as === "share" ? percent : short;
  return <span title={interval?.method}>{`${shown(low)} – ${shown(high)}`}</span>;
}
