import { expect, test } from "vitest";
import { promptsOf } from "./prompts";

test("the prompts of a trace are named with the filter of their like", () => {
  const metadata = {
    "lodeline.prompts": '[{"name":"triage-sys","version":1},{"name":"triage-sys","version":2}]',
    "lodeline.prompt.triage-sys": "2",
    "lodeline.prompt.it's": "3",
    other: "x",
  };
  expect(promptsOf(metadata)).toEqual([
    { name: "triage-sys", version: "1", filter: null },
    { name: "triage-sys", version: "2", filter: "metadata.lodeline.prompt.triage-sys = '2'" },
    { name: "it's", version: "3", filter: "metadata.`lodeline.prompt.it's` = '3'" },
  ]);
});

test.each(["", "{", "null", "7", '[1, null, {"name": 1}, {"name": "a"}, {"name": "", "version": 1}]'])(
  "what is no list of prompts names none: %s",
  (source) => expect(promptsOf({ "lodeline.prompts": source })).toEqual([]),
);

test("a list without end is cut", () => {
  const many = Array.from({ length: 500 }, (_, version) => ({ name: "a", version }));
  expect(promptsOf({ "lodeline.prompts": JSON.stringify(many) })).toHaveLength(50);
});
