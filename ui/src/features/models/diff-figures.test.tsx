// @vitest-environment happy-dom
import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { answering, show } from "@/testing/show";
import { FigureRows } from "./diff-figures";

const point = (group: string, values: object) => ({ bucket_ms: null, group, n: 4, values });

function table() {
  return (
    <table>
      <tbody>
        <FigureRows experimentId="1" left="m-1" right="m-2" />
      </tbody>
    </table>
  );
}

test("what the traces of two versions come to stands side by side", async () => {
  const asked = answering({
    "/traces/aggregate": () => ({
      points: [
        point("m-2", { count: 8, error_rate: 0, duration_p50: 20, tokens_total: 0, cost_usd: null }),
        point("m-1", {
          count: 4,
          error_rate: 0.25,
          duration_p50: 12,
          duration_p95: 1500,
          tokens_total: 70,
          cost_usd: 0.5,
        }),
      ],
      complete: true,
    }),
  });
  show(table());
  await screen.findByRole("row", { name: "Traces 4 8" });
  const rows = within(screen.getByRole("table")).getAllByRole("row");
  expect(rows.map((row) => [...row.children].map((cell) => cell.textContent))).toEqual([
    ["Traces", "4", "8"],
    ["Error rate", "25%", "0%"],
    ["Latency p50", "12 ms", "20 ms"],
    ["Latency p95", "1.5 s", "–"],
    ["Tokens", "70", "–"],
    ["Cost", "$0.50", "–"],
  ]);
  expect(asked[0]?.body).toMatchObject({
    experiments: ["1"],
    group_by: "model",
    filter: "model IN ('m-1', 'm-2')",
  });
});

test("a version without traces has none", async () => {
  answering({ "/traces/aggregate": () => ({ points: [], complete: true }) });
  show(table());
  await screen.findByRole("row", { name: "Traces 0 0" });
  expect(screen.getByRole("row", { name: "Error rate – –" })).toBeDefined();
});
