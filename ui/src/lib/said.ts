/** Conversations within inputs and outputs, told apart from other JSON. */

export interface Said {
  role: string;
  content: string;
}

/** The messages that a value is, alone or as its only field `messages`, also as JSON in a text; null when it is or has
 * anything besides. */
export function saidIn(given: unknown): readonly Said[] | null {
  const value = typeof given === "string" ? parsed(given) : given;
  const list = isRecord(value) && hasOnly(value, ["messages"]) ? value.messages : value;
  return Array.isArray(list) && list.length > 0 && list.every(isSaid) ? list : null;
}

function parsed(source: string): unknown {
  if (!/^\s*[[{]/.test(source)) return null;
  try {
    return JSON.parse(source) as unknown;
  } catch {
    return null;
  }
}

function isSaid(value: unknown): value is Said {
  if (!isRecord(value) || !hasOnly(value, ["role", "content"])) return false;
  return typeof value.role === "string" && typeof value.content === "string";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hasOnly(value: Record<string, unknown>, names: readonly string[]): boolean {
  return Object.keys(value).length === names.length && names.every((name) => Object.hasOwn(value, name));
}
