/** JSON as one line that can be read: what a list shows of what went in and what came out. */

const TOKEN = /"((?:[^"\\]|\\.)*)("?)|[{}[\],:]|[^\s{}[\],:"]+/g;

/** The values in a JSON text, each after its key, without the signs around them; another text as it is.
 *
 * The text may have been cut off anywhere. The key of a sole value is left out: it says the same in every row.
 */
export function jsonLine(text: string): string {
  if (!/^\s*[{[]/.test(text)) return text;
  const parts: { key: string | null; value: string }[] = [];
  let key: string | null = null;
  let pending: string | null = null;
  const settle = () => {
    if (pending === null) return;
    parts.push({ key, value: pending });
    pending = null;
    key = null;
  };
  for (const [token, inner, close] of text.matchAll(TOKEN)) {
    if (token === ":") {
      key = pending;
      pending = null;
    } else if (inner !== undefined) pending = unescaped(inner, close !== "");
    else if (/^[{}[\],]$/.test(token)) settle();
    else pending = token;
  }
  settle();
  if (parts.length === 0) return text;
  if (parts.length === 1) return parts[0]?.value ?? text;
  return parts.map((part) => (part.key === null ? part.value : `${part.key}: ${part.value}`)).join(", ");
}

function unescaped(inner: string, whole: boolean): string {
  const safe = whole ? inner : inner.replace(/\\(?:u[0-9a-fA-F]{0,3})?$/, "");
  try {
    return String(JSON.parse(`"${safe.replace(/\s/g, " ")}"`));
  } catch {
    return safe;
  }
}
