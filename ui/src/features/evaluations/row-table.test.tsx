// @vitest-environment happy-dom
import { expect, test } from "vitest";
import type { Evaluation, EvaluationRow, RowScore } from "@/api/schema";
import { evaluationRow } from "@/testing/evaluation-row";
import { barsOf } from "./histogram";
import { errorGroups } from "./row-errors";
import { chosenRows, sorted } from "./row-table";

function score(name: string, value: unknown, rest: Partial<RowScore> = {}): RowScore {
  return { name, value, error: null, assessment_id: null, rationale: null, error_message: "", ...rest };
}

function row(row_key: string, scores: RowScore[], rest: Partial<EvaluationRow> = {}): EvaluationRow {
  return evaluationRow(row_key, { scores, ...rest });
}

const evaluation = { bindings: { directions: { toxic: "lower" } } } as unknown as Evaluation;
const rows = [
  row("fine", [score("right", true), score("toxic", 0)]),
  row("wrong", [score("right", "no", { rationale: "7 was given" })]),
  row("rude", [score("right", true), score("toxic", 1)]),
  row("broken", [], { error: "timed out", state: "PREDICT_ERROR" }),
  row("unscored", [score("right", null, { error: "JudgeError", error_message: "no\njudge" })]),
];
const keys = (found: readonly EvaluationRow[]) => found.map((each) => each.row_key);

test("negative rows have the worst answer, and rows with errors none of their own", () => {
  expect(keys(chosenRows(rows, evaluation, "all", ""))).toHaveLength(5);
  expect(keys(chosenRows(rows, evaluation, "failed", ""))).toEqual(["wrong", "rude"]);
  expect(keys(chosenRows(rows, evaluation, "errors", ""))).toEqual(["broken", "unscored"]);
});

test("words are found in reasons and errors", () => {
  expect(keys(chosenRows(rows, evaluation, "all", " 7 WAS "))).toEqual(["wrong"]);
  expect(keys(chosenRows(rows, evaluation, "errors", "timed"))).toEqual(["broken"]);
});

test("errors are counted by scorer and message, and lead to their rows", () => {
  const zero = { error: "ZeroDivisionError", error_message: "division by zero" };
  const more = [
    ...rows,
    row("a", [score("ratio", null, zero)]),
    row("b", [score("ratio", null, zero), score("share", null, { error: "KeyError" })]),
  ];
  const groups = errorGroups(more);
  expect(groups).toEqual([
    { scorer: "ratio", said: "ZeroDivisionError: division by zero", rows: 2 },
    { scorer: null, said: "timed out", rows: 1 },
    { scorer: "right", said: "JudgeError: no judge", rows: 1 },
    { scorer: "share", said: "KeyError", rows: 1 },
  ]);
  const leads = groups.map(({ said }) => keys(chosenRows(more, evaluation, "errors", said)));
  expect(leads).toEqual([["a", "b"], ["broken"], ["unscored"], ["b"]]);
});

test("rows are sorted by a score, those without one last", () => {
  expect(keys(sorted(rows, "right asc"))).toEqual(["wrong", "fine", "rude", "broken", "unscored"]);
  expect(keys(sorted(rows, "right desc")).slice(0, 3)).toEqual(["fine", "rude", "wrong"]);
  expect(sorted(rows, "")).toBe(rows);
});

test("bars name yes and no, and count words where there are no numbers", () => {
  expect(barsOf([true, false, true])).toEqual([
    { label: "false", count: 1 },
    { label: "true", count: 2 },
  ]);
  expect(barsOf(["red", "blue", "red"])).toEqual([
    { label: "red", count: 2 },
    { label: "blue", count: 1 },
  ]);
});
