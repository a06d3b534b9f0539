/** Spans of text that are marked: how they read, and where they lie. Positions are Unicode code points. */

import type { MarkableText } from "@/api/schema";

export interface Mark {
  field: string;
  start: number;
  end: number;
  label: string;
  text: string;
}

/** A stretch of a text with the labels of all marks that lie over it; none where it is not marked. */
export interface Stretch {
  text: string;
  labels: readonly string[];
}

/** The marks of an answer; what is none is left out. */
export function marksOf(value: unknown): readonly Mark[] {
  return Array.isArray(value) ? value.flatMap((each) => markOf(each) ?? []) : [];
}

function markOf(value: unknown): Mark | null {
  if (typeof value !== "object" || value === null) return null;
  const { field, start, end, label, text } = value as Record<string, unknown>;
  if (typeof field !== "string" || typeof label !== "string") return null;
  if (typeof start !== "number" || typeof end !== "number") return null;
  return { field, start, end, label, text: typeof text === "string" ? text : "" };
}

/** The texts that a schema has marked, the response's or the request's. */
export function textsOf(texts: readonly MarkableText[], part: string): readonly MarkableText[] {
  return texts.filter(({ field }) => rootOf(field).split("/").at(-1) === part);
}

/** The part of what is shown that a field lies in: "response", "2/response" of the second of a pair, or
 * "trace/ID/response" of a conversation's trace. */
export function rootOf(field: string): string {
  return /^(?:\d+\/|trace\/[^/]*\/)?[^/]*/.exec(field)?.[0] ?? field;
}

/** The root of a part of the thing that stands at a place from 0 on; in a conversation its trace names it. */
export function rootAt(place: number, part: string, traceId: string | null = null): string {
  if (traceId !== null) return `trace/${traceId}/${part}`;
  return place === 0 ? part : `${place + 1}/${part}`;
}

/** What is selected from `from` to `to` of a field that shows a text, as a mark; null where it is nothing.
 *
 * A field counts UTF-16 units, and has one line break in place of each carriage return with one or without.
 */
export function selected(
  { field, text }: MarkableText,
  from: number,
  to: number,
  label: string,
): Mark | null {
  const points = Array.from(text);
  const start = pointAt(points, from);
  const end = pointAt(points, to);
  return start < end ? { field, start, end, label, text: points.slice(start, end).join("") } : null;
}

function pointAt(points: readonly string[], units: number): number {
  let at = 0;
  let passed = 0;
  while (at < points.length && passed < units) {
    const point = points[at] ?? "";
    passed += point.length;
    at += point === "\r" && points[at + 1] === "\n" ? 2 : 1;
  }
  return at;
}

/** Marks with a further one, by position; one that is there already changes nothing. */
export function withMark(marks: readonly Mark[], mark: Mark): readonly Mark[] {
  if (marks.some((each) => same(each, mark))) return marks;
  return [...marks, mark].sort(
    (a, b) => a.field.localeCompare(b.field) || a.start - b.start || a.end - b.end,
  );
}

function same(one: Mark, other: Mark): boolean {
  return (
    one.field === other.field &&
    one.start === other.start &&
    one.end === other.end &&
    one.label === other.label
  );
}

/** A text cut where marks begin and end. */
export function stretchesOf({ field, text }: MarkableText, marks: readonly Mark[]): readonly Stretch[] {
  const points = Array.from(text);
  const own = marks.filter((each) => each.field === field);
  const edges = new Set([0, points.length, ...own.flatMap(({ start, end }) => [start, end])]);
  const sorted = [...edges].filter((edge) => edge <= points.length).sort((a, b) => a - b);
  return sorted.slice(0, -1).map((start, index) => {
    const end = sorted[index + 1] ?? points.length;
    const over = own.filter((each) => each.start <= start && end <= each.end);
    return {
      text: points.slice(start, end).join(""),
      labels: [...new Set(over.map(({ label }) => label))],
    };
  });
}
