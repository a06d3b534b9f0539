/** Characters that a reader cannot see or that turn the text around them; hostile content uses them to deceive. */

// Controls other than tab and line ends, soft hyphen, zero-width, bidi, joiners, invisible operators, tags, BOM,
// variation selectors beyond the emoji one, unpaired surrogates.
const HIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: each of them alone is looked for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu;

export interface TextPart {
  text: string;
  /** The code point, such as "U+202E", of a character that is shown by its number; null for ordinary text. */
  hidden: string | null;
}

/** Cuts a text into what can be shown as it is and what must be named. */
export function visibleParts(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let start = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (match.index > start) parts.push({ text: text.slice(start, match.index), hidden: null });
    const code = match[0].codePointAt(0) ?? 0;
    parts.push({ text: match[0], hidden: `U+${code.toString(16).toUpperCase().padStart(4, "0")}` });
    start = match.index + match[0].length;
  }
  if (start < text.length) parts.push({ text: text.slice(start), hidden: null });
  return parts;
}

/** The text with each hidden character replaced by its number, for titles and attributes. */
export function visibleText(text: string): string {
  return visibleParts(text)
    .map((part) => (part.hidden === null ? part.text : `⟨${part.hidden}⟩`))
    .join("");
}
