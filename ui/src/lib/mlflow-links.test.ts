import { expect, test } from "vitest";
import { addressOfLink } from "./mlflow-links";

test.each([
  ["/experiments/14", "/experiments/14"],
  ["/experiments/14/runs/ab12", "/experiments/14/runs?run=ab12"],
  ["/experiments/14/evaluation-runs?selectedRunUuid=ab12", "/experiments/14/runs?run=ab12"],
  ["/experiments/14/evaluation-runs", "/experiments/14/runs"],
  ["/experiments/14/traces?selectedEvaluationId=tr-1", "/experiments/14/traces/tr-1"],
  ["/experiments/14/models/m-1", "/experiments/14/models?model=m-1"],
  ["/experiments/14/nothing-known", "/experiments/14"],
  ["/experiments", "/experiments"],
  ["#/experiments/1%2F2/traces", "/experiments/1%2F2/traces"],
  ["/experiments/%zz", "/experiments/%25zz"],
])("the link %s leads to %s", (link, address) => {
  expect(addressOfLink(link)).toBe(address);
});

test("what can be no experiment leads to the list of them", () => {
  expect(addressOfLink(`/experiments/${"9".repeat(100_000)}/runs/ab12`)).toBe("/experiments");
});

test("other fragments are no links", () => {
  for (const other of ["", "#main", "main", "//example.com", "/other"])
    expect(addressOfLink(other)).toBeNull();
});
