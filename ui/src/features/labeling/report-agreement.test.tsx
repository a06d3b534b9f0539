// @vitest-environment happy-dom
import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { AgreementReport } from "@/api/schema";
import { show } from "@/testing/show";
import { Agreement } from "./report-agreement";

const agreement: AgreementReport = {
  scale: "nominal",
  raters: ["rita", "ron"],
  items: 40,
  ratings: 80,
  single: 0,
  categories: ["true", "false"],
  coefficients: [
    {
      name: "percent",
      n: 40,
      value: 0.95,
      interval: { low: 0.85, high: 1, level: 0.95, method: "bootstrap" },
      note: null,
    },
    { name: "cohen-kappa", n: 40, value: null, interval: null, note: "All answers are the same." },
  ],
  skew: { prevalence: 0.95, bias: 0.05 },
  limits: null,
  warnings: ["One answer is far more frequent."],
};

test("coefficients stand with interval and n, and why κ may mislead is said", () => {
  show(<Agreement agreement={agreement} of="right" />);
  const table = screen.getByRole("table", { name: "Agreement: right" });
  const cells = (row: string) =>
    within(within(table).getByRole("row", { name: new RegExp(row) }))
      .getAllByRole("cell")
      .map((cell) => cell.textContent);
  expect(cells("Percent")).toEqual(["Percent agreement", "95%", "", "85% – 100%", "40", ""]);
  expect(cells("Cohen")).toEqual(["Cohen's κ", "–", "", "–", "40", "All answers are the same."]);
  expect(screen.getByText("One answer is far more frequent.")).toBeTruthy();
  expect(screen.getByText(/Prevalence index 0.95/)).toBeTruthy();
});
