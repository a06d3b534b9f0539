/** Numbers, durations, money and times as people read them. The exact value belongs into a title beside them. */

export const MISSING = "–";
const NS_PER_MS = 1_000_000;

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const exact = new Intl.NumberFormat("en", { maximumFractionDigits: 12 });

/** A number of the API; null for none, and for those that are no finite number. */
export function finite(value: number | string | null | undefined): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** Big numbers short: 1234567 is "1.23M"; below 10,000 they stay whole. */
export function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) < 10_000) return exact.format(Math.round(value * 1000) / 1000);
  return compact.format(value);
}

export function exactNumber(value: number): string {
  return Number.isFinite(value) ? exact.format(value) : String(value);
}

/** A duration in the two greatest units that matter: "41.2 ms", "2.84 s", "3m 12s", "2d 4h". */
export function duration(ms: number): string {
  const size = Math.abs(ms);
  const sign = ms < 0 ? "−" : "";
  if (size === 0) return "0 ms";
  if (size < 0.001) return `${sign}${digits(size * 1e6)} ns`;
  if (size < 1) return `${sign}${digits(size * 1e3)} µs`;
  if (size < 1_000) return `${sign}${digits(size)} ms`;
  if (size < 60_000) return `${sign}${digits(size / 1_000)} s`;
  const s = Math.round(size / 1_000);
  if (s < 3_600) return `${sign}${Math.floor(s / 60)}m ${s % 60}s`;
  if (s < 86_400) return `${sign}${Math.floor(s / 3_600)}h ${Math.floor((s % 3_600) / 60)}m`;
  return `${sign}${Math.floor(s / 86_400)}d ${Math.floor((s % 86_400) / 3_600)}h`;
}

function digits(value: number): string {
  if (value >= 999.5) return "999";
  return Number(value.toPrecision(3)).toString();
}

/** US dollars with three digits that matter: "$0.00131", "$12.30", "$1,240". */
export function usd(value: number): string {
  const size = Math.abs(value);
  const sign = value < 0 ? "−" : "";
  if (size === 0) return "$0";
  if (size < 1e-9) return `${sign}<$0.000000001`;
  if (size < 1) {
    const places = Math.min(12, 2 - Math.floor(Math.log10(size)));
    return `${sign}$${size.toFixed(places).replace(/(\.\d\d\d*?)0+$/, "$1")}`;
  }
  if (size < 1_000) return `${sign}$${size.toFixed(2)}`;
  return `${sign}$${size < 1e6 ? Math.round(size).toLocaleString("en") : compact.format(size)}`;
}

/** A share: 0.0123 is "1.23%". */
export function percent(value: number): string {
  if (value === 0 || value === 1) return `${value * 100}%`;
  return `${Number((value * 100).toPrecision(3))}%`;
}

/** A share that is not more than it says, so that nothing short of all is 100%: 0.9996 is "99.9%". */
export function percentAtLeast(value: number): string {
  return percent(Math.floor(value * 1_000) / 1_000);
}

export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = value;
  let unit = 0;
  while (size >= 1_000 && unit < units.length - 1) {
    size /= 1_000;
    unit += 1;
  }
  return `${Number(size.toPrecision(3))} ${units[unit]}`;
}

/** Milliseconds of a decimal string of nanoseconds, with the fraction that a double can hold. */
export function nsToMs(ns: string): number {
  const value = BigInt(ns);
  return Number(value / BigInt(NS_PER_MS)) + Number(value % BigInt(NS_PER_MS)) / NS_PER_MS;
}

/** A decimal string of nanoseconds as ISO 8601 in UTC, to the nanosecond. */
export function isoOfNs(ns: string): string {
  const value = BigInt(ns);
  const perSecond = 1_000_000_000n;
  const fraction = ((value % perSecond) + perSecond) % perSecond;
  const whole = new Date(Number((value - fraction) / perSecond) * 1_000).toISOString().slice(0, 19);
  return `${whole}.${String(fraction).padStart(9, "0")}Z`;
}

export function nullableNsToMs(ns: string | null): number | null {
  return ns === null ? null : nsToMs(ns);
}

const formats = new Map<string, Intl.DateTimeFormat>();

function dateFormat(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${JSON.stringify(options)}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options });
    formats.set(key, format);
  }
  return format;
}

/** "2026-11-27 14:03:05" in a zone; with `precise` also milliseconds. */
export function dateTime(ms: number, zone: string, precise = false): string {
  const parts = partsOf(ms, zone);
  const base = `${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute}:${parts.second}`;
  return precise ? `${base}.${String(((Math.floor(ms) % 1000) + 1000) % 1000).padStart(3, "0")}` : base;
}

/** The numbers of a time in a zone, as texts of their usual width. */
export function partsOf(ms: number, zone: string): Record<string, string> {
  const format = dateFormat(zone, {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  return Object.fromEntries(format.formatToParts(ms).map((part) => [part.type, part.value]));
}

export function dayAndMonth(ms: number, zone: string): string {
  return dateFormat(zone, { day: "numeric", month: "short" }).format(ms);
}

export function hourAndMinute(ms: number, zone: string): string {
  return dateFormat(zone, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(ms);
}

/** How long ago: "now", "12s ago", "5m ago", "3h ago", "12d ago", then the date. */
export function ago(ms: number, nowMs: number, zone: string): string {
  const s = Math.round((nowMs - ms) / 1_000);
  if (s < 0) return dateTime(ms, zone).slice(0, 16);
  if (s < 5) return "now";
  if (s < 60) return `${s}s ago`;
  if (s < 3_600) return `${Math.floor(s / 60)}m ago`;
  if (s < 86_400) return `${Math.floor(s / 3_600)}h ago`;
  if (s < 30 * 86_400) return `${Math.floor(s / 86_400)}d ago`;
  return dateTime(ms, zone).slice(0, 10);
}

const LIST_MARK = /^\s*(?:#{1,6}|[-*+>]|\d+[.)])\s+/gm;
const EMPHASIS = /(\*\*|~~|`+)(?=\S)([^\n]*?\S)\1/g;

/** The beginning of a text as one line, without the marks of Markdown that mean something only across lines. */
export function oneLine(value: string, most: number): string {
  return value.slice(0, most).replace(LIST_MARK, "").replace(EMPHASIS, "$2").replace(/\s+/g, " ").trim();
}
