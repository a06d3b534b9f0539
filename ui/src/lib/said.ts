/** Conversations within inputs and outputs, told apart from other JSON: messages with their tool calls. */

import type { Message } from "@/api/schema";
import { jsonText } from "./jsonnumbers";

/** A message as it is shown; its role is whatever its sender called it. */
export type Said = Omit<Message, "role"> & { role: string };

type Fields = Record<string, unknown>;

const WRAPPERS = ["messages", "input", "output"];
const KNOWN = new Set([
  "role",
  "content",
  "parts",
  "tool_calls",
  "tool_call_id",
  "name",
  "finish_reason",
  "refusal",
]);

/** The messages that a value is: alone, in a list, or as its only field `messages`, also as JSON in a text; null when
 * it is or has anything besides, so that nothing is left out of sight. */
export function saidIn(given: unknown): readonly Said[] | null {
  const value = typeof given === "string" ? parsed(given) : given;
  const list = listIn(value);
  if (list === null) return null;
  const said = list.map(messageOf);
  return said.length > 0 && said.every((each) => each !== null) ? said : null;
}

/** The text that is the only field of a value, also as JSON in a text, and the field's name; null for anything else. */
export function soleTextIn(given: unknown): { name: string; text: string } | null {
  const value = typeof given === "string" ? parsed(given) : given;
  if (!isRecord(value)) return null;
  const [field, ...others] = Object.entries(value);
  if (field === undefined || others.length > 0) return null;
  const [name, text] = field;
  return typeof text === "string" ? { name, text } : null;
}

function parsed(source: string): unknown {
  if (!/^\s*[[{]/.test(source)) return null;
  try {
    return JSON.parse(source) as unknown;
  } catch {
    return null;
  }
}

function listIn(value: unknown): readonly unknown[] | null {
  if (Array.isArray(value)) return value;
  if (!isRecord(value)) return null;
  const [name, ...others] = Object.keys(value);
  if (name !== undefined && others.length === 0 && WRAPPERS.includes(name) && Array.isArray(value[name]))
    return value[name];
  return "role" in value ? [value] : null;
}

function messageOf(value: unknown): Said | null {
  if (!isRecord(value) || typeof value.role !== "string") return null;
  if (Object.entries(value).some(([name, field]) => !KNOWN.has(name) && !isNothing(field))) return null;
  const said: Said = {
    role: value.role,
    content: "",
    tool_calls: [],
    tool_call_id: textOf(value.tool_call_id),
    reasoning: null,
    parts: [],
  };
  const { content, parts, tool_calls: calls, refusal } = value;
  if (!isNothing(content) && !isNothing(parts)) return null;
  if (!takePieces(said, isNothing(content) ? parts : content)) return null;
  if (typeof refusal === "string") takeText(said, refusal);
  if (isNothing(calls)) return said;
  return Array.isArray(calls) && calls.every((call) => takeCall(said, call)) ? said : null;
}

/** Takes a text, or pieces of content one by one; false for what is neither. */
function takePieces(said: Said, given: unknown): boolean {
  if (isNothing(given)) return true;
  if (typeof given === "string") takeText(said, given);
  else if (Array.isArray(given)) return given.every((piece) => takePiece(said, piece));
  else return false;
  return true;
}

function takePiece(said: Said, piece: unknown): boolean {
  if (typeof piece === "string") takeText(said, piece);
  else if (!isRecord(piece) || typeof piece.type !== "string") return false;
  else if (/^(?:input_|output_)?text$/.test(piece.type) && typeof (piece.text ?? piece.content) === "string")
    takeText(said, String(piece.text ?? piece.content));
  else if (piece.type === "tool_call" || piece.type === "tool_use") return takeCall(said, piece);
  else if (piece.type === "tool_call_response" || piece.type === "tool_result") takeResult(said, piece);
  else said.parts.push(piece);
  return true;
}

function takeText(said: Said, text: string): void {
  said.content = said.content === "" ? text : `${said.content}\n${text}`;
}

/** A call with its function inside, as one provider has it, or flat, as others do. */
function takeCall(said: Said, call: unknown): boolean {
  if (!isRecord(call)) return false;
  const called = isRecord(call.function) ? call.function : call;
  if (typeof called.name !== "string") return false;
  const given = called.arguments ?? called.input ?? called.args ?? null;
  said.tool_calls.push({
    name: called.name,
    arguments: typeof given === "string" ? (parsed(given) ?? given) : given,
    call_id: textOf(call.id ?? call.tool_call_id),
  });
  return true;
}

function takeResult(said: Said, piece: Fields): void {
  const result = piece.result ?? piece.response ?? piece.content ?? "";
  takeText(said, typeof result === "string" ? result : jsonText(result));
  said.tool_call_id ??= textOf(piece.id ?? piece.tool_use_id);
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function isNothing(value: unknown): boolean {
  return (
    value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0)
  );
}

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
