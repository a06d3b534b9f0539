// @vitest-environment happy-dom
import { expect, test } from "vitest";
import type { Evaluation, EvaluationRow, RowScore } from "@/api/schema";
import { evaluationRow } from "@/testing/evaluation-row";
import { barsOf } from "./histogram";
import { chosenRows, sorted } from "./row-table";

function score(name: string, value: unknown, rest: Partial<RowScore> = {}): RowScore {
  return { name, value, error: null, assessment_id: null, rationale: null, ...rest };
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
  row("unscored", [score("right", null, { error: "no judge" })]),
];
const keys = (found: readonly EvaluationRow[]) => found.map((each) => each.row_key);

test("failed rows are those with an error or the worst answer", () => {
  expect(keys(chosenRows(rows, evaluation, "all", ""))).toHaveLength(5);
  expect(keys(chosenRows(rows, evaluation, "failed", ""))).toEqual(["wrong", "rude", "broken", "unscored"]);
  expect(keys(chosenRows(rows, evaluation, "errors", ""))).toEqual(["broken", "unscored"]);
});

test("words are found in reasons and errors", () => {
  expect(keys(chosenRows(rows, evaluation, "all", " 7 WAS "))).toEqual(["wrong"]);
  expect(keys(chosenRows(rows, evaluation, "failed", "timed"))).toEqual(["broken"]);
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
