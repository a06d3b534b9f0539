/** Labeling sessions: what their items count to, what their answers read like, what may become of them. */

import type { Identity, LabelingItem, LabelingSession, LabelSchema, ReviewForm } from "@/api/schema";
import { finite } from "./format";
import { shownValue } from "./judgment";
import { marksOf } from "./spans";

export type ItemState = LabelingItem["state"];
export type SessionState = LabelingSession["state"];

/** In the order in which an item goes through them. */
export const ITEM_STATES: readonly ItemState[] = [
  "COMPLETE",
  "ADJUDICATED",
  "DISPUTED",
  "IN_REVIEW",
  "PENDING",
  "DECLINED",
  "UNAVAILABLE",
];
const DONE: ReadonlySet<ItemState> = new Set(["COMPLETE", "ADJUDICATED"]);
const NEXT: Readonly<Record<SessionState, readonly SessionState[]>> = {
  DRAFT: ["OPEN"],
  OPEN: ["PAUSED", "CLOSED"],
  PAUSED: ["OPEN", "CLOSED"],
  CLOSED: ["ARCHIVED"],
  ARCHIVED: [],
};
const REOPENS: ReadonlySet<ItemState> = new Set(["COMPLETE", "DISPUTED", "ADJUDICATED", "DECLINED"]);

/** The states that a session may be put into. */
export function nextStates(state: SessionState): readonly SessionState[] {
  return NEXT[state];
}

/** Whether the server takes further items into a session. */
export function takesItems({ state }: Pick<LabelingSession, "state">): boolean {
  return state !== "CLOSED" && state !== "ARCHIVED";
}

/** Whether the server lets somebody review items of a session: it is open, and names them, or nobody. */
export function takesReviewsOf(
  me: Pick<Identity, "kind" | "name">,
  { state, reviewers }: Pick<LabelingSession, "state" | "reviewers">,
): boolean {
  const anyName = me.kind === "local" || me.kind === "system";
  return state === "OPEN" && (anyName || reviewers.length === 0 || reviewers.includes(me.name));
}

export function totalOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, each) => all + each, 0);
}

export function doneOf(counts: Readonly<Record<string, number>>): number {
  return ITEM_STATES.reduce((all, state) => all + (DONE.has(state) ? (counts[state] ?? 0) : 0), 0);
}

/** Whether another round of reviews of an item can begin. */
export function canReopen(item: LabelingItem): boolean {
  return item.removed_ms === null && REOPENS.has(item.state);
}

/** The reviews of an item that were handed in, by round; the latest round first. */
export function roundsOf(item: LabelingItem): { round: number; reviews: LabelingItem["assignments"] }[] {
  const rounds = new Map<number, LabelingItem["assignments"]>();
  for (const each of item.assignments) {
    if (each.state !== "SUBMITTED" || each.submission === null) continue;
    rounds.set(each.round, [...(rounds.get(each.round) ?? []), each]);
  }
  return [...rounds].sort(([a], [b]) => b - a).map(([round, reviews]) => ({ round, reviews }));
}

/** An answer as its reviewer saw it: pass and fail by their labels, several options one after the other. */
export function shownAnswer(schema: LabelSchema, value: unknown): string {
  const { kind, positive_label, negative_label } = schema.input;
  if (kind === "pass_fail" && typeof value === "boolean") return value ? positive_label : negative_label;
  if (kind === "spans")
    return marksOf(value)
      .map(({ text, label, start, end }) => `“${text === "" ? `${start}–${end}` : text}” (${label})`)
      .join("\n");
  if (Array.isArray(value)) return value.map(shownValue).join(kind === "text_list" ? "\n" : ", ");
  return shownValue(value);
}

/** Whether answers to one question are not all the same. */
export function differ(values: readonly unknown[]): boolean {
  return new Set(values.map((value) => JSON.stringify(value))).size > 1;
}

const COMPARED: ReadonlySet<LabelSchema["input"]["kind"]> = new Set(["pass_fail", "categorical", "numeric"]);

/** The questions that a decision must answer: those whose answers agree less than the session asks for, by the share
 * of pairs that are equal. How far spans overlap is the server's to say; they are left out. */
export function disputesOf(
  { schemas, policy }: Pick<LabelingSession, "schemas" | "policy">,
  forms: readonly Pick<ReviewForm, "answers">[],
): string[] {
  const least = policy.min_agreement === null ? null : finite(policy.min_agreement);
  if (least === null) return [];
  const disputed = schemas.filter(({ name, input }) => {
    const given = forms.flatMap(({ answers }) => (answers[name] === undefined ? [] : [answers[name]]));
    return COMPARED.has(input.kind) && given.length > 1 && shareAlike(given) < least;
  });
  return disputed.map(({ name }) => name);
}

/** The share of pairs of values that are equal; of at least two values. */
function shareAlike(values: readonly unknown[]): number {
  const written = values.map((value) => JSON.stringify(value));
  const alike = written.reduce(
    (all, one, at) => all + written.slice(at + 1).filter((other) => other === one).length,
    0,
  );
  return alike / ((written.length * (written.length - 1)) / 2);
}

/** The answers that all forms have alike, as a form; null where there is none. */
export function agreedForm(
  forms: readonly ReviewForm[],
  schemas: readonly Pick<LabelSchema, "name">[],
): ReviewForm | null {
  const [first] = forms;
  if (first === undefined) return null;
  const alike = schemas.filter(({ name }) => {
    const given = forms.map(({ answers }) => answers[name] ?? null);
    return given[0] !== null && !differ(given);
  });
  const answers = Object.fromEntries(alike.map(({ name }) => [name, first.answers[name]]));
  return {
    ...first,
    answers: answers as ReviewForm["answers"],
    assertions: {},
    comment: null,
    comments: {},
    flags: [],
  };
}

/** Names, one a line, each once. */
export function linesOf(typed: string): string[] {
  const lines = typed.split("\n").map((line) => line.trim());
  return [...new Set(lines.filter((line) => line !== ""))];
}
