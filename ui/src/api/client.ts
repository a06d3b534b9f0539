/** The one way to the server: typed calls of its operations, with the browser's login and its CSRF token. */

import { jsonText, parseIntegers, parseJson } from "@/lib/jsonnumbers";
import { OPERATIONS, type Operations } from "./schema";

export type OperationName = keyof Operations;
export type Params<K extends OperationName> = Operations[K]["params"];
export type Body<K extends OperationName> = Operations[K]["body"];
export type Answer<K extends OperationName> = Operations[K]["answer"];

const PREFIX = "/api/v1";
let csrfToken: string | null = null;

/** Called with what signing in and "who am I" return. */
export function setCsrfToken(token: string | null): void {
  csrfToken = token;
}

/** An error of the server (a problem document), or of the way to it (status 0). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly code: string,
    readonly details: Record<string, unknown> = {},
    readonly requestId: string | null = null,
  ) {
    super(message);
    this.name = "Problem";
  }
}

/** Where a filter is wrong, when that is what a problem says: [start, end) in code points. */
export function placeOf(problem: unknown): { position: number; end: number } | null {
  if (!(problem instanceof Problem)) return null;
  const { position, end } = problem.details;
  return typeof position === "number" && typeof end === "number" ? { position, end } : null;
}

/** Whether an error is about a filter, which the filter bar shows at its place. An order has places, too. */
export function isFilterProblem(problem: unknown): boolean {
  return placeOf(problem) !== null && (problem as Problem).message.startsWith("filter:");
}

/** The address of an operation, with path parameters filled in and the others as its query. */
export function addressOf<K extends OperationName>(name: K, params: Params<K>): string {
  const query = new URLSearchParams();
  let path: string = OPERATIONS[name][1];
  for (const [key, value] of Object.entries(params as Record<string, unknown>)) {
    if (value === undefined || value === null || value === "") continue;
    const slot = `{${key}}`;
    if (path.includes(slot)) path = path.replace(slot, encodeURIComponent(String(value)));
    else for (const item of Array.isArray(value) ? value : [value]) query.append(key, String(item));
  }
  const text = query.toString();
  return PREFIX + path + (text === "" ? "" : `?${text}`);
}

export interface CallOptions<K extends OperationName> {
  body?: Body<K>;
  signal?: AbortSignal;
}

/** Calls an operation and returns its answer; throws `Problem`, or the abort of its signal. */
export async function call<K extends OperationName>(
  name: K,
  params: Params<K>,
  options: CallOptions<K> = {},
): Promise<Answer<K>> {
  const headers: Record<string, string> = { accept: "application/json" };
  const method = OPERATIONS[name][0];
  if (csrfToken !== null && method !== "GET") headers["x-lodeline-csrf"] = csrfToken;
  let body: BodyInit | undefined;
  if (options.body instanceof Blob) body = options.body;
  else if (options.body !== undefined) {
    headers["content-type"] = "application/json";
    body = jsonText(options.body);
  }
  const init: RequestInit = { method, headers, body, credentials: "same-origin", signal: options.signal };
  const response = await reach(addressOf(name, params), init);
  if (!response.ok) throw await problemOf(response);
  // Attributes of spans are integers of 64 bits, which are read as they are written.
  if (response.status === 204) return undefined as Answer<K>;
  if (name === "get_spans") return parseIntegers(await response.text()) as Answer<K>;
  // A record that is rewritten keeps its numbers as they are written.
  if (name === "get_record") return parseJson(await response.text()) as Answer<K>;
  return (await response.json()) as Answer<K>;
}

/** The first bytes of what an operation answers, at most `most`, and whether they are all; no more is transferred. */
export async function readBytes<K extends OperationName>(
  name: K,
  params: Params<K>,
  most: number,
  signal: AbortSignal,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; whole: boolean }> {
  const response = await reach(addressOf(name, params), { credentials: "same-origin", signal });
  if (!response.ok) throw await problemOf(response);
  const reader = response.body?.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  while (reader !== undefined && size <= most) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    size += value.length;
  }
  await reader?.cancel();
  const bytes = new Uint8Array(size);
  parts.reduce((at, part) => {
    bytes.set(part, at);
    return at + part.length;
  }, 0);
  return { bytes: bytes.slice(0, most), whole: size <= most };
}

async function reach(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "", "unreachable");
  }
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    const body = await response.json();
    const text = String(body.detail ?? body.title ?? response.statusText);
    return new Problem(response.status, text, String(body.code), body.details ?? {}, body.request_id ?? null);
  } catch {
    return new Problem(response.status, response.statusText, "http_error");
  }
}
