/** Which versions of prompts a trace used, as its metadata says. */

import { keyed, quote } from "./filtertext";

const LISTED = "lodeline.prompts";
const NOTED = "lodeline.prompt.";
const MOST = 50;

export interface UsedPrompt {
  name: string;
  version: string;
  /** The filter of traces that used it; null where only the list names it, as when a later version was used too. */
  filter: string | null;
}

/** The prompts of a trace, in the order in which they were used as far as that is known; what is no such entry is
 * left out. */
export function promptsOf(metadata: Readonly<Record<string, string>>): UsedPrompt[] {
  const found = new Map<string, UsedPrompt>();
  const add = (name: string, version: string) => {
    if (name === "" || version === "" || found.size >= MOST) return;
    const key = NOTED + name;
    const filter = metadata[key] === version ? `${keyed("metadata", key)} = ${quote(version)}` : null;
    found.set(JSON.stringify([name, version]), { name, version, filter });
  };
  for (const entry of listed(metadata[LISTED])) {
    if (typeof entry !== "object" || entry === null) continue;
    const { name, version } = entry as { name?: unknown; version?: unknown };
    if (typeof name === "string" && (typeof version === "number" || typeof version === "string"))
      add(name, String(version));
  }
  for (const [key, version] of Object.entries(metadata))
    if (key.startsWith(NOTED)) add(key.slice(NOTED.length), version);
  return [...found.values()];
}

function listed(source: string | undefined): unknown[] {
  try {
    const value: unknown = JSON.parse(source ?? "[]");
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
