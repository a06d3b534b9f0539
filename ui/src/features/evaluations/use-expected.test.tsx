// @vitest-environment happy-dom
import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Evaluation, EvaluationRow } from "@/api/schema";
import { evaluationRow } from "@/testing/evaluation-row";
import { answering, show } from "@/testing/show";
import { RowTable } from "./row-table";

function table(bindings: Partial<Evaluation["bindings"]>, items: EvaluationRow[]) {
  const evaluation = {
    run: { experiment_id: "7" },
    bindings: { dataset_id: null, dataset_version: null, directions: {}, ...bindings },
    scorers: [],
  } as unknown as Evaluation;
  return (
    <RowTable
      evaluation={evaluation}
      rows={{ items, complete: true, loading: false, pending: false, error: null }}
      shown="all"
      order=""
      find=""
      opened={undefined}
      onChange={() => undefined}
    />
  );
}

test("what a record expects stands beside its row, what its trace expects where there is no dataset", async () => {
  answering({
    "/datasets/d-1/records": (query) => {
      expect(query.get("version")).toBe("3");
      expect(query.get("filter")).toBe("id IN ('r-1', 'r-2')");
      return {
        items: [
          { record_id: "r-1", expectations: { capital: "Lima" } },
          { record_id: "r-2", expectations: {} },
        ],
      };
    },
    "/traces": () => ({ items: [] }),
  });
  const rows = [
    evaluationRow("a", { record_id: "r-1", trace_id: "tr-1" }),
    evaluationRow("b", { record_id: "r-2", trace_id: "tr-2" }),
  ];
  show(table({ dataset_id: "d-1", dataset_version: 3 }, rows));
  expect((await screen.findByText("Lima")).closest("[role=row]")).toBe(screen.getAllByRole("row")[1]);
  expect(screen.getByText("Expected")).toBeDefined();
});

test("an expectation on a trace is that of its row", async () => {
  const asked = answering({
    "/assessments": () => ({
      items: [
        { name: "capital", target: { trace_id: "tr-2", span_id: null }, value: "Quito" },
        { name: "step", target: { trace_id: "tr-1", span_id: "ab" }, value: "of a span, not of the row" },
      ],
    }),
    "/traces": () => ({ items: [] }),
  });
  show(
    table({}, [
      evaluationRow("a", { trace_id: "tr-1" }),
      evaluationRow("b", { trace_id: "tr-2", record_id: "r-2" }),
    ]),
  );
  expect((await screen.findByText("Quito")).closest("[role=row]")).toBe(screen.getAllByRole("row")[2]);
  expect(screen.queryByText(/of a span/)).toBeNull();
  expect(asked.map(({ path }) => path)).not.toContain("/datasets");
});

test("where nothing is expected there is no column for it", async () => {
  answering({ "/assessments": () => ({ items: [] }), "/traces": () => ({ items: [] }) });
  show(table({}, [evaluationRow("a", { trace_id: "tr-1" })]));
  await screen.findByText("Input");
  expect(screen.queryByText("Expected")).toBeNull();
});
