/** Scores as numbers: what is bad, how they are spread, in which order rows stand. */

import { finite, MISSING } from "./format";

export type Direction = "higher" | "lower" | "none";

const WORDS: Readonly<Record<string, number>> = { true: 1, yes: 1, pass: 1, false: 0, no: 0, fail: 0 };

/** A score as the server counts it: yes and no are 1 and 0; null for other words and structures. */
export function scoreNumber(value: unknown): number | null {
  if (typeof value === "boolean") return Number(value);
  if (typeof value === "number") return finite(value);
  if (typeof value === "string") return WORDS[value.trim().toLowerCase()] ?? null;
  return null;
}

/** Whether a score is the worst that a yes or no can be; never where no direction is better. */
export function isFailure(value: unknown, direction: Direction): boolean {
  const number = scoreNumber(value);
  if (number === null || direction === "none") return false;
  return number === (direction === "lower" ? 1 : 0);
}

export interface Bin {
  from: number;
  /** Not in the bin, but for the last one's; equal to `from` where the bin is one value. */
  to: number;
  count: number;
}

/** How many numbers fall where: one bin a value while they are few, else `most` of equal width. */
export function histogram(values: readonly number[], most = 10): Bin[] {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  if (counts.size <= most)
    return [...counts].sort(([a], [b]) => a - b).map(([value, count]) => ({ from: value, to: value, count }));
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of counts.keys()) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const width = (high - low) / most;
  const bins = Array.from({ length: most }, (_, at) => ({
    from: low + at * width,
    to: at === most - 1 ? high : low + (at + 1) * width,
    count: 0,
  }));
  for (const [value, count] of counts) {
    const bin = bins[Math.min(most - 1, Math.floor((value - low) / width))];
    if (bin !== undefined) bin.count += count;
  }
  return bins;
}

/** A number in few digits: 0.57333 is "0.573". */
export function short(value: number): string {
  return Number(value.toPrecision(3)).toString();
}

/** A score's mean as people read it: shares in percent, others in few digits. */
export function shownMean(value: number, kind: "rate" | "mean" | "counts"): string {
  return kind === "rate" ? `${short(value * 100)}%` : short(value);
}

/** How far one mean is from another, with its sign, as people read it. */
export function shownDifference(value: number | null | undefined, kind: "rate" | "mean" | "counts"): string {
  if (value === null || value === undefined) return MISSING;
  const size = shownMean(Math.abs(value), kind);
  return value < 0 ? `−${size}` : value > 0 ? `+${size}` : size;
}

/** A metric in few digits; what is no finite number by its name. */
export function shownMetric(value: number | string): string {
  return typeof value === "number" ? short(value) : value;
}
