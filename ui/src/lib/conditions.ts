/** Conditions on one field that facets write into a filter: `field = 'a'`, `field IN ('a', 'b')`, `field IS NULL`. */

import { conjuncts, quote } from "./filtertext";

const STRING = /'((?:[^'\\]|''|\\.)*)'/g;

/** The values that a filter asks of a field in the form that facets write; null stands for "without". */
export function chosenValues(filter: string, field: string): (string | null)[] {
  const own = (conjuncts(filter) ?? []).find((part) => isOwn(part, field));
  if (own === undefined) return [];
  if (own === `${field} IS NULL`) return [null];
  return [...own.slice(field.length).matchAll(STRING)].map((match) => unquote(match[1] ?? ""));
}

/** The filter with these values asked of a field instead of those that were. */
export function withValues(filter: string, field: string, values: readonly (string | null)[]): string {
  const parts = conjuncts(filter);
  const rest = parts === null ? [`(${filter.trim()})`] : parts.filter((part) => !isOwn(part, field));
  const texts = values.filter((value) => value !== null);
  const condition = values.includes(null)
    ? `${field} IS NULL`
    : texts.length > 1
      ? `${field} IN (${texts.map(quote).join(", ")})`
      : `${field} = ${quote(texts[0] ?? "")}`;
  return [...rest, ...(values.length > 0 ? [condition] : [])].join(" AND ");
}

/** The filter without what facets wrote about a field: what the facet's own counts are taken under. */
export function withoutField(filter: string, field: string): string {
  return conjuncts(filter) === null ? filter : withValues(filter, field, []);
}

function isOwn(part: string, field: string): boolean {
  if (!part.startsWith(`${field} `)) return false;
  const rest = part.slice(field.length);
  return /^ (?:= '(?:[^'\\]|''|\\.)*'|IN \('(?:[^'\\]|''|\\.)*'(?:, '(?:[^'\\]|''|\\.)*')*\)|IS NULL)$/.test(
    rest,
  );
}

function unquote(inner: string): string {
  return inner.replace(/''/g, "'").replace(/\\([\\'])/g, "$1");
}
