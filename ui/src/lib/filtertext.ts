/** The text of a filter, as far as the page must know it: quoting, and the conditions that stand side by side. */

/** A text as a string literal of the filter language. */
export function quote(value: string): string {
  return `'${value.replace(/\\/g, "\\\\").replace(/'/g, "''")}'`;
}

const BARE_KEY = /^[A-Za-z0-9_\-/:@]+(?:\.[A-Za-z0-9_\-/:@]+)*$/;

/** A keyed field such as `tags.KEY`, with the key quoted where it must be. */
export function keyed(field: string, key: string): string {
  return BARE_KEY.test(key) ? `${field}.${key}` : `${field}.\`${key.replace(/`/g, "``")}\``;
}

/** The conditions that a filter joins by AND at its top; null when it is joined by OR there, or is not whole. */
export function conjuncts(text: string): string[] | null {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  let at = 0;
  while (at < text.length) {
    const char = text[at] as string;
    if (char === "'" || char === '"' || char === "`") {
      at = endOfString(text, at);
      if (at < 0) return null;
      continue;
    }
    if (char === "(") depth += 1;
    if (char === ")") depth -= 1;
    if (depth < 0) return null;
    if (depth === 0 && /[A-Za-z_]/.test(char)) {
      const word = /^[\w.]+/.exec(text.slice(at))?.[0] ?? char;
      if (/^or$/i.test(word)) return null;
      if (/^and$/i.test(word)) {
        found.push(text.slice(start, at).trim());
        start = at + word.length;
      }
      at += word.length;
      continue;
    }
    at += 1;
  }
  if (depth !== 0) return null;
  const last = text.slice(start).trim();
  if (last !== "" || found.length > 0) found.push(last);
  return found.every((part) => part !== "") ? found : null;
}

function endOfString(text: string, start: number): number {
  const mark = text[start];
  let at = start + 1;
  while (at < text.length) {
    if (text[at] === "\\" && mark !== "`" && (text[at + 1] === mark || text[at + 1] === "\\")) at += 2;
    else if (text[at] === mark && text[at + 1] === mark) at += 2;
    else if (text[at] === mark) return at + 1;
    else at += 1;
  }
  return -1;
}

/** An index in code points (as the server counts) as one in UTF-16 units (as strings here do), and back. */
export function toUtf16(text: string, codePoints: number): number {
  return Array.from(text).slice(0, codePoints).join("").length;
}

export function toCodePoints(text: string, utf16: number): number {
  return Array.from(text.slice(0, utf16)).length;
}

const KEYWORD = /^(?:and|or|not|in|is|like|ilike|rlike|between|null)$/i;

/** The search for words where somebody wrote nothing but words into a filter; null when it is more than that. */
export function wordsCondition(text: string): string | null {
  const words = text.trim();
  if (words === "" || /[=<>~!()'"`\\]/.test(words)) return null;
  return words.split(/\s+/).some((word) => KEYWORD.test(word)) ? null : `text ~ ${quote(words)}`;
}

/** Where somebody writes of a judgment: its name so far, or (`name` given) the value that it should have. */
export interface JudgmentPlace {
  field: "feedback" | "expectation";
  name: string | null;
  typed: string;
}

const NAME_BEFORE = /(?:^|[\s(])((feedback|expectation)\.[\w./:@-]*)$/;
const VALUE_BEFORE =
  /(?:^|[\s(])(feedback|expectation)\.([\w./:@-]+|`(?:[^`]|``)+`)\s*(?:!=|=)\s*('[^']*|[\w.-]*)$/;

/** The name or value of a judgment that stands before a place (in UTF-16 units) of a filter; null for anything else. */
export function judgmentAt(text: string, at: number): JudgmentPlace | null {
  const before = text.slice(0, at);
  const value = VALUE_BEFORE.exec(before);
  if (value !== null) {
    const [, field, key = "", typed = ""] = value;
    const name = key.startsWith("`") ? key.slice(1, -1).replace(/``/g, "`") : key;
    return { field: field as JudgmentPlace["field"], name, typed };
  }
  const name = NAME_BEFORE.exec(before);
  if (name === null) return null;
  return { field: name[2] as JudgmentPlace["field"], name: null, typed: name[1] ?? "" };
}
