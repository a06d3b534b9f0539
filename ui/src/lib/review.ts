/** What a reviewer writes: as a form holds it while it is written, and as the server takes it. */

import type { LabelSchema, ReviewForm } from "@/api/schema";
import { type Mark, marksOf } from "./spans";

/** An answer while it is written: a number is the text that was typed, null is none yet. */
export type Answer = boolean | string | readonly string[] | readonly Mark[] | null;

export interface Draft {
  answers: Readonly<Record<string, Answer>>;
  comments: Readonly<Record<string, string>>;
  comment: string;
  /** What other clients than this page may have written; it is handed on as it is. */
  rest: Pick<ReviewForm, "flags" | "assertions">;
}

/** What keeps an answer from being handed in. */
export type Fault = "missing" | "number" | "low" | "high";

type Form = Omit<ReviewForm, "duration_ms">;

/** A draft with what was saved before, as far as the schemas can show it. */
export function draftOf(form: ReviewForm | null, schemas: readonly LabelSchema[]): Draft {
  const answers = schemas.map(({ name, input }) => [name, shownAnswer(input.kind, form?.answers[name])]);
  return {
    answers: Object.fromEntries(answers),
    comments: form?.comments ?? {},
    comment: form?.comment ?? "",
    rest: { flags: form?.flags ?? [], assertions: form?.assertions ?? {} },
  };
}

function shownAnswer(kind: LabelSchema["input"]["kind"], value: unknown): Answer {
  if (kind === "pass_fail") return typeof value === "boolean" ? value : null;
  if (kind === "numeric" && typeof value === "number") return String(value);
  if (kind === "spans") return Array.isArray(value) ? marksOf(value) : null;
  if (typeof value === "string") return kind === "text_list" ? [value] : value;
  if (Array.isArray(value)) return value.filter((each) => typeof each === "string");
  return null;
}

/** A draft as the server takes it: answers that are none are left out, and so are comments where none is taken. */
export function formOf(draft: Draft, schemas: readonly LabelSchema[]): Form {
  const answers: Form["answers"] = {};
  const comments: Form["comments"] = {};
  for (const { name, input, enable_comment } of schemas) {
    const value = answerValue(input.kind, draft.answers[name] ?? null);
    if (value !== null) answers[name] = value;
    const comment = draft.comments[name]?.trim() ?? "";
    if (enable_comment && comment !== "") comments[name] = comment;
  }
  return { answers, comments, comment: draft.comment.trim() || null, ...draft.rest };
}

/** An answer's value; null when there is none. A number that cannot be read stays the text it is. */
function answerValue(kind: LabelSchema["input"]["kind"], answer: Answer): unknown {
  if (kind === "text_list") {
    const texts = textsIn(answer).filter((each) => each.trim() !== "");
    return texts.length === 0 ? null : texts;
  }
  if (typeof answer !== "string") return answer;
  if (answer.trim() === "") return null;
  return kind === "numeric" ? (numberOf(answer) ?? answer) : answer;
}

/** The texts of an answer that is several texts. */
export function textsIn(answer: Answer): readonly string[] {
  return Array.isArray(answer) ? answer.filter((each) => typeof each === "string") : [];
}

function numberOf(typed: string): number | null {
  const value = Number(typed);
  return Number.isFinite(value) ? value : null;
}

/** Whether a schema must be answered: judgments must where all are needed, and what the output should have been must
 * where a session asks for nothing else, and nothing else is answered. */
export function isNeeded(
  schema: LabelSchema,
  schemas: readonly LabelSchema[],
  answers: Form["answers"],
): boolean {
  if (schema.kind === "FEEDBACK") return true;
  return schemas.every(({ kind }) => kind === "EXPECTATION") && Object.keys(answers).length === 0;
}

/** The faults of a draft by schema; `whole` says that what is needed must be answered. */
export function faultsOf(
  draft: Draft,
  schemas: readonly LabelSchema[],
  whole: boolean,
): Partial<Record<string, Fault>> {
  const { answers } = formOf(draft, schemas);
  const faults: Partial<Record<string, Fault>> = {};
  for (const schema of schemas) {
    const { name, input } = schema;
    const value = answers[name];
    if (value === undefined) {
      if (whole && isNeeded(schema, schemas, answers)) faults[name] = "missing";
    } else if (input.kind === "numeric") {
      const fault = numberFault(value, bound(input.min_value), bound(input.max_value));
      if (fault !== null) faults[name] = fault;
    }
  }
  return faults;
}

function numberFault(value: unknown, least: number | null, most: number | null): Fault | null {
  if (typeof value !== "number") return "number";
  if (least !== null && value < least) return "low";
  return most !== null && value > most ? "high" : null;
}

/** A bound of a number, where there is one. */
export function bound(value: LabelSchema["input"]["min_value"]): number | null {
  return typeof value === "number" ? value : null;
}

/** One of a question's options: its words, the answer when it is chosen, and whether it is chosen now. */
export interface Option {
  label: string;
  next: Answer;
  chosen: boolean;
}

/** The options of a schema in its order; null for one that is answered by writing.
 *
 * Of several options each is put to what is chosen or taken from it, and the last one of the list says that none of
 * them holds (`none` are its words), which is an answer other than none yet.
 */
export function optionsOf(schema: LabelSchema, answer: Answer, none: string): readonly Option[] | null {
  const { input } = schema;
  if (input.kind === "pass_fail")
    return [
      { label: input.positive_label, next: true, chosen: answer === true },
      { label: input.negative_label, next: false, chosen: answer === false },
    ];
  if (input.kind !== "categorical") return null;
  if (!input.multi_select)
    return input.options.map((label) => ({ label, next: label, chosen: answer === label }));
  const chosen = textsIn(answer);
  const several = input.options.map((label) => {
    const left = chosen.filter((each) => each !== label);
    const next = chosen.includes(label) ? left : input.options.filter((o) => o === label || left.includes(o));
    return { label, next: next.length === 0 ? null : next, chosen: chosen.includes(label) };
  });
  const isNone = answer !== null && chosen.length === 0;
  return [...several, { label: none, next: isNone ? null : [], chosen: isNone }];
}
