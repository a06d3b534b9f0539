/** JSON with its numbers as they are written: a double has no more than 17 digits, and knows of no trailing zero. */

/** A number that would not be written like this any more once it were read. */
export class WrittenNumber {
  constructor(readonly text: string) {}
}

/** Texts, which are passed over, and numbers. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/** How a number begins that became a text for a moment; nobody who writes content can know it. */
const MARK = Array.from(crypto.getRandomValues(new Uint32Array(4)), (each) => each.toString(36)).join("-");

/** What a JSON text holds, with a `WrittenNumber` for each number that a double does not give back as it stands there;
 * throws SyntaxError for what is no JSON. */
export function parseJson(source: string): unknown {
  return parse(source, () => true);
}

const LONG_INTEGER = /^-?\d{16,}$/;

/** The same, but only integers that a double would round are a `WrittenNumber`: what is computed with stays a number. */
export function parseIntegers(source: string): unknown {
  return parse(source, (token) => LONG_INTEGER.test(token));
}

function parse(source: string, isKept: (token: string) => boolean): unknown {
  // Whether it is JSON is decided by what was given, not by what is made of it.
  const plain = JSON.parse(source) as unknown;
  let found = false;
  const marked = source.replace(TOKEN, (token) => {
    if (token.startsWith('"') || !isKept(token) || String(Number(token)) === token) return token;
    found = true;
    return `"${MARK}${token}"`;
  });
  if (!found) return plain;
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === "string" && value.startsWith(MARK) ? new WrittenNumber(value.slice(MARK.length)) : value,
  );
}

const MARKED = new RegExp(`"${MARK}([^"]*)"`, "g");

/** A value as JSON text, its numbers as they were written. */
export function jsonText(value: unknown, indent?: number): string {
  let found = false;
  const marking = (_: string, each: unknown) => {
    if (!(each instanceof WrittenNumber)) return each;
    found = true;
    return MARK + each.text;
  };
  const marked = JSON.stringify(value, marking, indent);
  return found ? marked.replace(MARKED, "$1") : marked;
}
