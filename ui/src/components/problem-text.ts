import { Problem } from "@/api/client";
import { text } from "@/strings";

/** What an error says to a person: the server's own words, which name the value and what to do. */
export function problemText(error: unknown): string {
  if (error instanceof Problem) return error.status === 0 ? text.problem.unreachable : error.message;
  return error instanceof Error ? error.message : String(error);
}
