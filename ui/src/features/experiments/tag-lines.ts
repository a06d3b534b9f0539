/** Tags as lines of text that people edit: one `key=value` a line. */

export function tagLines(tags: Record<string, string>): string {
  return Object.entries(tags)
    .map(([key, value]) => `${key}=${value}`)
    .join("\n");
}

/** The tags of some lines, or the first line that is none. */
export function parseTags(lines: string): { tags: Record<string, string> | null; wrong: string | null } {
  const tags: Record<string, string> = {};
  for (const line of lines.split("\n")) {
    if (line.trim() === "") continue;
    const at = line.indexOf("=");
    if (at < 1 || line.slice(0, at).trim() === "") return { tags: null, wrong: line };
    tags[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  return { tags, wrong: null };
}

/** What to set and delete so that `before` becomes `after`. */
export function tagChange(
  before: Record<string, string>,
  after: Record<string, string>,
): { set_tags: Record<string, string>; delete_tags: string[] } {
  const set = Object.entries(after).filter(([key, value]) => before[key] !== value);
  return {
    set_tags: Object.fromEntries(set),
    delete_tags: Object.keys(before).filter((key) => !(key in after)),
  };
}
