import { expect, test } from "vitest";
import { unknownKeys } from "./addresskeys";

test("what a page has no parameter for is named as it stands there", () => {
  expect(unknownKeys({}, ["filter"])).toEqual([]);
  expect(unknownKeys({ filter: "a", range: "1h" }, ["filter", "range"])).toEqual([]);
  expect(unknownKeys({ filtre: "a", filter: "c", Filter: "" }, ["filter"])).toEqual(["filtre", "Filter"]);
});
