import { expect, test } from "vitest";
import type { Assignment, LabelingItem, LabelSchema } from "@/api/schema";
import {
  agreedForm,
  canReopen,
  differ,
  disputesOf,
  doneOf,
  linesOf,
  nextStates,
  roundsOf,
  shownAnswer,
  takesReviewsOf,
  totalOf,
} from "./labeling";

const counts = { COMPLETE: 3, ADJUDICATED: 1, PENDING: 4, DISPUTED: 2 };

test("complete and decided items are done", () => {
  expect([doneOf(counts), totalOf(counts)]).toEqual([4, 10]);
  expect([doneOf({}), totalOf({})]).toEqual([0, 0]);
});

test("a closed session is only archived", () => {
  expect(nextStates("CLOSED")).toEqual(["ARCHIVED"]);
  expect(nextStates("PAUSED")).toContain("OPEN");
  expect(nextStates("ARCHIVED")).toEqual([]);
});

function assignment(slot: number, round: number, state: Assignment["state"]): Assignment {
  const form = { answers: {}, comments: {}, comment: null, flags: [], assertions: {}, duration_ms: null };
  return {
    assignment_id: `as-${slot}`,
    slot,
    round,
    state,
    reviewer: "ada",
    verified: true,
    token: null,
    claimed_ms: null,
    lease_until_ms: null,
    ended_ms: null,
    requeued_ms: null,
    draft: null,
    submission:
      state === "SUBMITTED"
        ? { form, submitted_ms: 1, duration_ms: 1, key: null, assessments: {}, text_lengths: {} }
        : null,
    reason: null,
  };
}

test("reviews are grouped by round, the latest first, and only those that were handed in", () => {
  const assignments = [
    assignment(0, 1, "SUBMITTED"),
    assignment(1, 2, "SUBMITTED"),
    assignment(2, 2, "OPEN"),
  ];
  const item = { assignments, round: 2, state: "IN_REVIEW", removed_ms: null } as unknown as LabelingItem;
  expect(roundsOf(item).map(({ round, reviews }) => [round, reviews.length])).toEqual([
    [2, 1],
    [1, 1],
  ]);
  expect(canReopen(item)).toBe(false);
  expect(canReopen({ ...item, state: "DISPUTED" })).toBe(true);
  expect(canReopen({ ...item, state: "DISPUTED", removed_ms: 1 })).toBe(false);
});

test("answers read as their reviewers saw them", () => {
  const schema = (input: Partial<LabelSchema["input"]>) => ({ input }) as LabelSchema;
  const pass = schema({ kind: "pass_fail", positive_label: "Right", negative_label: "Wrong" });
  expect([true, false].map((value) => shownAnswer(pass, value))).toEqual(["Right", "Wrong"]);
  expect(shownAnswer(schema({ kind: "categorical" }), ["vague", "rude"])).toBe("vague, rude");
  expect(shownAnswer(schema({ kind: "text_list" }), ["one", "two"])).toBe("one\ntwo");
  expect(shownAnswer(schema({ kind: "numeric" }), 0.5)).toBe("0.5");
});

test("answers differ by what they say", () => {
  expect(differ([["a"], ["a"]])).toBe(false);
  expect(differ([true, null])).toBe(true);
  expect(differ([])).toBe(false);
});

test("names are lines, each once", () => {
  expect(linesOf(" ada \n\nron\nada")).toEqual(["ada", "ron"]);
});

test("reviews are taken of those whom an open session names, and of anybody where it names nobody", () => {
  const rita = { kind: "account", name: "rita" } as const;
  expect(takesReviewsOf(rita, { state: "OPEN", reviewers: ["rita"] })).toBe(true);
  expect(takesReviewsOf(rita, { state: "OPEN", reviewers: ["ron"] })).toBe(false);
  expect(takesReviewsOf(rita, { state: "OPEN", reviewers: [] })).toBe(true);
  expect(takesReviewsOf({ kind: "local", name: "" }, { state: "OPEN", reviewers: ["ron"] })).toBe(true);
  expect(takesReviewsOf(rita, { state: "PAUSED", reviewers: ["rita"] })).toBe(false);
});

test("a decision begins with what all answered alike, without what they wrote beside it", () => {
  const form = (answers: Record<string, unknown>) =>
    ({
      answers,
      comments: { good: "why" },
      comment: "so",
      flags: ["x"],
      assertions: {},
      duration_ms: 1,
    }) as never;
  const schemas = [{ name: "good" }, { name: "errs" }, { name: "left" }];
  const agreed = agreedForm([form({ good: true, errs: [1] }), form({ good: true, errs: [2] })], schemas);
  expect(agreed).toMatchObject({ answers: { good: true }, comments: {}, comment: null, flags: [] });
  expect(Object.keys(agreed?.answers ?? {})).toEqual(["good"]);
  expect(agreedForm([], schemas)).toBeNull();
});

test("a question is in dispute where its answers agree less than is asked for", () => {
  const schemas = ["pass_fail", "numeric", "text", "spans"].map((kind) => ({ name: kind, input: { kind } }));
  const session = (min_agreement: number | null) => ({ schemas, policy: { min_agreement } }) as never;
  const form = (good: boolean | undefined, grade: number) =>
    ({ answers: { pass_fail: good, numeric: grade, text: String(grade), spans: [grade] } }) as never;
  const forms = [form(true, 1), form(true, 2), form(false, 3)];
  expect(disputesOf(session(1), forms)).toEqual(["pass_fail", "numeric"]);
  expect(disputesOf(session(0.3), forms)).toEqual(["numeric"]); // one pair of three is alike
  expect(disputesOf(session(null), forms)).toEqual([]);
  expect(disputesOf(session(1), [form(true, 1), form(undefined, 1)])).toEqual([]); // one answer has nothing beside it
});
