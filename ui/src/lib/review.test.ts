import { expect, test } from "vitest";
import type { LabelInput, LabelSchema, ReviewForm } from "@/api/schema";
import { draftOf, faultsOf, formOf, optionsOf } from "./review";

function schema(name: string, input: Partial<LabelInput>, enable_comment = false): LabelSchema {
  return {
    schema_id: `ls-${name}`,
    experiment_id: "0",
    name,
    version: 1,
    kind: "FEEDBACK",
    input: {
      kind: "text",
      positive_label: "Pass",
      negative_label: "Fail",
      options: [],
      multi_select: false,
      ordered: false,
      min_value: null,
      max_value: null,
      max_length: null,
      max_count: null,
      marks: "response",
      ...input,
    },
    created_ms: 0,
    updated_ms: 0,
    title: name,
    instruction: null,
    enable_comment,
    direction: "higher",
    created_by: null,
    is_default: false,
  };
}

const SCHEMAS = [
  schema("good", { kind: "pass_fail" }, true),
  schema("bad", { kind: "categorical", options: ["vague", "rude"], multi_select: true }),
  schema("score", { kind: "numeric", min_value: 0, max_value: 5 }),
  schema("better", {}),
  schema("facts", { kind: "text_list" }),
];
const EMPTY = draftOf(null, SCHEMAS);

test("a form comes back as it was saved, with what the page has no fields for", () => {
  const form = {
    answers: { good: false, bad: [], score: 0.5, better: " as is ", facts: ["a", "b"] },
    comments: { good: "why" },
    comment: "all in all",
    flags: ["odd"],
    assertions: { short: "Is short." },
  };
  expect(formOf(draftOf({ ...form, duration_ms: 5 }, SCHEMAS), SCHEMAS)).toEqual(form);
});

test("what was not answered is left out, and so are comments that are not taken", () => {
  const draft = {
    ...EMPTY,
    answers: { ...EMPTY.answers, score: " ", better: "\n", facts: ["", " "] },
    comments: { good: " ", better: "not taken" },
  };
  expect(formOf(draft, SCHEMAS)).toEqual({
    answers: {},
    comments: {},
    comment: null,
    flags: [],
    assertions: {},
  });
});

test("saved answers of another kind than the schema's are none", () => {
  const answers = { good: "yes", bad: 3, score: true, better: 7, facts: "one" };
  const form = { answers, comments: {}, comment: null, flags: [], assertions: {}, duration_ms: null };
  expect(draftOf(form, SCHEMAS).answers).toEqual({
    good: null,
    bad: null,
    score: null,
    better: null,
    facts: ["one"],
  });
});

test("faults are missing answers, where all are needed, and numbers out of bounds", () => {
  const all = { good: "missing", bad: "missing", score: "missing", better: "missing", facts: "missing" };
  expect(faultsOf(EMPTY, SCHEMAS, true)).toEqual(all);
  expect(faultsOf(EMPTY, SCHEMAS, false)).toEqual({});
  const of = (score: string) => faultsOf({ ...EMPTY, answers: { score } }, SCHEMAS, false).score;
  expect(["x", "0,5", "-1", "5.5", "0", "5", "4e0"].map(of)).toEqual([
    "number",
    "number",
    "low",
    "high",
    undefined,
    undefined,
    undefined,
  ]);
});

test("of several options each is put or taken, in the schema's order; none of them is an answer", () => {
  const several = SCHEMAS[1] as LabelSchema;
  const next = (answer: string[] | null) => optionsOf(several, answer, "none")?.map((each) => each.next);
  expect(next(null)).toEqual([["vague"], ["rude"], []]);
  expect(next(["rude"])).toEqual([["vague", "rude"], null, []]);
  expect(next([])).toEqual([["vague"], ["rude"], null]);
  expect(optionsOf(several, [], "none")?.map((each) => each.chosen)).toEqual([false, false, true]);
  expect(optionsOf(SCHEMAS[3] as LabelSchema, "x", "none")).toBeNull();
});

test("marks are kept as the server takes them, and none marked is an answer", () => {
  const marks = [schema("marks", { kind: "spans", options: ["wrong"] })];
  const mark = { field: "response", start: 0, end: 3, label: "wrong", text: "Who" };
  const draft = draftOf({ answers: { marks: [mark] } } as unknown as ReviewForm, marks);
  expect(formOf(draft, marks).answers).toEqual({ marks: [mark] });
  expect(formOf({ ...draft, answers: { marks: [] } }, marks).answers).toEqual({ marks: [] });
  expect(faultsOf({ ...draft, answers: { marks: null } }, marks, true)).toEqual({ marks: "missing" });
});
