/** The one time range of a page: from the text in the address to a condition of the filter language and buckets. */

import { partsOf } from "./format";

export const PRESETS = ["15m", "1h", "24h", "7d", "30d", "90d", "all"] as const;
export const DEFAULT_RANGE = "all";
const UNIT_MS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const RELATIVE = /^(\d{1,4})([mhd])$/;

export interface TimeRange {
  /** What stands in the address: "24h", "all", or two ISO times joined by "..". */
  text: string;
  fromMs: number | null;
  toMs: number | null;
}

/** Reads the address's range; null when it is none. Relative ranges end at `nowMs`. */
export function parseRange(text: string, nowMs: number): TimeRange | null {
  if (text === "all") return { text, fromMs: null, toMs: null };
  const relative = RELATIVE.exec(text);
  if (relative !== null) {
    const length = Number(relative[1]) * (UNIT_MS[relative[2] ?? ""] ?? 0);
    return length > 0 ? { text, fromMs: nowMs - length, toMs: null } : null;
  }
  const [from, to, rest] = text.split("..");
  if (from === undefined || to === undefined || rest !== undefined) return null;
  const fromMs = from === "" ? null : Date.parse(from);
  const toMs = to === "" ? null : Date.parse(to);
  if (Number.isNaN(fromMs) || Number.isNaN(toMs) || (fromMs === null && toMs === null)) return null;
  if (fromMs !== null && toMs !== null && fromMs >= toMs) return null;
  return { text, fromMs, toMs };
}

export function absoluteRange(fromMs: number | null, toMs: number | null): string {
  const iso = (ms: number | null) => (ms === null ? "" : new Date(ms).toISOString().replace(".000Z", "Z"));
  return `${iso(fromMs)}..${iso(toMs)}`;
}

/** The range as a condition on a time field ("" for all time). */
export function rangeClause(range: TimeRange, field = "start"): string {
  const parts: string[] = [];
  if (range.fromMs !== null) parts.push(`${field} >= ${Math.floor(range.fromMs)}`);
  if (range.toMs !== null) parts.push(`${field} < ${Math.ceil(range.toMs)}`);
  return parts.join(" AND ");
}

export function joinClauses(...clauses: string[]): string {
  const given = clauses.map((clause) => clause.trim()).filter((clause) => clause !== "");
  if (given.length < 2) return given[0] ?? "";
  return given.map((clause) => (/\bor\b/i.test(clause) ? `(${clause})` : clause)).join(" AND ");
}

const STEPS_MS = [
  1_000,
  5_000,
  15_000,
  60_000,
  300_000,
  900_000,
  3_600_000,
  3 * 3_600_000,
  6 * 3_600_000,
  12 * 3_600_000,
  86_400_000,
  7 * 86_400_000,
  30 * 86_400_000,
  90 * 86_400_000,
  365 * 86_400_000,
];

/** The smallest usual step that cuts [fromMs, toMs) into at most `most` buckets. */
export function bucketMs(fromMs: number, toMs: number, most = 60): number {
  const length = Math.max(1, toMs - fromMs);
  return STEPS_MS.find((step) => length / step <= most) ?? (STEPS_MS.at(-1) as number);
}

const DAY_MS = 86_400_000;

/** Where buckets of a step begin and end: from the last edge not after `fromMs` to the first not before `toMs`.
 *
 * Steps of days keep to the zone's midnights, so that days in which its clocks change are 23 or 25 hours long; shorter
 * ones keep to its clock as it is at the end.
 */
export function bucketEdges(fromMs: number, toMs: number, stepMs: number, zone: string): number[] {
  if (stepMs < DAY_MS) {
    const offset = zoneOffsetMs(toMs, zone);
    const edges = [Math.floor((fromMs + offset) / stepMs) * stepMs - offset];
    while ((edges.at(-1) as number) < toMs) edges.push((edges.at(-1) as number) + stepMs);
    return edges;
  }
  const midnight = (day: number) =>
    wallToMs(new Date(day * DAY_MS).toISOString().slice(0, 16), zone) ?? day * DAY_MS;
  const dayOf = (ms: number) => Math.floor((ms + zoneOffsetMs(ms, zone)) / DAY_MS);
  const days = stepMs / DAY_MS;
  // Day 0 was a Thursday, so weeks that begin on Mondays begin on day 4 and every seventh from it.
  const phase = days % 7 === 0 ? 4 : 0;
  let day = Math.floor((dayOf(fromMs) - phase) / days) * days + phase;
  const edges = [midnight(day)];
  while ((edges.at(-1) as number) < toMs) {
    day += days;
    edges.push(midnight(day));
  }
  return edges;
}

/** The offset from UTC in a zone at a time, in ms; positive in the east. */
export function zoneOffsetMs(ms: number, zone: string): number {
  const parts = partsOf(ms, zone);
  const at = Date.UTC(
    Number(parts.year),
    Number(parts.month) - 1,
    Number(parts.day),
    Number(parts.hour),
    Number(parts.minute),
    Number(parts.second),
  );
  return at - Math.floor(ms / 1000) * 1000;
}

/** The instant at which a zone's clocks show a wall time ("2026-11-27T14:00"); null when the text is no time.
 *
 * A wall time that a zone skips in spring is moved forward by what was skipped; of one that comes twice in autumn it is
 * the first.
 */
export function wallToMs(wall: string, zone: string): number | null {
  const asUtc = Date.parse(`${wall}Z`);
  if (Number.isNaN(asUtc)) return null;
  const candidates = [asUtc - 86_400_000, asUtc + 86_400_000]
    .map((near) => asUtc - zoneOffsetMs(near, zone))
    .sort((a, b) => a - b);
  const right = candidates.find((ms) => ms + zoneOffsetMs(ms, zone) === asUtc);
  return right ?? candidates[1] ?? null;
}

/** The wall time in a zone, as an input of type datetime-local wants it. */
export function msToWall(ms: number, zone: string): string {
  const parts = partsOf(ms, zone);
  return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
}

export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

export function localZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}
